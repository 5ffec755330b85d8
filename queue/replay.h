/* SPDX-License-Identifier: ISC */
/* From the records of the journal, one after another, to what is known of the
 * messages. Touches no file. */
#ifndef MAILGRAVE_REPLAY_H
#define MAILGRAVE_REPLAY_H

#include "queue/journal.h"
#include "queue/state.h"

/* A record of the unit that is being read. */
struct replay_part {
	struct slice frame;
	uint32_t at, end;	/* in the segment */
};

struct replay {
	/* set by the caller */
	struct journal *journal;
	struct state *state;
	uint16_t own;		/* segments from this one on are newer than
				 * all that is read: what arrived meanwhile */

	uint16_t segment;	/* being read */
	uint64_t records;	/* that counted */
	bool out_of_memory;
	struct replay_part *part;	/* the unit so far */
	size_t parts, room;
	bool whole;		/* so far */
};

/* replay_record - the next one that counts
 *   continues  it follows the one before without a gap
 *   part       its frame is valid until its unit is closed
 *   false: it closes a unit that makes no sense, which begins at *from */
bool replay_record(struct replay *r, struct record_head const *head,
    bool continues, struct replay_part const *part, uint32_t *from);

/* replay_free - the caller's fields stay */
void replay_free(struct replay *r);

#endif
