/* SPDX-License-Identifier: ISC */
/* Reads the journal back, segment by segment; changes none. */
#include <skalibs/nonposix.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "queue/aside.h"
#include "queue/pass.h"

static bool
all_zero(struct slice s)
{
	return !s.len || (!*s.s && !memcmp(s.s, s.s + 1, s.len - 1));
}

void
recover_report(struct recovery *r, struct damage const *d)
{
	r->damaged++;
	journal_keep_order(r->journal);
	r->damage(r->owner, d);
}

/* What bears the name of a segment and is none. */
static void
expel(struct recovery *r, char const *name)
{
	char kept[SEGMENT_NAME_MAX];
	uint16_t n;

	recover_report(r, &(struct damage){ .what = "is no segment",
	    .name = name, .error = errno });
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
		recover_report(r, &(struct damage){ .what = "is missing",
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

		journal_found(r->journal, f->fd, f->file, f->size, f->number,
		    i && f[-1].epoch == f->epoch);
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
		recover_report(r, &(struct damage){ .what = "can't be read",
		    .name = p->name, .error = errno });
		memset(r->text, 0, f->size);
		if (f->number) pass_read(p, next);
	} else if (f->number) {
		pass_read(p, next);
	} else if (f->size >= JOURNAL_SEGMENT_MIN && all_zero(p->text)) {
		journal_blank(r->journal, r->at);
	} else {
		pass_lost(p, "has no head", 0, f->size);
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
	recover_report(r, &(struct damage){ .what = "is there twice",
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
