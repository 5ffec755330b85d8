/* SPDX-License-Identifier: ISC */
/* Octets on their way to a client, as fast as it takes them. */
#ifndef MAILGRAVE_SMTPD_OUTPUT_H
#define MAILGRAVE_SMTPD_OUTPUT_H

#include <stdbool.h>
#include "smtpd/secure.h"

struct output {
	int fd;
	bool socket;		/* else it may block: it has the process to
				 * itself */
	struct tls *tls;	/* NULL: in clear */
	/* what the client has not taken; NULL without */
	char *rest;
	size_t len;
};

/* output_write - with nothing left over from before
 *   false  the connection is lost */
bool output_write(struct output *o, struct slice text);

/* output_go_on - fd can take more; false: the connection is lost */
bool output_go_on(struct output *o);

/* output_is_behind - something is left over: wait until fd can take more */
static inline bool
output_is_behind(struct output const *o)
{
	return o->rest;
}

/* output_free - what is left over will never be taken; fd is the owner's */
void output_free(struct output *o);

#endif
