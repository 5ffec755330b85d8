/* SPDX-License-Identifier: ISC */
/* Writes groups and heads of segments, and survives one failure of that; the
 * only file that asks for a sync of records. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include "common/log.h"
#include "queue/commit.h"
#include "queue/supply.h"
#include "queue/units.h"

void
commit_enqueue(struct journal *j, struct journal_unit *unit)
{
	units_append(&j->filling->units, unit);
	loop_later(j->loop, &j->turn);
}

bool
commit_waits(struct journal const *j)
{
	return j->lane[JOURNAL_OUTCOMES].units.first ||
	    j->lane[JOURNAL_MAIL].units.first;
}

static void
refuse_waiting(struct journal *j, int lane)
{
	j->lane[lane].text.len = 0;
	units_tell(&j->lane[lane].units, false);
}

/* Failures */

void
commit_give_up(struct journal *j, int error)
{
	log_event("journal-failed", LOG_SYS(error),
	    LOG_TEXT("then", "the next start reads what is there"));
	j->broken = true;
	units_tell(&j->voided, false);
	units_tell(&j->written, false);
	refuse_waiting(j, JOURNAL_OUTCOMES);
	refuse_waiting(j, JOURNAL_MAIL);
	j->failed(j->owner);
}

/* Nothing more is written to this segment, and what isn't durable in it will
 * never count; the head of the next one says so. */
static void
stumble(struct journal *j, int error)
{
	struct journal_segment *s = supply_last(j);
	bool const head = !j->open;
	struct journal_unit *unit;

	if (j->standing || j->voiding) {
		commit_give_up(j, error);
		return;
	}
	log_event("journal-failed", LOG_NUMBER("use", s->number),
	    LOG_SYS(error),
	    LOG_TEXT("then", "goes on in another segment"));
	s->failed = true;
	s->end = s->size;
	j->standing++;
	while ((unit = units_take(&j->written)))
		units_append(&j->voided, unit);
	j->voiding = true;
	j->open = false;
	j->sequence++; /* so that a gap tells of it, if nothing was written */
	if (head && !supply_discard(j))
		commit_give_up(j, error);
	else
		loop_later(j->loop, &j->turn);
}

/* Heads of segments */

static void
start_sync(struct journal *j, void (*done)(void *owner, int error))
{
	loop_disarm(j->loop, &j->lazy);
	j->urgent = false;
	j->syncing = true;
	j->sync = (struct flush){ .fd = supply_last(j)->fd, .how = FLUSH_DATA,
	    .done = done, .owner = j };
	flush_start(j->flushers, &j->sync);
}

static void
head_synced(void *owner, int error)
{
	struct journal *j = owner;

	j->syncing = false;
	if (j->broken) return;
	if (error) {
		stumble(j, error);
		return;
	}
	supply_last(j)->end = JOURNAL_BOUND;
	j->oldest = j->oldest_written;
	j->open = true;
	j->renew = false;
	/* commit: from now on what failed can't come back */
	j->voiding = false;
	units_tell(&j->voided, false);
	supply_reclaim(j);
	if (j->settled) j->settled(j->owner);
	loop_later(j->loop, &j->turn);
}

/* Zero on success, or errno; on written blocks no write is short. */
static int
write_all(struct journal_segment const *s, struct iovec const *v, int n,
    size_t len)
{
	ssize_t done;

	do
		done = pwritev(s->fd, v, n, s->end);
	while (done == -1 && errno == EINTR);
	if (done == (ssize_t)len) return 0;
	return done == -1 ? errno : EIO;
}

/* The head is durable before anything lies behind it: a segment that shows an
 * old head is whole, and none has to be judged by records without a head. */
static void
begin_segment(struct journal *j)
{
	char first[JOURNAL_BOUND] = { 0 };
	struct journal_segment *s = supply_take(j);
	struct iovec v = { first, sizeof first };
	int error;

	j->open = false;
	j->oldest_written = supply_oldest(j);
	record_put(first, &record_segment_form, &(struct record_segment){
	    .number = s->number, .last = j->committed,
	    .oldest = j->oldest_written }, true);
	record_seal(first, &(struct record_head){ .epoch = j->epoch,
	    .sequence = j->sequence, .committed = j->committed,
	    .opens = true });
	/* twice: without it all of the segment would be lost */
	memcpy(first + JOURNAL_BOUND / 2, first, RECORD_BOUND);
	error = write_all(s, &v, 1, sizeof first);
	if (error)
		stumble(j, error);
	else
		start_sync(j, head_synced);
}

/* Groups */

static void
synced(void *owner, int error)
{
	struct journal *j = owner;

	j->syncing = false;
	if (j->broken) return;
	if (error) {
		stumble(j, error);
		return;
	}
	j->committed = j->sequence - 1;
	units_tell(&j->written, true);	/* commit: all of these are ours now */
	supply_reclaim(j);
	supply_prepare(j);
	if (j->settled) j->settled(j->owner);
	loop_later(j->loop, &j->turn);
}

static void
lazy_due(void *owner)
{
	struct journal *j = owner;

	if (!j->syncing && j->written.first) start_sync(j, synced);
}

