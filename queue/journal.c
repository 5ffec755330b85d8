/* SPDX-License-Identifier: ISC */
/* Appends units to segments, commits them in groups, reuses segments. Knows
 * records, not what they mean; the only file that asks for a sync of them. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>
#include <skalibs/random.h>
#include "common/log.h"
#include "queue/journal.h"
#include "queue/segment.h"

enum {
	PREPARE_AGAIN_MS = 1000,
	CLEAN_FROM = 4		/* segments: less isn't worth moving mail */
};

static void
list_append(struct journal *j, struct journal_list *l, uint16_t segment)
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

static void
queue_init(struct journal_queue *q)
{
	q->first = NULL;
	q->end = &q->first;
}

static void
queue_append(struct journal_queue *q, struct journal_unit *unit)
{
	unit->next = NULL;
	*q->end = unit;
	q->end = &unit->next;
}

static struct journal_unit *
queue_take(struct journal_queue *q)
{
	struct journal_unit *unit = q->first;

	if (!unit) return NULL;
	q->first = unit->next;
	if (!q->first) q->end = &q->first;
	return unit;
}

static size_t
on_bound(size_t n)
{
	return (n + JOURNAL_BOUND - 1) & ~(size_t)(JOURNAL_BOUND - 1);
}

static struct journal_segment *
head(struct journal *j)
{
	return j->used.n ? &j->segment[j->used.last] : NULL;
}

/* Segments: preparing and reusing */

static void prepare(struct journal *j);

static void
prepare_later(void *owner)
{
	prepare(owner);
}

static void
prepare_failed(struct journal *j, int error)
{
	if (!j->disk_full)
		log_event("journal-cannot-grow", LOG_SYS(error));
	j->disk_full = true;
	j->preparing = false;
	j->prepare_again.due = prepare_later;
	j->prepare_again.owner = j;
	loop_arm(j->loop, &j->prepare_again,
	    j->loop->now_ms + PREPARE_AGAIN_MS);
}

static void
prepared_name(void *owner, int error)
{
	struct journal *j = owner;

	if (error) {
		close(j->segment[j->segments].fd);
		prepare_failed(j, error);
		return;
	}
	j->preparing = false;
	j->disk_full = false;
	list_append(j, &j->unused, j->segments++);
	prepare(j);
	loop_later(j->loop, &j->turn);
}

static void
prepared_file(void *owner, int error)
{
	struct journal *j = owner;
	struct journal_segment *s = &j->segment[j->segments];

	if (!error && !segment_name(j->dir, s->file)) error = errno;
	if (error) {
		close(s->fd);
		prepare_failed(j, error);
		return;
	}
	j->files++;
	j->prepare.fd = j->dir;
	j->prepare.done = prepared_name;
	flush_start(j->flushers, &j->prepare);
}

static bool waits(struct journal const *j);

/* One more than what is kept: ahead of need, or when what waits doesn't fit
 * behind what is there. */
static bool
wants_segment(struct journal *j)
{
	struct journal_segment *s = head(j);
	unsigned wanted = JOURNAL_KEPT;

	if (!s || s->end > s->size / 2 || waits(j)) wanted++;
	return j->unused.n < wanted;
}

/* The zeroes are written here, into the page cache; syncing them and the name
 * is a helper's work. */
