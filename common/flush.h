/* SPDX-License-Identifier: ISC */
/* Helpers that only sync: a loop never waits for the disk itself. Each helper
 * is a child with one socket; it gets a descriptor, syncs it, closes it and
 * says how that went. */
#ifndef MAILGRAVE_FLUSH_H
#define MAILGRAVE_FLUSH_H

#include <stdbool.h>
#include "common/loop.h"

enum { FLUSH_HELPERS_MAX = 32 };

enum flush_how {
	FLUSH_DATA,	/* fdatasync: file of unchanged size and place */
	FLUSH_ALL	/* fsync: new file or directory */
};

/* One sync that was asked for. Lives in its owner's struct until done. */
struct flush {
	int fd;			/* the caller's, left open */
	enum flush_how how;
	/* error - 0 or errno; the kernel tells a failure once: never retry */
	void (*done)(void *owner, int error);
	void *owner;
	struct flush *next;
};

struct flusher {
	struct watch watch;
	struct flush *work;	/* NULL while idle */
	bool cancelled;		/* nobody waits for this one any more */
	struct flushers *all;
};

struct flushers {
	struct loop *loop;
	struct flusher helper[FLUSH_HELPERS_MAX];
	unsigned helpers;
	struct flush *first, **end;	/* no helper is free for these */
	void (*lost)(void);		/* a helper has died: end the daemon */
};

/* flushers_open - start the helpers
 *   Call when jailed but not yet sealed: each seals itself tighter still.
 *   name     for ps, such as "queue-flush"
 *   helpers  so many syncs at a time: file systems batch what waits together
 *   false and errno */
bool flushers_open(struct flushers *f, struct loop *loop, char const *name,
    unsigned helpers, void (*lost)(void));

/* flush_start - sync job->fd; done is called from the loop, never from here
 * fd, how, done and owner are set by the caller */
void flush_start(struct flushers *f, struct flush *job);

/* flush_cancel - done isn't called any more, job may be freed; harmless on one
 * that isn't under way */
void flush_cancel(struct flushers *f, struct flush *job);

#endif
