/* SPDX-License-Identifier: ISC */
/* The steps of a delivery into an mbox. Waits for nothing. */
#include <errno.h>
#include <unistd.h>
#include "local/append.h"

bool
append_begin(struct append *a, int root, char const *path)
{
	a->step = APPEND_LOCKING;
	a->error = 0;
	return mbox_open(&a->mbox, root, path);
}

static enum append_do
done(struct append *a, int error)
{
	a->step = APPEND_OVER;
	a->error = error;
	return APPEND_DONE;
}

/* A mailbox that can't be cut back keeps its lock: the next delivery tries. */
static enum append_do
undo(struct append *a, int error)
{
	if (!mbox_rollback(&a->mbox)) return done(a, error);
	a->step = APPEND_UNDOING;
	a->undone = error;
	a->sync = a->mbox.file;
	return APPEND_SYNC;
}

static enum append_do
lock(struct append *a, int64_t wall_s)
{
	switch (mbox_lock(&a->mbox, wall_s)) {
	case MBOX_BUSY:
		return APPEND_WAIT;
	case MBOX_ERROR:
		return done(a, errno);
	case MBOX_LOCKED:
		break;
	}
	a->step = APPEND_MAKING;
	a->sync = a->mbox.lock != -1 ? a->mbox.lock : a->mbox.way.at;
	return APPEND_SYNC;
}

/* The directory with the lock and perhaps the mbox, then those made above it. */
static enum append_do
make(struct append *a)
{
	struct walk *way = &a->mbox.way;

	if (a->sync == a->mbox.lock) {
		a->sync = way->at;
		return APPEND_SYNC;
	}
	if (a->sync != way->at) close(way->changed[--way->changes]);
	if (way->changes) {
		a->sync = way->changed[way->changes - 1];
		return APPEND_SYNC;
	}
	a->step = APPEND_WRITING;
	return mbox_separate(&a->mbox) ? APPEND_MORE : undo(a, errno);
}

static enum append_do
write_on(struct append *a)
{
	switch (copy_piece(&a->copy, a->mbox.file)) {
	case -1:
		return undo(a, errno);
	case 1:
		return APPEND_MORE;
	}
	a->step = APPEND_SYNCING;
	a->sync = a->mbox.file;
	return APPEND_SYNC;
}

/* point of no return */
static enum append_do
unlock(struct append *a)
{
	bool const beside = a->mbox.lock != -1;

	a->step = APPEND_UNLOCKING;
	if (!beside) return done(a, 0);
	unlinkat(a->mbox.way.at, a->mbox.lockname, 0);
	close(a->mbox.lock);
	a->mbox.lock = -1; /* the next of this name is another's */
	a->sync = a->mbox.way.at;
	return APPEND_SYNC;
}

enum append_do
append_next(struct append *a, int64_t wall_s)
{
	switch (a->step) {
	case APPEND_LOCKING:
		return lock(a, wall_s);
	case APPEND_MAKING:
		return a->error ? undo(a, a->error) : make(a);
	case APPEND_WRITING:
		return write_on(a);
	case APPEND_SYNCING:
		return a->error ? undo(a, a->error) : unlock(a);
	case APPEND_UNLOCKING:
		/* the message is there; only the lock may come back with a
		 * power cut, and then this would be undone unheard */
		return a->error ? undo(a, a->error) : done(a, 0);
	case APPEND_UNDOING:
		if (!a->error) mbox_unlock(&a->mbox);
		return done(a, a->undone);
	case APPEND_OVER:
		break;
	}
	return APPEND_DONE;
}

void
append_synced(struct append *a, int error)
{
	a->error = error;
}

void
append_end(struct append *a)
{
	if (a->step != APPEND_LOCKING && a->step != APPEND_OVER)
		mbox_rollback(&a->mbox);
	mbox_close(&a->mbox);
}