static void
prepare(struct journal *j)
{
	struct journal_segment *s = &j->segment[j->segments];

	if (j->preparing || timer_is_armed(&j->prepare_again)) return;
	if (!wants_segment(j)) {
		j->disk_full = false;
		return;
	}
	if (j->segments == JOURNAL_SEGMENTS_MAX) {
		prepare_failed(j, ENOSPC);
		return;
	}
	*s = (struct journal_segment){ .size = j->segment_size,
	    .file = j->files };
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

/* One that was cut short has no room for every unit: it is never used again,
 * and those behind it wait for the next start, which removes it. */
static bool
is_free(struct journal const *j, uint16_t n)
{
	return !j->segment[n].live && !j->segment[n].cut;
}

/* Oldest first, so that no outcome is overwritten before the message it ends:
 * see SPOOL. */
static void
reclaim(struct journal *j)
{
	while (j->used.n > 1 && is_free(j, j->used.first))
		list_append(j, &j->unused, list_take(j, &j->used));
}

void
journal_live(struct journal *j, uint16_t segment, uint32_t octets)
{
	j->segment[segment].live += octets;
	j->live += octets;
}

void
journal_dead(struct journal *j, uint16_t segment, uint32_t octets)
{
	j->segment[segment].live -= octets;
	j->live -= octets;
}

bool
journal_cleanable(struct journal const *j, uint16_t *segment)
{
	if (j->broken || j->used.n <= CLEAN_FROM) return false;
	*segment = j->used.first;
	return j->live * 2 < (uint64_t)j->used.n * j->segment_size;
}

/* Committing */

static void
tell(struct journal_queue *q, bool fine)
{
	struct journal_queue told = *q;
	struct journal_unit *unit;

	if (!q->first) return;
	queue_init(q);
	while ((unit = queue_take(&told)))
		unit->committed(unit->owner, fine);
}

static void
refuse_waiting(struct journal *j, int lane)
{
	j->lane[lane].text.len = 0;
	tell(&j->lane[lane].units, false);
}

static void
fail(struct journal *j, int error)
{
	log_event("journal-failed", LOG_SYS(error));
	j->broken = true;
	tell(&j->written, false);
	refuse_waiting(j, JOURNAL_OUTCOMES);
	refuse_waiting(j, JOURNAL_MAIL);
	j->failed(j->owner);
}

static void
synced(void *owner, int error)
{
	struct journal *j = owner;

	j->syncing = false;
	if (error) {
		fail(j, error);
		return;
	}
	tell(&j->written, true);	/* commit: all of these are ours now */
	reclaim(j);
	prepare(j);
	if (j->settled) j->settled(j->owner);
	loop_later(j->loop, &j->turn);
}

static void
start_sync(struct journal *j)
{
	loop_disarm(j->loop, &j->lazy);
	j->urgent = false;
	j->syncing = true;
	j->sync = (struct flush){ .fd = head(j)->fd, .how = FLUSH_DATA,
	    .done = synced, .owner = j };
	flush_start(j->flushers, &j->sync);
}

static void
lazy_due(void *owner)
{
	struct journal *j = owner;

	if (!j->syncing && j->written.first) start_sync(j);
}

static uint32_t
room(struct journal_segment const *s)
{
	if (!s) return 0;
	return s->size - (s->end ? s->end : JOURNAL_BOUND);
}

/* Mail leaves JOURNAL_KEPT segments to the outcomes. */
static bool
may_take_segment(struct journal const *j)
{
	if (j->lane[JOURNAL_OUTCOMES].units.first) return j->unused.n > 0;
	return j->unused.n > JOURNAL_KEPT;
}

static void
take_segment(struct journal *j)
{
	uint16_t n = list_take(j, &j->unused);
	struct journal_segment *s = &j->segment[n];

	list_append(j, &j->used, n);
	s->number = ++j->number;
	s->live = 0;
	s->end = 0;
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
		struct journal_unit *unit = queue_take(&lane->units);
		size_t end = done + unit->len;

		unit->segment = j->used.last;
		unit->offset = at + (uint32_t)done;
		for (j->sequence++; done < end; j->sequence++)
			done += record_seal(lane->text.s + done, j->epoch,
			    j->sequence);
		queue_append(&j->written, unit);
	}
}

static void
drop_front(stralloc *text, size_t len)
{
	text->len -= len;
	if (text->len) memmove(text->s, text->s + len, text->len);
}

/* The first group of a segment goes out with the segment's head, in one
 * write. */
