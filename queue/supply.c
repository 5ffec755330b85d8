/* SPDX-License-Identifier: ISC */
/* Makes, reuses and retires segments; writes no record. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "common/log.h"
#include "queue/commit.h"
#include "queue/segment.h"
#include "queue/supply.h"

enum { PREPARE_AGAIN_MS = 1000 };

void
supply_append(struct journal *j, struct journal_list *l, uint16_t segment)
{
	if (l->n)
		j->segment[l->last].next = segment;
	else
		l->first = segment;
	l->last = segment;
	l->n++;
}

static uint16_t
list_take(struct journal *j, struct journal_list *l)
{
	uint16_t first = l->first;

	l->first = j->segment[first].next;
	l->n--;
	return first;
}

struct journal_segment *
supply_last(struct journal *j)
{
	return j->used.n ? &j->segment[j->used.last] : NULL;
}

/* Preparing */

static void
prepare_later(void *owner)
{
	supply_prepare(owner);
}

static void
prepare_failed(struct journal *j, int error)
{
	if (j->segment[j->segments].fd != -1)
		close(j->segment[j->segments].fd);
	if (!j->disk_full)
		log_event("journal-cannot-grow", LOG_SYS(error));
	j->disk_full = true;
	j->preparing = false;
	j->prepare_again.due = prepare_later;
	j->prepare_again.owner = j;
	loop_arm(j->loop, &j->prepare_again,
	    j->loop->now_ms + PREPARE_AGAIN_MS);
	loop_later(j->loop, &j->turn); /* somebody may have waited for it */
}

static void
prepared_name(void *owner, int error)
{
	struct journal *j = owner;

	if (error) {
		segment_remove(j->dir, j->segment[j->segments].file);
		prepare_failed(j, error);
		return;
	}
	j->preparing = false;
	j->disk_full = false;
	supply_append(j, &j->unused, j->segments++);
	supply_prepare(j);
	loop_later(j->loop, &j->turn);
}

/* The lowest name that no segment bears, so that one that was retired leaves
 * no gap for long. */
static uint16_t
free_name(struct journal const *j)
{
	bool taken[JOURNAL_SEGMENTS_MAX] = { false };
	uint16_t i, name = 0;

	for (i = 0; i < j->segments; i++)
		if (j->segment[i].fd != -1 &&
		    j->segment[i].file < JOURNAL_SEGMENTS_MAX)
			taken[j->segment[i].file] = true;
	while (name < JOURNAL_SEGMENTS_MAX && taken[name])
		name++;
	return name;
}

static void
prepared_file(void *owner, int error)
{
	struct journal *j = owner;
	struct journal_segment *s = &j->segment[j->segments];

	s->file = free_name(j);
	if (!error && !segment_name(j->dir, s->file)) error = errno;
	if (error) {
		prepare_failed(j, error);
		return;
	}
	j->prepare.fd = j->dir;
	j->prepare.done = prepared_name;
	flush_start(j->flushers, &j->prepare);
}

/* While old segments are being read, those that are kept are among them. */
unsigned
supply_kept(struct journal const *j)
{
	return j->reading ? 0 : JOURNAL_KEPT;
}

/* One more than what is kept: ahead of need, or when what waits doesn't fit
 * behind what is there. */
static bool
wants_segment(struct journal *j)
{
	struct journal_segment *s = supply_last(j);
	unsigned wanted = supply_kept(j);

	if (j->voiding || j->renew || commit_waits(j))
		wanted++;
	else if (j->reading)
		wanted += j->begun && s->end > s->size / 2;
	else if (!s || s->end > s->size / 2)
		wanted++;
	return j->unused.n < wanted;
}

void
supply_prepare(struct journal *j)
{
	struct journal_segment *s = &j->segment[j->segments];

	if (j->preparing || timer_is_armed(&j->prepare_again)) return;
	if (!wants_segment(j)) {
		j->disk_full = false;
		return;
	}
	if (j->segments == JOURNAL_SEGMENTS_MAX) {
		if (j->disk_full) return;
		log_event("journal-cannot-grow", LOG_SYS(ENOSPC));
		j->disk_full = true;
		loop_later(j->loop, &j->turn);
		return;
	}
	*s = (struct journal_segment){ .size = j->segment_size };
	s->fd = segment_make(j->dir, s->size);
	if (s->fd == -1) {
		prepare_failed(j, errno);
		return;
	}
	j->preparing = true;
	j->prepare = (struct flush){ .fd = s->fd, .how = FLUSH_ALL,
	    .done = prepared_file, .owner = j };
	flush_start(j->flushers, &j->prepare);
}

