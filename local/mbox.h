/* SPDX-License-Identifier: ISC */
/* The file of one mbox and its two locks: fcntl's, and NAME.lock beside it,
 * where its directory can be written. That one holds the length that the mbox
 * had before, so a delivery that a dead process began is taken back by the next
 * one: the file never stays torn. Nothing here syncs or waits. */
#ifndef MAILGRAVE_MBOX_H
#define MAILGRAVE_MBOX_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>
#include "local/walk.h"

enum {
	/* another program's NAME.lock that is older than this is dead */
	MBOX_STALE_S = 300
};

struct mbox {
	struct walk way;	/* to its directory */
	int file, lock;		/* -1 while closed; lock also when there can be
				 * none beside it */
	off_t old;		/* its length before */
	char name[NAME_MAX + 1], lockname[NAME_MAX + sizeof ".lock"];
};

/* mbox_open - find its directory, made 0700 where it is missing
 *   false and errno as walk_open, or EINVAL for a path without a name */
bool mbox_open(struct mbox *m, int root, char const *path);

enum mbox_locked { MBOX_LOCKED, MBOX_BUSY, MBOX_ERROR };

/* mbox_lock - open the file, made 0600 if it is missing, lock it, and stand
 * behind its last message
 *   wall_s      now
 *   MBOX_BUSY   another has a lock: nothing is held, try again later
 *   MBOX_ERROR  errno; EINVAL: it is no regular file, EMLINK: it has another
 *               name, ELOOP: a symbolic link */
enum mbox_locked mbox_lock(struct mbox *m, int64_t wall_s);

/* mbox_separate - an empty line, if what stands there doesn't end with one */
bool mbox_separate(struct mbox *m);

/* mbox_rollback - to its old length */
bool mbox_rollback(struct mbox *m);

/* mbox_unlock - both locks go, the file is closed */
void mbox_unlock(struct mbox *m);

void mbox_close(struct mbox *m);

#endif