static bool
write_group(struct journal *j, size_t outcomes, size_t mail)
{
	static char const zero[JOURNAL_BOUND];
	char first[JOURNAL_BOUND] = { 0 };
	struct journal_segment *s = head(j);
	size_t padding = on_bound(outcomes + mail) - outcomes - mail;
	uint32_t at = s->end ? s->end : JOURNAL_BOUND;
	struct iovec v[4] = {
		{ first, s->end ? 0 : JOURNAL_BOUND },
		{ j->lane[JOURNAL_OUTCOMES].text.s, outcomes },
		{ j->lane[JOURNAL_MAIL].text.s, mail },
		{ (char *)(size_t)zero, padding },
	};
	size_t len = v[0].iov_len + outcomes + mail + padding;
	ssize_t n;

	record_put(first, &record_segment_form,
	    &(struct record_segment){ .number = s->number }, true);
	record_seal(first, j->epoch, j->sequence);
	/* twice: without it all of the segment would be lost */
	memcpy(first + JOURNAL_BOUND / 2, first, RECORD_BOUND);
	seal(j, &j->lane[JOURNAL_OUTCOMES], outcomes, at);
	seal(j, &j->lane[JOURNAL_MAIL], mail, at + (uint32_t)outcomes);
	do
		n = pwritev(s->fd, v, 4, s->end);
	while (n == -1 && errno == EINTR);
	if (n != (ssize_t)len) {
		if (n != -1) errno = EIO; /* never short on written blocks */
		return false;
	}
	drop_front(&j->lane[JOURNAL_OUTCOMES].text, outcomes);
	drop_front(&j->lane[JOURNAL_MAIL].text, mail);
	s->end = at + (uint32_t)(len - v[0].iov_len);
	if (mail) j->urgent = true;
	return true;
}

static bool
waits(struct journal const *j)
{
	return j->lane[JOURNAL_OUTCOMES].units.first ||
	    j->lane[JOURNAL_MAIL].units.first;
}

/* What fits is written; false after a failure. A sync covers one segment, so
 * the next one is begun only when nothing of this one is unsynced. */
static bool
write_waiting(struct journal *j)
{
	while (waits(j)) {
		struct journal_lane *lane = j->lane;
		size_t left = room(head(j)), outcomes, mail = 0;

		outcomes = fitting(&lane[JOURNAL_OUTCOMES], left);
		if (j->unused.n >= JOURNAL_KEPT)
			mail = fitting(&lane[JOURNAL_MAIL], left - outcomes);
		if (outcomes || mail) {
			if (!write_group(j, outcomes, mail)) return false;
			continue;
		}
		if (j->written.first) {
			j->urgent = true;
			break;
		}
		if (may_take_segment(j)) {
			take_segment(j);
			continue;
		}
		if (j->disk_full) refuse_waiting(j, JOURNAL_MAIL);
		break;
	}
	return true;
}

static void
turn(void *owner)
{
	struct journal *j = owner;

	if (j->syncing || j->broken) return;
	if (!write_waiting(j)) {
		fail(j, errno);
		return;
	}
	if (j->written.first && j->urgent)
		start_sync(j);
	else if (j->written.first && !timer_is_armed(&j->lazy))
		loop_arm(j->loop, &j->lazy, j->loop->now_ms + JOURNAL_LAZY_MS);
	prepare(j);
}

void
journal_hurry(struct journal *j)
{
	j->urgent = true;
	loop_later(j->loop, &j->turn);
}

bool
journal_idle(struct journal const *j)
{
	return !waits(j) && !j->written.first;
}

/* Appending */

void
journal_begin(struct journal *j, int lane)
{
	j->open = &j->lane[lane];
	j->begun = j->open->text.len;
}

bool
journal_add(struct journal *j, struct wire_form const *form,
    void const *values, bool last)
{
	stralloc *text = &j->open->text;
	size_t size = record_size(form, values);

	if (journal_begun(j) + size > journal_unit_max(j)) {
		errno = EMSGSIZE;
		return false;
	}
	if (!stralloc_readyplus(text, size)) return false;
	size = record_put(text->s + text->len, form, values, last);
	text->len += size;
	if (!size) errno = EMSGSIZE;
	return size != 0;
}