struct journal_segment *
supply_take(struct journal *j)
{
	struct journal_segment const *before = supply_last(j);
	uint16_t n = list_take(j, &j->unused);
	struct journal_segment *s = &j->segment[n];

	supply_append(j, &j->used, n);
	s->number = s->about = ++j->number;
	if (j->begun && before) supply_needs(s, before->number);
	s->live = 0;
	s->end = 0;
	j->begun = true;
	return s;
}

/* Reclaiming */

/* Nothing newer is overwritten before it is gone for good: what it holds must
 * not come back without what was said of it later. */
static void
retired(void *owner, int error)
{
	struct journal *j = owner;
	struct journal_segment *s = &j->segment[j->retired];

	j->retiring = false;
	if (error) {
		commit_give_up(j, error);
		return;
	}
	if (s->failed) j->standing--;
	close(s->fd);
	s->fd = -1;
	supply_reclaim(j);
	supply_prepare(j);
	if (j->settled) j->settled(j->owner);
	loop_later(j->loop, &j->turn);
}

static void
retired_there(void *owner, int error)
{
	struct journal *j = owner;

	if (error) {
		retired(j, error);
		return;
	}
	j->retire.fd = j->dir;
	j->retire.done = retired;
	flush_start(j->flushers, &j->retire);
}

/* Into damaged/; false and errno. */
static bool
expel(struct journal *j, uint16_t segment)
{
	struct journal_segment *s = &j->segment[segment];
	char kept[SEGMENT_NAME_MAX];

	if (!segment_expel(j->dir, s->file, j->damaged, kept)) {
		log_event("cannot-retire", LOG_NUMBER("segment", s->file),
		    LOG_SYS(errno));
		return false;
	}
	log_event("retired", LOG_NUMBER("segment", s->file),
	    LOG_TEXT("kept", kept), LOG_TEXT("why", s->failed ?
	    "a write or sync of it has failed" :
	    "it is shorter than the others"));
	j->retired = segment;
	j->retiring = true;
	j->retire = (struct flush){ .fd = j->damaged, .how = FLUSH_ALL,
	    .done = retired_there, .owner = j };
	flush_start(j->flushers, &j->retire);
	return true;
}

/* If it can't go it stays the oldest for now. What ended the messages in older
 * segments goes with it, and those may still be whole: first of all a head says
 * that they don't count. */
static void
retire(struct journal *j)
{
	uint16_t const first = j->used.first;

	j->renew = j->segment[first].number >= j->oldest;
	if (j->renew)
		loop_later(j->loop, &j->turn);
	else if (expel(j, first))
		list_take(j, &j->used);
}

bool
supply_discard(struct journal *j)
{
	struct journal_list found = j->used;

	if (j->retiring || !expel(j, found.last)) return false;
	j->used.n = 0;
	while (found.n > 1)
		supply_append(j, &j->used, list_take(j, &found));
	return true;
}

uint64_t
supply_oldest(struct journal const *j)
{
	return j->renew ? j->segment[j->used.first].number + 1 : j->oldest;
}

/* Whether nothing can be said against writing it again. */
static bool
is_sound(struct journal_segment const *s)
{
	return !s->failed && !s->cut;
}

void
supply_needs(struct journal_segment *s, uint64_t about)
{
	if (about < s->about) s->about = about;
}

/* Whether it may be used again when nothing lives in it, while the use kept,
 * the newest before it that stays, does; 0: none does. What records here say
 * of a message in an older segment must not be gone before that. A failed
 * segment needs the one behind it, whose head tells of the failure. */
static bool
may_go(struct journal const *j, struct journal_segment const *s, uint64_t kept)
{
	if (!kept) return true;
	return is_sound(s) && kept < s->about && !j->standing && !j->in_order;
}

uint16_t
supply_worst(struct journal const *j)
{
	uint16_t i, n = j->used.first;
	uint64_t kept = 0;

	for (i = 1; i < j->used.n; i++, n = j->segment[n].next) {
		struct journal_segment const *s = &j->segment[n];

		if (s->live < s->size / 2 && may_go(j, s, kept)) return n;
		kept = s->number;
	}
	return j->used.first;
}

/* Those that may go are appended by age: what one of them needs is overwritten
 * before it. */
void
supply_reclaim(struct journal *j)
{
	struct journal_list found = j->used;
	uint16_t const busy = j->begun ? 1 : 0;
	uint64_t kept = 0;

	if (j->reading || j->voiding || j->broken || j->retiring) return;
	j->used.n = 0;
	while (found.n) {
		uint16_t n = list_take(j, &found);
		struct journal_segment const *s = &j->segment[n];
		bool goes = found.n >= busy && !s->live && is_sound(s) &&
		    may_go(j, s, kept);

		if (!goes) kept = s->number;
		supply_append(j, goes ? &j->unused : &j->used, n);
	}
	if (j->used.n > busy && !j->segment[j->used.first].live)
		retire(j);
}
