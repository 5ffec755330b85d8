/* SPDX-License-Identifier: ISC */
/* Counts the Received fields of a message as it passes: each host that had it
 * added one, so a loop shows (RFC 5321 section 6.3). Pure. */
#ifndef MAILGRAVE_SMTPD_HOPS_H
#define MAILGRAVE_SMTPD_HOPS_H

#include <stdbool.h>
#include "common/slice.h"

enum { HOPS_LOOP = 100 };	/* so many are a loop; section 6.3 asks for no
				 * fewer */

/* A zeroed one stands before the first octet. */
struct hops {
	unsigned char state;
	unsigned count;
};

/* hops_feed - the next piece of a message with CRLF line ends, cut anywhere */
void hops_feed(struct hops *h, struct slice in);

static inline bool
hops_too_many(struct hops const *h)
{
	return h->count >= HOPS_LOOP;
}

#endif
