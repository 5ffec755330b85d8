/* SPDX-License-Identifier: ISC */
/* Composes the report that a sender gets about what became of recipients: RFC
 * 3464 inside multipart/report (RFC 6522), with the forms of RFC 6533 where
 * addresses are not ASCII. Pure. */
#ifndef MAILGRAVE_BOUNCE_H
#define MAILGRAVE_BOUNCE_H

#include <skalibs/stralloc.h>
#include "common/handover.h"

enum {
	BOUNCE_RCPTS_MAX = 1000,	/* recipients told of in one report */
	BOUNCE_WHOLE_MAX = 32 << 10,	/* a message up to this size comes back
					 * whole, of a larger one its header */
	BOUNCE_HEADER_MAX = 16 << 10	/* octets of that */
};

/* RFC 3464 section 2.3.3. The first that a report tells of gives it its
 * subject. */
enum bounce_action {
	BOUNCE_FAILED,
	BOUNCE_DELAYED,
	BOUNCE_RELAYED,		/* to a host that won't report */
	BOUNCE_EXPANDED,	/* others stand for it, whose success is not
				 * reported */
	BOUNCE_DELIVERED,
	BOUNCE_ACTIONS
};

/* What became of one recipient. Texts are empty where nothing is known. */
struct bounce_rcpt {
	enum bounce_action action;
	struct slice address;
	struct slice orcpt;	/* as given (common/dsn.h) */
	struct slice status, where, words;	/* of the last try */
};

struct bounce {
	struct slice hostname;
	struct slice to;		/* the sender of the mail, or who gets
					 * double bounces */
	struct traceid id;		/* of the report */
	struct traceid of;		/* of the mail */
	int64_t now_s, arrived_s;	/* wall time */
	int64_t until_s;		/* wall time at which what is delayed
					 * will be given up; 0: not said */
	struct slice envid;		/* as given */
	enum ret ret;			/* HDRS: the header alone comes back.
					 * So it does when nothing failed. */
	bool utf8;			/* the mail came with SMTPUTF8: its
					 * sender can read such a report */
	struct bounce_rcpt const *rcpt;
	size_t rcpts;
	struct slice text;		/* of the mail: as much of its beginning
					 * as was read, CRLF line ends; nothing
					 * of it comes back when it's empty */
	bool whole;			/* that is all of it */
};

/* bounce_compose - append the report, CRLF line ends
 *   What other hosts, clients and the mail itself say can't break its
 *   structure: words are made printable ASCII and folded, an ENVID or ORCPT
 *   that is malformed is left out, the boundary is made of the report's id,
 *   which is younger than the mail.
 *   false  no memory; out is as before */
bool bounce_compose(stralloc *out, struct bounce const *b);

/* bounce_is_eightbit - it holds octets above 127 */
bool bounce_is_eightbit(struct bounce const *b);

/* bounce_is_utf8 - it holds what only SMTPUTF8 may carry: addresses or a header
 * outside of ASCII. Where the sender might not be able to read that, addresses
 * are written in ASCII instead. */
bool bounce_is_utf8(struct bounce const *b);

/* bounce_tells - of a recipient of whom that is said */
bool bounce_tells(struct bounce const *b, enum bounce_action action);

#endif
