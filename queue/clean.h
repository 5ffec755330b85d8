/* SPDX-License-Identifier: ISC */
/* Frees a segment of the journal when most of the journal is dead, or the
 * oldest, one after the other, until a failed segment is the oldest and free:
 * the few messages that still live there are written anew. Their text goes to
 * mess/ (all written, all synced, the directory synced), then their units are
 * appended; once that is committed the segment is free. */
#ifndef MAILGRAVE_CLEAN_H
#define MAILGRAVE_CLEAN_H

#include "queue/journal.h"
#include "queue/state.h"

enum { CLEAN_BATCH = 64 };	/* messages that are moved at a time */

/* One message on its way. */
struct clean_move {
	struct cleaner *all;
	struct traceid id;
	uint32_t offset;		/* of its old unit */
	uint32_t envelope;		/* octets of its records */
	int file;			/* its text; -1: it has a file already */
	uint32_t crc;			/* of that */
	struct flush flush;
	struct journal_unit unit;
	uint32_t new_envelope;
};

struct cleaner {
	/* set by the caller */
	struct loop *loop;
	struct journal *journal;
	struct flushers *flushers;
	struct state *state;
	int mess;

	struct chore look;
	uint16_t segment;		/* being cleaned */
	char *text;			/* all of it; NULL: nothing to do */
	uint32_t at;			/* where to go on in it */
	struct clean_move move[CLEAN_BATCH];
	unsigned moves, awaited;
	bool moved;			/* something, since the beginning */
	struct flush names;
	int error;			/* of this batch */
	struct timer again;
};

void cleaner_init(struct cleaner *c);

/* cleaner_look - something was committed: is there work? */
void cleaner_look(struct cleaner *c);

#endif
