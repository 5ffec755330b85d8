/* SPDX-License-Identifier: ISC */
/* Takes the steps of local/append.h when they are due; waits for no disk and
 * no lock. */
#include <errno.h>
#include <stdlib.h>
#include "common/clock.h"
#include "local/append.h"
#include "local/filing.h"

struct filing {
	struct filings *all;
	struct append append;
	void (*done)(void *owner, struct delivery_result const *result);
	void *owner;
	bool begun;		/* append_end is owed */
	bool locked;		/* it is on its way: too late to take back */
	int64_t until_ms;	/* for the lock */
	struct timer turn;
	struct flush flush;
	struct filing *next;	/* waiting, or working */
	char path[];
};

static void begin_some(void *owner);
static void go_on(void *owner);

void
filings_init(struct filings *all)
{
	all->end = &all->first;
	all->begin = (struct chore){ .run = begin_some, .owner = all };
}

static void
release(struct filing *f)
{
	struct filings *all = f->all;
	struct filing **at = &all->working;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	loop_disarm(all->loop, &f->turn);
	if (f->begun) append_end(&f->append);
	free(f);
	all->active--;
	if (all->first) loop_later(all->loop, &all->begin);
}

static void
finish(struct filing *f, struct delivery_result result)
{
	result.where = f->path;
	f->done(f->owner, &result);
	release(f);
}

static void
finish_error(struct filing *f, int error)
{
	if (error)
		finish(f, delivery_trouble(error));
	else
		finish(f, (struct delivery_result){ .verdict = VERDICT_OK,
		    .status = "2.0.0", .words = "" });
}

static void
synced(void *owner, int error)
{
	struct filing *f = owner;

	append_synced(&f->append, error);
	go_on(f);
}

/* look_later - at the lock, unless the time for that is over */
static void
look_later(struct filing *f)
{
	struct loop *loop = f->all->loop;

	if (loop->now_ms < f->until_ms) {
		loop_arm(loop, &f->turn, loop->now_ms + FILING_PAUSE_MS);
		return;
	}
	finish(f, (struct delivery_result){ .verdict = VERDICT_TEMP,
	    .status = "4.2.0", .words = "another program has it locked" });
}

static void
go_on(void *owner)
{
	struct filing *f = owner;
	struct loop *loop = f->all->loop;
	int i;

	for (i = 0; i < DELIVERY_TURN; i++) {
		switch (append_next(&f->append, clock_wall_ms() / 1000)) {
		case APPEND_WAIT:
			look_later(f);
			return;
		case APPEND_SYNC:
			f->locked = true;
			f->flush = (struct flush){ .fd = f->append.sync,
			    .how = FLUSH_ALL, .done = synced, .owner = f };
			flush_start(f->all->flushers, &f->flush);
			return;
		case APPEND_DONE:
			finish_error(f, f->append.error);
			return;
		case APPEND_MORE:
			break;
		}
	}
	/* not before the loop has looked at everything else */
	loop_arm(loop, &f->turn, loop->now_ms + 1);
}

static void
begin(struct filing *f)
{
	struct filings *all = f->all;

	switch (copy_been_here(&f->append.copy)) {
	case -1:
		finish_error(f, errno);
		return;
	case 1:
		finish(f, (struct delivery_result){ .verdict = VERDICT_PERM,
		    .status = "5.4.6",
		    .words = "mail loop: it was delivered here before" });
		return;
	}
	f->begun = append_begin(&f->append, all->root, f->path);
	if (!f->begun) {
		finish_error(f, errno);
		return;
	}
	f->until_ms = all->loop->now_ms + all->lock_time_ms;
	go_on(f);
}

static bool
is_busy(struct filings const *all, char const *path)
{
	struct filing const *f = all->working;

	while (f && strcmp(f->path, path))
		f = f->next;
	return f != NULL;
}

/* next - the first that waits for a mailbox which no other is at work in; NULL
 * when there is none */
static struct filing *
next(struct filings *all)
{
	struct filing **at = &all->first, *f;

	while (*at && is_busy(all, (*at)->path))
		at = &(*at)->next;
	f = *at;
	if (!f) return NULL;
	*at = f->next;
	if (!*at) all->end = at;
	return f;
}

static void
begin_some(void *owner)
{
	struct filings *all = owner;
	struct filing *f;

	while (all->active < FILING_ACTIVE_MAX && (f = next(all))) {
		f->next = all->working;
		all->working = f;
		all->active++;
		begin(f);
	}
}

struct filing *
filing_start(struct filings *all, struct delivery_order const *order,
    char const *path,
    void (*done)(void *owner, struct delivery_result const *result),
    void *owner)
{
	size_t const len = strlen(path) + 1;
	struct filing *f = calloc(1, sizeof *f + len);

	if (!f) return NULL;
	f->all = all;
	f->done = done;
	f->owner = owner;
	f->append.copy = (struct copy){ .from = order->message,
	    .text = order->text, .size = order->size, .sender = order->sender,
	    .address = order->address, .form = COPY_MBOX,
	    .wall_s = (int64_t)order->arrived_s };
	f->turn = (struct timer){ .due = go_on, .owner = f };
	memcpy(f->path, path, len);
	*all->end = f;
	all->end = &f->next;
	loop_later(all->loop, &all->begin);
	return f;
}

static bool
unqueue(struct filing *f)
{
	struct filings *all = f->all;
	struct filing **at = &all->first;

	while (*at && *at != f)
		at = &(*at)->next;
	if (!*at) return false;
	*at = f->next;
	if (!*at) all->end = at;
	free(f);
	return true;
}

bool
filing_cancel(struct filing *f)
{
	if (unqueue(f)) return true;
	if (f->locked) return false;
	release(f);
	return true;
}
