/* SPDX-License-Identifier: ISC */
/* CRLF lines out of octets as they arrive (RFC 5321 section 2.3.8). Pure. */
#ifndef MAILGRAVE_LINE_H
#define MAILGRAVE_LINE_H

#include <stdbool.h>
#include "common/slice.h"

enum { LINE_MAX_OCTETS = 4096 };

/* A line under construction: what has come of it so far. Zeroed is empty. */
struct line {
	char octet[LINE_MAX_OCTETS];
	size_t len;
	bool cr;	/* the last octet was a CR that may begin the end; when
			 * done: CRLF ended it, no bare LF */
	bool broken;	/* held a bare CR, a bare LF or a NUL */
	bool overlong;	/* had more than the cap; the rest was swallowed */
	bool done;	/* complete; the next feed begins a new one */
};

/* line_feed - take octets up to and with the end of the line
 *   in    advanced past what was taken
 *   cap   most octets without CRLF, at most LINE_MAX_OCTETS; the same for
 *         all feeds of one line
 *   1     line->octet holds the line without its CRLF; look at broken and
 *         overlong before believing it. An LF ends a broken line too, so the
 *         writer gets one reply for each line he thinks he wrote.
 *   0     all octets taken, the line isn't complete */
int line_feed(struct line *line, struct slice *in, size_t cap);

/* line_text - the complete line; lives until the next feed */
static inline struct slice
line_text(struct line const *line)
{
	return slice_from(line->octet, line->len);
}

#endif