void
journal_end(struct journal *j, struct journal_unit *unit)
{
	unit->len = journal_begun(j);
	queue_append(&j->open->units, unit);
	loop_later(j->loop, &j->turn);
}

void
journal_abandon(struct journal *j)
{
	j->open->text.len = j->begun;
}

size_t
journal_begun(struct journal const *j)
{
	return j->open->text.len - j->begun;
}

bool
journal_takes_mail(struct journal const *j, size_t octets)
{
	size_t waiting = j->lane[JOURNAL_MAIL].text.len + octets;

	if (waiting > JOURNAL_WAITING_MAX) return false;
	if (!j->disk_full || j->unused.n > JOURNAL_KEPT) return true;
	return j->unused.n == JOURNAL_KEPT && j->used.n &&
	    waiting <= room(&j->segment[j->used.last]);
}

size_t
journal_unit_max(struct journal const *j)
{
	return j->segment_size - JOURNAL_BOUND;
}

bool
journal_read(struct journal const *j, uint16_t segment, uint32_t offset,
    char *out, size_t len)
{
	while (len) {
		ssize_t n = pread(j->segment[segment].fd, out, len, offset);

		if (n == -1 && errno == EINTR) continue;
		if (n == 0) errno = EIO;
		if (n <= 0) return false;
		out += n;
		offset += (uint32_t)n;
		len -= (size_t)n;
	}
	return true;
}

/* Starting */

/* A small disk gets small segments: some of them must fit beside the mail. */
static uint32_t
choose_size(int dir)
{
	struct statvfs fs;

	if (fstatvfs(dir, &fs) == -1) return JOURNAL_SEGMENT;
	return (uint64_t)fs.f_blocks * fs.f_frsize / 64 < JOURNAL_SEGMENT ?
	    JOURNAL_SEGMENT_MIN : JOURNAL_SEGMENT;
}

void
journal_init(struct journal *j, struct loop *loop, struct flushers *flushers,
    int dir, void (*failed)(void *owner), void *owner)
{
	int i;

	*j = (struct journal){ .loop = loop, .flushers = flushers, .dir = dir,
	    .failed = failed, .owner = owner, .turn = { .run = turn, .owner = j },
	    .lazy = { .due = lazy_due, .owner = j } };
	for (i = 0; i < JOURNAL_LANES; i++)
		queue_init(&j->lane[i].units);
	queue_init(&j->written);
	j->segment_size = choose_size(dir);
	random_buf((char *)&j->epoch, sizeof j->epoch);
}

void
journal_found(struct journal *j, int fd, uint16_t file, uint32_t size,
    uint64_t number, bool blank)
{
	uint16_t n = j->segments++;

	/* used to its end: an old tail is never appended to */
	j->segment[n] = (struct journal_segment){ .fd = fd, .file = file,
	    .size = size,
	    .end = size, .number = number };
	if (number > j->number) j->number = number;
	if (file >= j->files) j->files = (uint16_t)(file + 1);
	/* all of one size, whatever disk this is; not that of a file that
	 * somebody cut off */
	if (size >= JOURNAL_SEGMENT_MIN && size % JOURNAL_BOUND == 0)
		j->segment_size = size;
	if (number)
		list_append(j, &j->used, n);
	else if (blank)
		list_append(j, &j->unused, n);
}

/* Before anything newer is overwritten, so that its old units can't come back
 * without what was said of them later. */
static void
remove_segment(struct journal *j, uint16_t n)
{
	log_event("removed", LOG_NUMBER("segment", j->segment[n].file),
	    LOG_TEXT("why", "it is shorter than the others"));
	close(j->segment[n].fd);
	segment_remove(j->dir, j->segment[n].file);
}

void
journal_open(struct journal *j)
{
	uint16_t i;

	for (i = 0; i < j->segments; i++)
		j->segment[i].cut = j->segment[i].size != j->segment_size;
	while (j->used.n && !j->segment[j->used.first].live) {
		uint16_t n = list_take(j, &j->used);

		if (is_free(j, n))
			list_append(j, &j->unused, n);
		else
			remove_segment(j, n);
	}
	prepare(j);
}
