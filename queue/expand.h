/* SPDX-License-Identifier: ISC */
/* An expansion that send asks for: gathered frame by frame, then one unit that
 * replaces the message's own, with the recipients that take the place of
 * others. */
#ifndef MAILGRAVE_QUEUE_EXPAND_H
#define MAILGRAVE_QUEUE_EXPAND_H

#include "queue/journal.h"
#include "queue/standin.h"

struct handout;

/* One at a time is being gathered. */
struct expand {
	bool open;
	struct traceid id;
	struct standins standins;
	size_t waiting;		/* octets of the units on their way, whatever
				 * connection asked for them */
};

/* What the frames of an expansion do; false: out of place, of nonsense or of
 * memory */
bool expand_begin(struct expand *x, struct handover_expand const *frame);
bool expand_target(struct expand *x, struct handover_target const *frame);
bool expand_end(struct expand *x, struct handover_expand_end const *frame,
    struct handout *h);

/* expand_forget - the connection is gone in the middle of one */
void expand_forget(struct expand *x);

#endif
