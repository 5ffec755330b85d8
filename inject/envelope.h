/* SPDX-License-Identifier: ISC */
/* Who a message is from and for, apart from its text. Pure. */
#ifndef MAILGRAVE_ENVELOPE_H
#define MAILGRAVE_ENVELOPE_H

#include "common/addr.h"

struct envelope {
	bool bounce;		/* the null path; sender is undefined then */
	struct addr sender;
	struct addr *rcpt;
	size_t rcpts, rcpts_max;
	struct slice domain;	/* for addresses without one */
	char const *why;	/* after false */
};

void envelope_init(struct envelope *e, struct slice domain, size_t rcpts_max);
void envelope_free(struct envelope *e);

/* envelope_from - the sender: an address, or nothing or <> for the null path
 *   false  e->why says what is wrong */
bool envelope_from(struct envelope *e, struct slice text);

/* envelope_to - recipients by an address list, as operands and fields have it
 *   false  e->why: no address, too many, out of memory */
bool envelope_to(struct envelope *e, struct slice list);

/* envelope_read - recipients from the header: To, Cc and Bcc, or those of the
 * resender when there is one
 *   false  as envelope_to; *field names the field */
bool envelope_read(struct envelope *e, struct slice header,
    struct slice *field);

/* envelope_settle - sort the recipients, drop those that are there twice */
void envelope_settle(struct envelope *e);

/* envelope_needs_utf8 - it can only go where SMTPUTF8 is known */
bool envelope_needs_utf8(struct envelope const *e);

#endif
