/* SPDX-License-Identifier: ISC */
/* The server's side of PLAIN (RFC 4616) and LOGIN: what the client says becomes
 * a name and a password. Pure. */
#ifndef MAILGRAVE_SMTPD_SASL_H
#define MAILGRAVE_SMTPD_SASL_H

#include <stdbool.h>
#include "common/slice.h"

enum { SASL_TEXT_MAX = 255 };	/* octets of a name, and of a password */

enum sasl_step { SASL_WANTS_PLAIN, SASL_WANTS_NAME, SASL_WANTS_PASSWORD };

struct sasl {
	enum sasl_step step;
	/* each with a NUL */
	char name[SASL_TEXT_MAX + 1], password[SASL_TEXT_MAX + 1];
};

extern char const sasl_names[];	/* of the mechanisms, a space between */

/* sasl_begin - false: there is no such mechanism */
bool sasl_begin(struct sasl *s, struct slice mechanism);

/* sasl_challenge - what to ask next, in base64 */
char const *sasl_challenge(struct sasl const *s);

/* sasl_take - an answer, in base64
 *   1 name and password are complete; 0 there is more to ask; -1 malformed, or
 *   it speaks for another than whose password it has */
int sasl_take(struct sasl *s, struct slice answer);

#endif
