/* SPDX-License-Identifier: ISC */
/* Composes the report that a sender gets about recipients that failed: RFC
 * 3464 inside multipart/report (RFC 6522). Pure. */
#ifndef MAILGRAVE_BOUNCE_H
#define MAILGRAVE_BOUNCE_H

#include <skalibs/stralloc.h>
#include "common/handover.h"

enum {
	BOUNCE_RCPTS_MAX = 1000,	/* recipients told of in one report */
	BOUNCE_WORDS_MAX = 1000,	/* octets of what the other side said,
					 * for each */
	BOUNCE_WHOLE_MAX = 32 << 10,	/* a message up to this size comes back
					 * whole, of a larger one its header */
	BOUNCE_HEADER_MAX = 16 << 10	/* octets of that */
};

/* One recipient that failed. */
struct bounce_rcpt {
	struct slice address, status, where, words;
};

struct bounce {
	struct slice hostname;
	struct slice to;		/* the sender of the mail, or who gets
					 * double bounces */
	struct traceid id;		/* of the report */
	struct traceid of;		/* of the mail */
	int64_t now_s, arrived_s;	/* wall time */
	struct bounce_rcpt const *rcpt;
	size_t rcpts;
	struct slice text;		/* of the mail: as much of its beginning
					 * as was read, CRLF line ends */
	bool whole;			/* that is all of it */
};

/* bounce_compose - append the report, CRLF line ends
 *   What other hosts and the mail itself say can't break its structure: the
 *   words are made printable ASCII and folded, the boundary is made of the
 *   report's id, which is younger than the mail.
 *   false  no memory; out is as before */
bool bounce_compose(stralloc *out, struct bounce const *b);

/* bounce_is_eightbit - what comes back has octets above 127 */
bool bounce_is_eightbit(struct bounce const *b);

/* bounce_header - the header of a message, with the empty line, cut at a line
 * end if it is longer than BOUNCE_HEADER_MAX */
struct slice bounce_header(struct slice text);

#endif
