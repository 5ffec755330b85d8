/* SPDX-License-Identifier: ISC */
/* Quotes the lines of a message that would look like the next one's beginning
 * in an mbox file: "From " behind any number of ">" gets one more. The reverse
 * is to take one away (the format called mboxrd). Pure. */
#ifndef MAILGRAVE_MBOXRD_H
#define MAILGRAVE_MBOXRD_H

#include "common/slice.h"

/* Zeroed it stands before a message. */
struct mboxrd {
	bool inside;		/* of a line that begins with something else */
	unsigned held;		/* octets of "From " that are not out yet */
};

/* mboxrd - quote the next octets
 *   out  at least 2 * in.len + MBOXRD_HELD_MAX octets; returns how many were
 *        written */
size_t mboxrd(struct mboxrd *m, struct slice in, char *out);

/* mboxrd_end - what is still held; at most MBOXRD_HELD_MAX octets */
size_t mboxrd_end(struct mboxrd *m, char *out);

enum { MBOXRD_HELD_MAX = 5 };

#endif
