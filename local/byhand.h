/* SPDX-License-Identifier: ISC */
/* One message on standard input, for recipients of the command line: what send
 * would say is said here, once. */
#ifndef MAILGRAVE_LOCAL_BYHAND_H
#define MAILGRAVE_LOCAL_BYHAND_H

#include "common/carrier.h"

/* What the command line says. */
struct byhand_mail {
	char const *rcpt[DELIVER_RCPTS_MAX];
	size_t rcpts;			/* 0: not by hand */
	char const *sender;		/* NULL or empty: null path */
};

struct byhand {
	struct byhand_mail const *mail;	/* set by main */
	struct parcels parcels;
	struct carrier carrier;
	int status;			/* to exit with: 0, 100 or 111 */
};

/* byhand_wrong - which of the addresses is none, or NULL */
char const *byhand_wrong(struct byhand_mail const *mail);

/* byhand_read - standard input, with LF or CRLF line ends, to its end
 *   NULL  errno */
struct parcel *byhand_read(struct byhand *b, char const *hostname);

/* byhand_start - deliver it, and set loop->stop when all is done
 *   returns the descriptor at which local finds its job, or -1 and errno */
int byhand_start(struct byhand *b, struct loop *loop, struct parcel *p,
    struct routes const *routes);

#endif
