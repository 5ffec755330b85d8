/* SPDX-License-Identifier: ISC */
/* The helper's side of token.h: runs the command and says what it printed. */
#ifndef MAILGRAVE_TOKENRUN_H
#define MAILGRAVE_TOKENRUN_H

#include "remote/token.h"

struct tokenrun {
	char const *command;
	int wait_ms;		/* for it; TOKEN_WAIT_MS */
	struct jail outside;	/* the daemon's jail without its root */
};

/* One for each octet that the daemon sends. */
struct tokenrun_answer {
	char why[TOKEN_WHY_MAX + 1];	/* empty: there is a token */
	unsigned good_s;
	char secret[LOGIN_SECRET_MAX + 1];
};

/* tokenrun_serve - work for helper_fork; owner is a struct tokenrun */
void tokenrun_serve(int socket, void *owner);

/* tokenrun_read - pure: what the command printed
 *   printed  wiped
 *   false    it is no token; why is set */
bool tokenrun_read(struct tokenrun_answer *answer, char *printed, size_t len);

#endif
