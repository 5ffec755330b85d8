/* SPDX-License-Identifier: ISC */
/* One message on its way into one mbox, step by step; who calls does the
 * waiting and the syncing:
 *
 *   locked -> the lock and its name are synced -> written -> synced
 *          -> unlocked -> the directory is synced
 *
 * or, when one of these fails, cut back -> synced -> unlocked.
 * A process that dies on the way leaves a lock that says what the length was:
 * the next delivery goes back to it. Once the lock is gone for good, which is
 * before the result is told, there is no way back. */
#ifndef MAILGRAVE_APPEND_H
#define MAILGRAVE_APPEND_H

#include "local/copy.h"
#include "local/mbox.h"

enum append_do {
	APPEND_WAIT,	/* it is locked: come again in a while */
	APPEND_MORE,	/* come again, there is more to write */
	APPEND_SYNC,	/* fsync append->sync, then append_synced */
	APPEND_DONE	/* append->error: 0, or errno and it is as before */
};

struct append {
	struct copy copy;	/* set by the caller */

	enum append_step {
		APPEND_LOCKING, APPEND_MAKING, APPEND_WRITING, APPEND_SYNCING,
		APPEND_UNLOCKING, APPEND_UNDOING, APPEND_OVER
	} step;
	struct mbox mbox;
	int sync;
	int error;
	int undone;		/* what for */
};

/* append_begin - copy is set; false and errno as mbox_open */
bool append_begin(struct append *a, int root, char const *path);

/* append_next - the next step; wall_s is the time */
enum append_do append_next(struct append *a, int64_t wall_s);

/* append_synced - what came of APPEND_SYNC: 0 or errno */
void append_synced(struct append *a, int error);

/* append_end - let go of all; what isn't done is taken back, and the lock stays
 * to say so: the message will come again */
void append_end(struct append *a);

#endif
