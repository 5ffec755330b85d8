/* SPDX-License-Identifier: ISC */
/* One pass over the journal at start: from what is on disk to what is known. */
#ifndef MAILGRAVE_RECOVER_H
#define MAILGRAVE_RECOVER_H

#include "queue/journal.h"
#include "queue/state.h"

struct recovery {
	uint64_t records;	/* that counted */
	uint64_t damaged;	/* places set aside */
	bool out_of_memory;
};

/* recover - read all segments, oldest use first
 *   dir      journal/
 *   damaged  damaged/, gets a copy of what can't be read though something
 *            committed lies behind it
 *   state    filled with the unfinished messages; journal with the segments
 *   false and errno: nothing may be trusted, end. Running it twice gives the
 *   same: it changes nothing on disk but damaged/. */
bool recover(struct recovery *r, struct journal *j, struct state *s, int dir,
    int damaged);

#endif
