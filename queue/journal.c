/* SPDX-License-Identifier: ISC */
/* Takes units and gives them back. How they get to disk is commit.c's, where
 * supply.c's; what they mean is nobody's here. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <skalibs/random.h>
#include "queue/commit.h"
#include "queue/journal.h"
#include "queue/supply.h"

enum { CLEAN_FROM = 4 };	/* segments: less isn't worth moving mail */

/* Appending */

void
journal_begin(struct journal *j, int lane)
{
	j->filling = &j->lane[lane];
	j->filled = j->filling->text.len;
}

bool
journal_add(struct journal *j, struct wire_form const *form,
    void const *values, bool last)
{
	stralloc *text = &j->filling->text;
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
	commit_enqueue(j, unit);
}

void
journal_abandon(struct journal *j)
{
	j->filling->text.len = j->filled;
}

size_t
journal_begun(struct journal const *j)
{
	return j->filling->text.len - j->filled;
}

bool
journal_takes_mail(struct journal const *j, size_t octets)
{
	size_t waiting = j->lane[JOURNAL_MAIL].text.len + octets;

	if (waiting > JOURNAL_WAITING_MAX) return false;
	if (!j->disk_full || j->unused.n > supply_kept(j)) return true;
	return j->unused.n == supply_kept(j) && waiting <= commit_room(j);
}

size_t
journal_unit_max(struct journal const *j)
{
	return j->segment_size - JOURNAL_BOUND;
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
	return !commit_waits(j) && !j->written.first && !j->voided.first;
}

/* What lives */

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
	if (j->broken || j->reading || j->retiring || j->used.n < 2)
		return false;
	*segment = j->used.first;
	if (j->standing) return !j->voiding && j->segment[*segment].live;
	if (j->used.n <= CLEAN_FROM ||
	    j->live * 2 >= (uint64_t)j->used.n * j->segment_size)
		return false;
	*segment = supply_worst(j);
	return true;
}

uint64_t
journal_about(struct journal const *j, uint16_t segment)
{
	return j->segment[segment].number;
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
    int dir, int damaged, void (*failed)(void *owner), void *owner)
{
	*j = (struct journal){ .loop = loop, .flushers = flushers, .dir = dir,
	    .damaged = damaged, .failed = failed, .owner = owner,
	    .sequence = 1, .segment_size = choose_size(dir) };
	commit_init(j);
	random_buf((char *)&j->epoch, sizeof j->epoch);
}

uint16_t
journal_found(struct journal *j, int fd, uint16_t file, uint32_t size,
    uint64_t number, bool follows)
{
	uint16_t n = j->segments++;

	/* used to its end: an old tail is never appended to */
	j->segment[n] = (struct journal_segment){ .fd = fd, .file = file,
	    .size = size, .end = size, .number = number, .about = number };
	if (follows) journal_speaks(j, n, (uint16_t)(n - 1));
	if (number > j->number) j->number = number;
	/* all of one size, whatever disk this is; not that of a file that
	 * somebody cut off */
	if (size >= JOURNAL_SEGMENT_MIN && size <= JOURNAL_SEGMENT &&
	    size % JOURNAL_BOUND == 0)
		j->segment_size = size;
	if (number) supply_append(j, &j->used, n);
	return n;
}

void
journal_speaks(struct journal *j, uint16_t segment, uint16_t of)
{
	supply_needs(&j->segment[segment], journal_about(j, of));
}

void
journal_keep_order(struct journal *j)
{
	j->in_order = true;
}

void
journal_forget(struct journal *j, uint64_t oldest)
{
	j->oldest = oldest;
}

void
journal_open(struct journal *j)
{
	uint16_t i;

	for (i = 0; i < j->segments; i++)
		j->segment[i].cut = j->segment[i].size != j->segment_size;
	j->reading = true;
}

void
journal_blank(struct journal *j, uint16_t segment)
{
	if (!j->segment[segment].cut)
		supply_append(j, &j->unused, segment);
}

void
journal_spoilt(struct journal *j, uint16_t segment)
{
	if (j->segment[segment].failed) return;
	j->segment[segment].failed = true;
	j->standing++;
}

void
journal_complete(struct journal *j)
{
	j->reading = false;
	supply_reclaim(j);
	supply_prepare(j);
	loop_later(j->loop, &j->turn);
}
