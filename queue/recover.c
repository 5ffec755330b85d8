/* SPDX-License-Identifier: ISC */
/* Reads the journal back. Records count by checksum, epoch and sequence, also
 * behind a bad place. Changes no segment. */
#include <skalibs/nonposix.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "queue/aside.h"
#include "queue/heads.h"
#include "queue/recover.h"
#include "queue/segment.h"

enum { GAPS_MAX = 64 };		/* that are kept apart; further ones are one */

/* Octets among records that count in which some are missing. */
struct gap {
	uint32_t from, to;
	uint64_t sequence;	/* of the first that is missing */
};

/* The pass through one segment. */
struct pass {
	struct recovery *r;
	struct heads const *f;
	char name[SEGMENT_NAME_MAX];
	struct slice text;	/* all of it */
	uint64_t most;		/* what has a larger sequence never counts */
	uint64_t sequence;	/* of the record before */
	uint64_t last;		/* of the last one that counted */
	uint32_t end;		/* of that */
	struct gap gap[GAPS_MAX];	/* not known to be damage yet */
	unsigned gaps;
};

static bool
all_zero(struct slice s)
{
	return !s.len || (!*s.s && !memcmp(s.s, s.s + 1, s.len - 1));
}

static void
report(struct recovery *r, struct damage const *d)
{
	r->damaged++;
	r->damage(r->owner, d);
}

/* Committed octets that can't be read. */
static void
lost(struct pass *p, char const *what, uint32_t from, uint32_t to)
{
	report(p->r, &(struct damage){ .what = what, .name = p->name,
	    .number = p->f->number, .from = from,
	    .octets = slice_from(p->text.s + from, to - from) });
}

/* Gaps */

/* All up to this sequence was durable once. */
static void
confirm(struct pass *p, uint64_t committed)
{
	unsigned i, left = 0;

	for (i = 0; i < p->gaps; i++) {
		struct gap const g = p->gap[i];

		if (g.sequence <= committed)
			lost(p, "records are missing", g.from, g.to);
		else
			p->gap[left++] = g;
	}
	p->gaps = left;
}

static void
add_gap(struct pass *p, uint32_t to, uint64_t sequence)
{
	if (p->gaps == GAPS_MAX)
		p->gap[GAPS_MAX - 1].to = to;
	else
		p->gap[p->gaps++] = (struct gap){ .from = p->end, .to = to,
		    .sequence = sequence };
}

/* Records */

static void
read_records(struct pass *p)
{
	uint32_t at = JOURNAL_BOUND, from;
	uint64_t expected = p->sequence + 1;

	p->end = at;
	while (at + RECORD_HEAD <= p->text.len) {
		struct record_head head;
		struct slice frame, rest = slice_skip(p->text, at);
		size_t n = 0;

		/* the epoch first: whatever was made to look like records
		 * costs no checksums, for nobody outside knows an epoch */
		if (record_epoch(rest) == p->f->epoch)
			n = record_get(rest, &head, &frame);
		if (!n || head.sequence <= p->sequence ||
		    head.sequence > p->most) {
			at += RECORD_BOUND;
			continue;
		}
		/* nothing is missing when the sequence leaves out one number
		 * before each unit */
		if (head.sequence != expected) add_gap(p, at, expected);
		confirm(p, head.committed);
		/* what is dead has been superseded by what isn't, and perhaps
		 * by what has been retired */
		if (p->f->number >= p->r->oldest &&
		    !replay_record(&p->r->replay, &head,
		    head.sequence == p->sequence + 1, &(struct replay_part){
		    frame, at, at + (uint32_t)n }, &from))
			lost(p, "records make no sense together", from,
			    at + (uint32_t)n);
		expected = head.sequence + (head.closes ? 2 : 1);
		p->sequence = p->last = head.sequence;
		at += (uint32_t)n;
		p->end = at;
	}
	p->r->replay.whole = false; /* no unit crosses segments */
}

/* What the head of the next segment says of this one's end. */
static void
read_segment(struct pass *p, struct heads const *next)
{
	bool known = next && next->epoch == p->f->epoch;

	p->most = known ? next->last : UINT64_MAX;
	p->sequence = p->f->sequence;
	p->last = p->f->last;
	read_records(p);
	if (known) {
		confirm(p, next->last);
		/* gone without a trace: there is nothing to keep. One that
		 * was retired in between takes its records along. */
		if (p->last < next->last && next->number == p->f->number + 1)
			lost(p, "the last records are missing", p->end,
			    p->end);
	}
	p->r->torn += p->gaps;
}

/* Segments */

/* What bears the name of a segment and is none. */
static void
expel(struct recovery *r, char const *name)
{
	char kept[SEGMENT_NAME_MAX];
	uint16_t n;

	report(r, &(struct damage){ .what = "is no segment", .name = name,
	    .error = errno });
	if (!r->only_look && segment_is_name(name, &n))
		segment_expel(r->dir, n, r->damaged_dir, kept);
}

