/* SPDX-License-Identifier: ISC */
/* Shares open Maildirs and their syncs; knows nothing of messages. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "local/box.h"

static void flushed(void *owner, int error);

struct box *
box_open(struct boxes *all, char const *path)
{
	size_t const len = strlen(path) + 1;
	struct box *box;

	for (box = all->first; box; box = box->next)
		if (!strcmp(box->path, path)) {
			box->users++;
			return box;
		}
	box = calloc(1, sizeof *box + len);
	if (!box) return NULL;
	if (!maildir_open(&box->dir, all->root, path)) {
		int e = errno;

		free(box);
		errno = e;
		return NULL;
	}
	memcpy(box->path, path, len);
	box->all = all;
	box->users = 1;
	box->flush = (struct flush){ .how = FLUSH_ALL, .done = flushed,
				     .owner = box };
	box->next = all->first;
	all->first = box;
	return box;
}

void
box_close(struct box *box)
{
	struct box **at;

	if (--box->users) return;
	for (at = &box->all->first; *at != box; at = &(*at)->next)
		;
	*at = box->next;
	maildir_close(&box->dir);
	free(box);
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
	} else {
		box->flush.fd = box->dir.new;
		box->covered = box->waiting;
		box->waiting = NULL;
	}
	flush_start(box->all->flushers, &box->flush);
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
