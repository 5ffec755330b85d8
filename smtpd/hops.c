/* SPDX-License-Identifier: ISC */
/* Finds "Received:" at the start of header lines; reads nothing else. */
#include "smtpd/hops.h"

static char const name[] = "received:";

/* States below NAME_END: so many octets of the name have matched, and none of
 * the line is anything else. Lines are a fraction of the octets: all others
 * are passed over by memchr.
 *
 *              next of name       CR     LF            other
 *  0           1                  BLANK  0             LINE
 *  1..NAME_END n + 1, or counted  LINE   0             LINE
 *  LINE        LINE               LINE   0             LINE
 *  BLANK       LINE               LINE   BODY          LINE
 *  BODY        stays: the header has ended */
enum { NAME_END = sizeof name - 1, LINE, BLANK, BODY };

void
hops_feed(struct hops *h, struct slice in)
{
	while (in.len && h->state != BODY) {
		char c = *in.s;

		if (h->state == LINE) {
			size_t n = slice_find(in, '\n');

			if (n < in.len) h->state = 0;
			in = slice_skip(in, n + 1);
			continue;
		}
		in = slice_skip(in, 1);
		if (c == '\n')
			h->state = h->state == BLANK ? BODY : 0;
		else if (h->state == 0 && c == '\r')
			h->state = BLANK;
		else if (h->state < NAME_END &&
		    slice_lower(c) == name[h->state])
			h->state++;
		else
			h->state = LINE;
		if (h->state != NAME_END) continue;
		h->count++;
		h->state = LINE;
	}
}
