/* SPDX-License-Identifier: ISC */
/* Shares open Maildirs and their syncs; knows nothing of messages. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/routes.h"
#include "local/box.h"

static void flushing_new(void *owner);
static void flushed(void *owner, int error);

static struct box **
find(struct box **at, char const *path)
{
	while (*at && strcmp((*at)->path, path))
		at = &(*at)->next;
	return at;
}

static void
put(struct box **list, struct box *box)
{
	box->next = *list;
	*list = box;
}

static struct box *
take(struct box **at)
{
	struct box *box = *at;

	*at = box->next;
	return box;
}

static void
release(struct box *box)
{
	maildir_close(&box->dir);
	free(box);
}

/* is_there - its path still leads to it */
static bool
is_there(struct box const *box)
{
	char path[ROUTE_PATH_MAX + sizeof ".//new"];
	struct stat at;

	snprintf(path, sizeof path, "./%s/new", box->path);
	return fstatat(box->all->root, path, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
	    at.st_ino == box->new.st_ino && at.st_dev == box->new.st_dev;
}

static struct box *
make(struct boxes *all, char const *path)
{
	size_t const len = strlen(path) + 1;
	struct box *box = calloc(1, sizeof *box + len);

	if (!box) return NULL;
	if (!maildir_open(&box->dir, all->root, path) ||
	    fstat(box->dir.new, &box->new) == -1) {
		int e = errno;

		release(box);
		errno = e;
		return NULL;
	}
	memcpy(box->path, path, len);
	box->all = all;
	box->flush = (struct flush){ .how = FLUSH_ALL, .done = flushed,
				     .owner = box };
	return box;
}

struct box *
box_open(struct boxes *all, char const *path)
{
	struct box *box = *find(&all->first, path), **idle;

	if (!box) {
		idle = find(&all->idle, path);
		if (*idle) box = take(idle);
		if (box && !is_there(box)) {
			release(box);
			box = NULL;
		}
		if (!box) box = make(all, path);
		if (!box) return NULL;
		put(&all->first, box);
	}
	box->users++;
	return box;
}

/* What has stood idle for long enough, and what is too many. */
static void
expire(void *owner)
{
	struct boxes *all = owner;
	int64_t const now_ms = all->loop->now_ms;
	struct box **at = &all->idle;
	size_t n = 0;

	while (*at && n < BOX_IDLE_MAX &&
	    now_ms < (*at)->idle_ms + BOX_IDLE_MS) {
		at = &(*at)->next;
		n++;
	}
	while (*at)
		release(take(at));
	if (n && !timer_is_armed(&all->expire))
		loop_arm(all->loop, &all->expire, now_ms + BOX_IDLE_MS);
}

void
box_close(struct box *box)
{
	struct boxes *all = box->all;

	if (--box->users) return;
	take(find(&all->first, box->path));
	if (box->dir.way.changes) {
		release(box); /* next time is another chance */
		return;
	}
	box->idle_ms = all->loop->now_ms;
	put(&all->idle, box);
	expire(all);
}

void
boxes_init(struct boxes *all)
{
	all->expire = (struct timer){ .due = expire, .owner = all };
}

void
boxes_close(struct boxes *all)
{
	while (all->idle)
		release(take(&all->idle));
	loop_disarm(all->loop, &all->expire);
}

/* Directories that were made for this mailbox come before new/ itself: a name
 * is as durable as the names on its way. Whoever joins while those are synced
 * is still covered by the sync of new/. */
static void
flush_next(struct box *box)
{
	struct walk const *way = &box->dir.way;

	box->flushing = true;
	if (way->changes) {
		box->flush.fd = way->changed[way->changes - 1];
		box->flush.starting = NULL;
	} else {
		box->flush.fd = box->dir.new;
		box->flush.starting = flushing_new;
		box->flush.patient = true;
	}
	flush_start(box->all->flushers, &box->flush);
}

static void
flushing_new(void *owner)
{
	struct box *box = owner;

	box->covered = box->waiting;
	box->waiting = NULL;
}

static void
tell(struct box_wait *wait, int error)
{
	struct box_wait *next;

	for (; wait; wait = next) {
		next = wait->next;
		wait->done(wait->owner, error);
	}
}

static void
flushed(void *owner, int error)
{
	struct box *box = owner;
	struct box_wait *over = box->covered;

	box->flushing = false;
	box->covered = NULL;
	if (box->flush.fd != box->dir.new) {
		close(box->dir.way.changed[--box->dir.way.changes]);
		if (error) {
			over = box->waiting;
			box->waiting = NULL;
		}
	}
	box->users++; /* those who are told may be the last ones */
	tell(over, error);
	if (box->waiting && !box->flushing) flush_next(box);
	box_close(box);
}

void
box_settle(struct box *box, struct box_wait *wait)
{
	wait->next = box->waiting;
	box->waiting = wait;
	if (!box->flushing) flush_next(box);
}
