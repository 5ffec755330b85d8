/* SPDX-License-Identifier: ISC */
/* Texts that the queue has sent along with news of a mail: each is kept a
 * moment, for a job of that mail to take instead of asking. */
#ifndef MAILGRAVE_SEND_AHEAD_H
#define MAILGRAVE_SEND_AHEAD_H

#include "common/handover.h"

enum { AHEAD_MS = 10000 };	/* what waits longer is asked for again */

/* One of them; its body and whatever that points to are its own. */
struct ahead_text {
	struct handover_body body;	/* first, see wire_copy */
	struct ahead_text *next;
	int64_t until_ms;
	int fd;			/* -1: the text is in the body */
};

struct ahead {
	struct ahead_text *first, **end;	/* in the order they came */
	uint32_t kept;		/* on it */
	uint32_t allowed;	/* that may still come; with those kept never
				 * more than HANDOVER_AHEAD_MAX */
};

void ahead_init(struct ahead *a);

/* ahead_allow - so many more may come, and the queue is to be told so */
uint32_t ahead_allow(struct ahead *a);

/* ahead_is_short - it is time for that */
static inline bool
ahead_is_short(struct ahead const *a)
{
	return HANDOVER_AHEAD_MAX - a->kept - a->allowed >=
	    HANDOVER_AHEAD_MAX / 2;
}

/* ahead_keep - fd, or -1, is taken in any case; false: more than were
 * allowed */
bool ahead_keep(struct ahead *a, struct handover_body const *body, int fd,
    int64_t now_ms);

/* ahead_take - that of this mail, the caller's to free, with its fd; NULL: there
 * is none */
struct ahead_text *ahead_take(struct ahead *a, struct traceid const *id);

/* ahead_free - with its fd */
void ahead_free(struct ahead_text *text);

/* ahead_expire - those that have waited too long are closed */
void ahead_expire(struct ahead *a, int64_t now_ms);

/* ahead_forget - all, and none is allowed: the queue is gone */
void ahead_forget(struct ahead *a);

#endif
