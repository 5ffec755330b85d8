/* SPDX-License-Identifier: ISC */
/* The text of a message as it comes in, by DATA or in the chunks of BDAT: the
 * end mark, what its lines may be, how much there may be of it. Pure; any cut
 * of the input gives the same output. */
#ifndef MAILGRAVE_SMTPD_TEXT_H
#define MAILGRAVE_SMTPD_TEXT_H

#include "common/body.h"
#include "smtpd/hops.h"
#include "smtpd/reply.h"

enum {
	TEXT_PIECE_MAX = 65536,	/* octets that a call takes */
	/* each octet may be an LF that a CR is put before; one octet may be
	 * left over from the piece before; a last line end */
	TEXT_OUT_MAX = 2 * (TEXT_PIECE_MAX + 1) + 2,
	TEXT_STORE_MAX = TEXT_OUT_MAX + TEXT_PIECE_MAX + 1
};

/* What all messages have in common. */
struct text_rules {
	unsigned long long size_max;	/* octets of a message */
	unsigned long long line_max;	/* octets of a line without CRLF */
	bool fix_lf;			/* a bare LF ends a line, too */
	char *store;			/* TEXT_STORE_MAX octets, for one call
					 * at a time */
};

/* A zeroed one stands before the first octet. */
struct text {
	struct body_receive stuffed;
	struct body_crlf bare;
	struct hops hops;
	uint64_t size, line;	/* octets so far; of the line under way */
	bool cr;		/* the last octet was one */
	bool broken;		/* a bare CR, a bare LF or a NUL came by */
	bool overlong;
};

/* Each returns what is to be stored as a view, until the next call for any
 * text with these rules. */

/* text_data - after DATA; in is advanced, never past the end mark: look at
 * text_is_done */
struct slice text_data(struct text *t, struct text_rules const *rules,
    struct slice *in);

/* text_chunk - after BDAT: all of piece, which is at most TEXT_PIECE_MAX
 *   last  no more will come: what is returned has the line end that the message
 *         may lack */
struct slice text_chunk(struct text *t, struct text_rules const *rules,
    struct slice piece, bool last);

static inline bool
text_is_done(struct text const *t)
{
	return t->stuffed.done;
}

/* text_fault - why it can't be taken, once that is known, or REPLY_NONE */
enum reply text_fault(struct text const *t, struct text_rules const *rules);

#endif
