/* SPDX-License-Identifier: ISC */
/* What a start has to read: the heads of the segments before anything else,
 * the rest, and the names in mess/, beside the first clients. */
#ifndef MAILGRAVE_OPENING_H
#define MAILGRAVE_OPENING_H

#include "queue/recover.h"
#include "queue/spool.h"
#include "queue/sweep.h"

struct opening {
	/* set by the caller */
	struct loop *loop;
	struct journal *journal;	/* initialised */
	struct state *state;
	struct spool const *spool;
	bool at_once;		/* nobody else waits to be served */
	/* done - it is known what there is: it may be told and changed */
	void (*done)(void *owner);
	/* failed - and errno; nothing may be trusted: end */
	void (*failed)(void *owner, char const *doing);
	void *owner;

	struct recovery recovery;	/* its figures stay */
	struct sweep sweep;
	bool sweeping;
	struct timer more;
};

/* opening_begin - after it new mail may come; done is called from here or later
 * from the loop */
void opening_begin(struct opening *o);

#endif
