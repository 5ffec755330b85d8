/* SPDX-License-Identifier: ISC */
/* The journal: segments, group commit, reuse. What is appended within one turn
 * of the loop becomes one group, written and synced at once; while a group is
 * being synced, what arrives waits in memory for the next. SPOOL has the
 * format and the reasons. */
#ifndef MAILGRAVE_JOURNAL_H
#define MAILGRAVE_JOURNAL_H

#include <skalibs/stralloc.h>
#include "common/flush.h"
#include "queue/record.h"

enum {
	JOURNAL_BOUND = 4096,		/* a group starts on one */
	JOURNAL_SEGMENT = 4 << 20,	/* octets; less on small disks */
	JOURNAL_SEGMENT_MIN = 1 << 20,
	JOURNAL_SEGMENTS_MAX = 4096,
	JOURNAL_KEPT = 2,		/* free segments that mail may not use:
					 * for outcomes, so that a full disk
					 * never blocks its own emptying */
	JOURNAL_WAITING_MAX = 16 << 20,	/* octets in memory for the next group */
	JOURNAL_LAZY_MS = 100		/* outcomes alone are synced this late */
};

/* Records that count together or not at all, and who waits for them. Lives in
 * its owner's struct until committed is called. */
struct journal_unit {
	/* fine - durable; else the unit was not written for certain */
	void (*committed)(void *owner, bool fine);
	void *owner;
	/* journal_about of the message that its records speak of; UINT64_MAX:
	 * of none that was there before; 0: perhaps of any */
	uint64_t about;
	/* set when written, before committed is called */
	uint16_t segment;
	uint32_t offset;
	/* the journal's own */
	size_t len;
	struct journal_unit *next;
};

struct journal_segment {
	int fd;
	uint16_t file;		/* its name */
	uint16_t next;		/* in the list it is on */
	uint32_t size;
	uint32_t end;		/* octets used */
	uint32_t live;		/* octets of the units of unfinished messages */
	uint64_t number;	/* of its present or last use, 0: never used */
	uint64_t about;		/* the oldest use that must be gone before this
				 * one is: of the same start, or with messages
				 * that records here speak of */
	bool cut;		/* shorter than the others */
	bool failed;		/* a write or sync of it has: like a cut one
				 * never written again, but emptied and put
				 * into damaged/ */
};

/* Lists of segment numbers in the array: used ones by age, unused ones in the
 * order in which they are used again. */
struct journal_list {
	uint16_t first, last;	/* valid while n > 0 */
	uint16_t n;
};

struct journal_queue {
	struct journal_unit *first, **end;
};

/* Units that wait for the next group, and their records. Mail and outcomes
 * wait apart, because mail may have to be refused when the disk is full while
 * outcomes go on. */
struct journal_lane {
	stralloc text;
	struct journal_queue units;
};

enum { JOURNAL_OUTCOMES, JOURNAL_MAIL, JOURNAL_LANES };

struct journal {
	/* set by the caller */
	struct loop *loop;
	struct flushers *flushers;
	int dir, damaged;		/* journal/, damaged/ */
	/* failed - a write or sync failed that can't be survived: what it
	 * covered has been told fine = false, the process must end and
	 * recover */
	void (*failed)(void *owner);
	/* settled - a group was committed; may be NULL */
	void (*settled)(void *owner);
	void *owner;

	uint32_t segment_size;		/* of the next new one */
	struct journal_segment segment[JOURNAL_SEGMENTS_MAX];
	uint16_t segments;
	struct journal_list used;	/* the last one is being written, once
					 * begun is set */
	struct journal_list unused;
	uint64_t live;			/* of all segments */
	uint64_t epoch, number;
	uint64_t sequence;		/* of the next record */
	uint64_t committed;		/* of the last one that is durable */
	bool reading;			/* recovery is under way: nothing that
					 * it found is used again */
	bool in_order;			/* and only oldest first: not all is
					 * known of what records speak of */
	uint64_t oldest, oldest_written;	/* what the newest durable head
					 * says, the newest one written */
	bool begun;			/* this process has a segment */
	bool open;			/* and its head is durable */