/* A name that was given to a segment once and is nowhere. */
static void
look_for_missing(struct recovery *r)
{
	bool there[JOURNAL_SEGMENTS_MAX] = { false };
	char name[SEGMENT_NAME_MAX];
	uint16_t i, most = 0;

	for (i = 0; i < r->segments; i++) {
		if (r->found[i].file >= JOURNAL_SEGMENTS_MAX) continue;
		there[r->found[i].file] = true;
		if (r->found[i].file > most) most = r->found[i].file;
	}
	for (i = 0; i < most; i++) {
		if (there[i] || segment_was_expelled(r->damaged_dir, i))
			continue;
		snprintf(name, sizeof name, "%08x", i);
		report(r, &(struct damage){ .what = "is missing",
		    .name = name });
	}
}

/* All segment files, whatever their numbers. */
static bool
find_segments(struct recovery *r)
{
	int fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!list) {
		if (fd != -1) close(fd);
		return false;
	}
	while (r->segments < JOURNAL_SEGMENTS_MAX && (entry = readdir(list))) {
		struct heads *f = &r->found[r->segments];

		if (!segment_is_name(entry->d_name, &f->file)) continue;
		f->fd = segment_open(r->dir, f->file, &f->size);
		if (f->fd == -1) {
			expel(r, entry->d_name);
			continue;
		}
		heads_read(f);
		r->segments++;
	}
	closedir(list);
	return true;
}

bool
recover_begin(struct recovery *r)
{
	uint16_t i;

	r->replay = (struct replay){ .journal = r->journal,
	    .state = r->state };
	r->found = calloc(JOURNAL_SEGMENTS_MAX, sizeof *r->found);
	if (!r->found || !find_segments(r)) return false;
	qsort(r->found, r->segments, sizeof *r->found, heads_order);
	look_for_missing(r);
	for (i = 0; i < r->segments; i++) {
		struct heads const *f = &r->found[i];

		journal_found(r->journal, f->fd, f->file, f->size, f->number);
		if (i && heads_void(f - 1))
			journal_spoilt(r->journal, (uint16_t)(i - 1));
		if (f->oldest > r->oldest) r->oldest = f->oldest;
	}
	journal_forget(r->journal, r->oldest);
	r->replay.own = r->segments;
	return true;
}

static bool
make_room(struct recovery *r, size_t size)
{
	char *text;

	if (size <= r->room) return true;
	text = realloc(r->text, size);
	if (!text) return false;
	r->text = text;
	r->room = size;
	return true;
}

static void
step(struct recovery *r, struct pass *p, struct heads const *next)
{
	struct heads const *f = p->f;

	p->text = slice_from(r->text, f->size);
	r->replay.segment = r->at;
	snprintf(p->name, sizeof p->name, "%08x", f->file);
	if (!segment_read(f->fd, r->text, f->size)) {
		report(r, &(struct damage){ .what = "can't be read",
		    .name = p->name, .error = errno });
		memset(r->text, 0, f->size);
		if (f->number) read_segment(p, next);
	} else if (f->number) {
		read_segment(p, next);
	} else if (f->size >= JOURNAL_SEGMENT_MIN && all_zero(p->text)) {
		journal_blank(r->journal, r->at);
	} else {
		lost(p, "has no head", 0, f->size);
	}
}

/* The segment behind this one, whose head tells how far it got. One of the same
 * number is no such: somebody has made a copy. Both are read, in the order of
 * their names: what either has lost the other may have. */
static struct heads const *
next_of(struct recovery const *r)
{
	struct heads const *f = &r->found[r->at], *next = f + 1;

	while (next < r->found + r->segments && next->number == f->number)
		next++;
	return next < r->found + r->segments ? next : NULL;
}

static void
look_for_twin(struct recovery *r, struct pass const *p)
{
	if (!r->at || !p->f->number || p->f[-1].number != p->f->number) return;
	report(r, &(struct damage){ .what = "is there twice",
	    .name = p->name, .number = p->f->number });
}

int
recover_step(struct recovery *r)
{
	struct heads const *f = &r->found[r->at];
	struct pass p = { .r = r, .f = f };

	if (r->at == r->segments) return 0;
	errno = ENOMEM;
	if (!make_room(r, f->size)) return -1;
	step(r, &p, next_of(r));
	look_for_twin(r, &p);
	r->records = r->replay.records;
	r->at++;
	errno = ENOMEM;
	if (r->replay.out_of_memory) return -1;
	return r->at < r->segments;
}

void
recover_end(struct recovery *r)
{
	replay_free(&r->replay);
	free(r->text);
	free(r->found);
	r->text = NULL;
	r->found = NULL;
	r->room = 0;
}

bool
recover(struct recovery *r, struct journal *j, struct state *s, int dir,
    int damaged)
{
	int more = 1;

	*r = (struct recovery){ .journal = j, .state = s, .dir = dir,
	    .damaged_dir = damaged, .damage = aside_keep, .owner = r };
	if (!recover_begin(r)) more = -1;
	if (more == 1) journal_open(j);
	while (more == 1)
		more = recover_step(r);
	recover_end(r);
	if (more == 0) journal_complete(j);
	return more == 0;
}