size_t
commit_room(struct journal const *j)
{
	struct journal_segment const *s = &j->segment[j->used.last];

	return j->open ? s->size - s->end : 0;
}

/* How many of the waiting octets, whole units, fit into this many. */
static size_t
fitting(struct journal_lane const *lane, size_t octets)
{
	struct journal_unit const *unit;
	size_t n = 0;

	for (unit = lane->units.first; unit && n + unit->len <= octets;
	    unit = unit->next)
		n += unit->len;
	return n;
}

/* Sequences leave one out before each unit: the head of a segment takes the
 * one before its first unit. */
static void
seal(struct journal *j, struct journal_lane *lane, size_t len, uint32_t at)
{
	size_t done = 0;

	while (done < len) {
		struct journal_unit *unit = units_take(&lane->units);
		struct record_head head = { .epoch = j->epoch,
		    .sequence = j->sequence, .committed = j->committed,
		    .opens = true };
		size_t end = done + unit->len;

		supply_needs(supply_last(j), unit->about);
		unit->segment = j->used.last;
		unit->offset = at + (uint32_t)done;
		for (head.sequence++; done < end; head.sequence++) {
			done += record_seal(lane->text.s + done, &head);
			head.opens = false;
		}
		j->sequence = head.sequence;
		units_append(&j->written, unit);
	}
}

static void
drop_front(stralloc *text, size_t len)
{
	text->len -= len;
	if (text->len) memmove(text->s, text->s + len, text->len);
}

static size_t
on_bound(size_t n)
{
	return (n + JOURNAL_BOUND - 1) & ~(size_t)(JOURNAL_BOUND - 1);
}

/* Zero, or errno. */
static int
write_group(struct journal *j, size_t outcomes, size_t mail)
{
	static char const zero[JOURNAL_BOUND];
	struct journal_segment *s = supply_last(j);
	size_t len = on_bound(outcomes + mail);
	struct iovec const v[3] = {
		{ j->lane[JOURNAL_OUTCOMES].text.s, outcomes },
		{ j->lane[JOURNAL_MAIL].text.s, mail },
		{ (char *)(size_t)zero, len - outcomes - mail },
	};
	int error;

	seal(j, &j->lane[JOURNAL_OUTCOMES], outcomes, s->end);
	seal(j, &j->lane[JOURNAL_MAIL], mail, s->end + (uint32_t)outcomes);
	error = write_all(s, v, 3, len);
	drop_front(&j->lane[JOURNAL_OUTCOMES].text, outcomes);
	drop_front(&j->lane[JOURNAL_MAIL].text, mail);
	s->end += (uint32_t)len;
	if (mail) j->urgent = true;
	return error;
}

/* Mail leaves some segments to the outcomes. */
static bool
may_take_segment(struct journal const *j)
{
	if (j->voiding || j->renew || j->lane[JOURNAL_OUTCOMES].units.first)
		return j->unused.n > 0;
	return j->unused.n > supply_kept(j);
}

/* What fits is written; false after a failure. */
static bool
write_fitting(struct journal *j)
{
	struct journal_lane *lane = j->lane;
	int error = 0;

	while (!error && j->open && !(j->renew && j->unused.n)) {
		size_t left = commit_room(j), outcomes, mail = 0;

		outcomes = fitting(&lane[JOURNAL_OUTCOMES], left);
		if (j->unused.n >= supply_kept(j))
			mail = fitting(&lane[JOURNAL_MAIL], left - outcomes);
		if (!outcomes && !mail) break;
		error = write_group(j, outcomes, mail);
	}
	if (error) stumble(j, error);
	return !error;
}

/* A sync covers one segment, so the next one is begun only when nothing of
 * this one is unsynced. */
static void
need_segment(struct journal *j)
{
	if (j->voiding && j->retiring) return; /* it wakes us */
	if (j->written.first)
		j->urgent = true;
	else if (may_take_segment(j))
		begin_segment(j);
	else if (j->disk_full && j->voiding)
		commit_give_up(j, ENOSPC);
	else if (j->disk_full)
		refuse_waiting(j, JOURNAL_MAIL);
}

static void
turn(void *owner)
{
	struct journal *j = owner;

	if (j->syncing || j->broken || !write_fitting(j)) return;
	if (j->voiding || j->renew || commit_waits(j)) need_segment(j);
	if (j->syncing || j->broken) return;
	if (j->written.first && j->urgent)
		start_sync(j, synced);
	else if (j->written.first && !timer_is_armed(&j->lazy))
		loop_arm(j->loop, &j->lazy, j->loop->now_ms + JOURNAL_LAZY_MS);
	supply_prepare(j);
}

void
commit_init(struct journal *j)
{
	int i;

	for (i = 0; i < JOURNAL_LANES; i++)
		units_init(&j->lane[i].units);
	units_init(&j->written);
	units_init(&j->voided);
	j->turn = (struct chore){ .run = turn, .owner = j };
	j->lazy = (struct timer){ .due = lazy_due, .owner = j };
}
