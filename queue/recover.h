/* SPDX-License-Identifier: ISC */
/* One pass over the journal at start, a segment at a time beside other work:
 * from what is on disk to what is known. */
#ifndef MAILGRAVE_RECOVER_H
#define MAILGRAVE_RECOVER_H

#include "queue/replay.h"

/* Something that was committed and can't be read back. */
struct damage {
	char const *what;
	char const *name;	/* of the file */
	uint64_t number;	/* the use of the segment; 0: not known */
	uint32_t from;		/* where in it */
	struct slice octets;	/* what is there instead; may be empty */
	int error;		/* errno, 0: it could be read, but is wrong */
};

struct heads;

struct recovery {
	/* set by the caller */
	struct journal *journal;
	struct state *state;
	int dir, damaged_dir;	/* journal/, damaged/ */
	bool only_look;		/* move nothing out of the way */
	/* damage - called for each, while the pass is at it */
	void (*damage)(void *owner, struct damage const *d);
	void *owner;

	uint64_t records;	/* that counted */
	uint64_t damaged;	/* places */
	uint64_t torn;		/* places at the end of what was written last */
	uint64_t oldest;	/* number of the oldest use that counts */
	uint16_t segments, at;	/* in all, read */
	struct heads *found;
	char *text;		/* of one segment */
	size_t room;
	struct replay replay;
};

/* recover_begin - read the heads of all segments, which is enough for
 * journal_open; false and errno: nothing may be trusted, end */
bool recover_begin(struct recovery *r);

/* recover_step - read the next segment, oldest use first
 *   state is filled with the unfinished messages, journal with what lives
 *   returns 1: there are more; 0: that was all; -1 and errno: end */
int recover_step(struct recovery *r);

/* recover_report - of damage; for pass.c */
void recover_report(struct recovery *r, struct damage const *d);

/* recover_end - free what it needed; the figures stay */
void recover_end(struct recovery *r);

/* recover - all of it at once, with journal_open and journal_complete. Doing it
 * twice gives the same: it changes nothing on disk but damaged/. Damage is
 * logged and kept there. False and errno: end. */
bool recover(struct recovery *r, struct journal *j, struct state *s, int dir,
    int damaged);

#endif