	struct journal_lane lane[JOURNAL_LANES];
	struct journal_lane *filling;	/* takes the unit being made */
	size_t filled;			/* where in its text that starts */
	struct journal_queue written;	/* not yet synced */
	bool urgent;			/* some of those isn't lazy */
	/* After a failure: units that don't count. Their owners are told when
	 * the head of another segment that says so is durable. */
	struct journal_queue voided;
	bool voiding;			/* it isn't yet */
	unsigned standing;		/* failed segments that are still used:
					 * no further failure is survived */
	struct flush sync;
	bool syncing;
	struct timer lazy;
	struct chore turn;

	/* preparing one more segment: write, sync, rename, sync directory */
	struct flush prepare;
	bool preparing;
	bool disk_full;			/* the last attempt failed */
	bool broken;			/* failed was called: nothing is written */
	struct timer prepare_again;

	/* one that is never written again on its way to damaged/ */
	struct flush retire;
	uint16_t retired;
	bool retiring;
	bool renew;			/* before that, another head has to say
					 * that what is older is dead as well */
};

/* journal_init - before recovery says what there is */
void journal_init(struct journal *j, struct loop *loop,
    struct flushers *flushers, int dir, int damaged,
    void (*failed)(void *owner), void *owner);

/* journal_found - recovery: a segment file with its last use, oldest first; it
 * is never appended to
 *   number   0: never used, or nobody knows
 *   follows  it is of the same start as the one before
 *   returns what to call it from now on */
uint16_t journal_found(struct journal *j, int fd, uint16_t file,
    uint32_t size, uint64_t number, bool follows);

/* journal_speaks - recovery: a record in this segment speaks of a message in
 * that one */
void journal_speaks(struct journal *j, uint16_t segment, uint16_t of);

/* journal_keep_order - recovery: something could not be read, or was replaced
 * while that went on */
void journal_keep_order(struct journal *j);

/* journal_forget - recovery: uses with smaller numbers count no more; heads go
 * on saying so */
void journal_forget(struct journal *j, uint64_t oldest);

/* journal_open - go on from what was found, in a new epoch and new segments,
 * while recovery reads the old ones: journal_live is called for what lies in
 * them. Until journal_complete none of them is written. */
void journal_open(struct journal *j);

/* journal_blank - recovery: this one is all zeroes; one that is neither blank
 * nor numbered stays as it is, unused */
void journal_blank(struct journal *j, uint16_t segment);

/* journal_spoilt - recovery: a write or sync of this one has failed */
void journal_spoilt(struct journal *j, uint16_t segment);

/* journal_complete - recovery has read all: what is dead may be used again */
void journal_complete(struct journal *j);

/* journal_about - what a unit is told of a message whose own unit lies in this
 * segment */
uint64_t journal_about(struct journal const *j, uint16_t segment);

/* journal_begin, journal_add, journal_end - append one unit
 *   lane  JOURNAL_MAIL is synced at once, JOURNAL_OUTCOMES may wait a moment
 *   add   false: a value over its cap, or no memory; then call
 *         journal_abandon, and nothing was appended
 *   last  closes the unit */
void journal_begin(struct journal *j, int lane);
bool journal_add(struct journal *j, struct wire_form const *form,
    void const *values, bool last);
void journal_end(struct journal *j, struct journal_unit *unit);
void journal_abandon(struct journal *j);

/* journal_begun - octets of the open unit so far */
size_t journal_begun(struct journal const *j);

/* journal_takes_mail - there is room for a unit of this size that is not kept
 * for outcomes */
bool journal_takes_mail(struct journal const *j, size_t octets);

/* journal_unit_max - octets of the largest unit */
size_t journal_unit_max(struct journal const *j);

/* journal_live, journal_dead - a message's unit of so many octets lies in this
 * segment, or does so no longer; segments without any are used again, unless
 * older ones are left that they must outlive */
void journal_live(struct journal *j, uint16_t segment, uint32_t octets);
void journal_dead(struct journal *j, uint16_t segment, uint32_t octets);

/* journal_cleanable - more than half of what is used is dead, or a failed
 * segment stands: *segment gets the one to be cleaned */
bool journal_cleanable(struct journal const *j, uint16_t *segment);

/* journal_read - octets of a written unit; false and errno */
bool journal_read(struct journal const *j, uint16_t segment, uint32_t offset,
    char *out, size_t len);

/* journal_idle - nothing waits and nothing is being written */
bool journal_idle(struct journal const *j);

/* journal_hurry - sync what was lazy now */
void journal_hurry(struct journal *j);

#endif
