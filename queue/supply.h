/* SPDX-License-Identifier: ISC */
/* The journal's segments: new ones ahead of need, dead ones again, bad ones
 * out of the way. Only for what lies in journal.h. */
#ifndef MAILGRAVE_SUPPLY_H
#define MAILGRAVE_SUPPLY_H

#include "queue/journal.h"

/* supply_append - last on the list */
void supply_append(struct journal *j, struct journal_list *l,
    uint16_t segment);

/* supply_kept - unused segments that mail must leave to others */
unsigned supply_kept(struct journal const *j);

/* supply_prepare - make one more if that is wise; the zeroes are written here,
 * into the page cache, syncing them and the name is a helper's work */
void supply_prepare(struct journal *j);

/* supply_take - the next unused segment is the last used one; there is one */
struct journal_segment *supply_take(struct journal *j);

/* supply_last - the last used segment, NULL when there is none */
struct journal_segment *supply_last(struct journal *j);

/* supply_discard - the last used segment, whose head couldn't be written, goes
 * to damaged/ before anything else is written: it may still show what it was
 * used for before, and what became of that comes next. False: it can't. */
bool supply_discard(struct journal *j);

/* supply_oldest - what the next head is to say counts no more: uses with
 * smaller numbers */
uint64_t supply_oldest(struct journal const *j);

/* supply_needs - the segment stays at least as long as this use does, and all
 * between them */
void supply_needs(struct journal_segment *s, uint64_t about);

/* supply_worst - the oldest segment of which less than half lives and which
 * could be used again without that; where there is none, the oldest of all */
uint16_t supply_worst(struct journal const *j);

/* supply_reclaim - used segments in which nothing lives, and whose records
 * speak of none that is left, are unused from now on; the oldest one may be on
 * its way to damaged/ */
void supply_reclaim(struct journal *j);

#endif
