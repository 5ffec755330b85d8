/* SPDX-License-Identifier: ISC */
/* A helper that only syncs: a loop never waits for the disk itself. It is a
 * child with one socket; it gets descriptors, syncs each in a thread of its
 * own, closes it and says how that went. A process, so that one whose disk
 * never answers can't keep the daemon from ending; threads in it, because file
 * systems put into one commit what waits at the same time. */
#ifndef MAILGRAVE_FLUSH_H
#define MAILGRAVE_FLUSH_H

#include <stdbool.h>
#include "common/loop.h"

enum { FLUSH_MAX = 128 };

enum flush_how {
	FLUSH_DATA,	/* fdatasync: file of unchanged size and place */
	FLUSH_ALL	/* fsync: new file or directory */
};

/* One sync that was asked for. Lives in its owner's struct until done. */
struct flush {
	int fd;			/* the caller's, left open */
	enum flush_how how;
	bool patient;		/* not worth a commit of its own: goes along
				 * with others, or when it has waited gather_ms
				 * for them */
	/* starting - what was done before this call is covered; may be NULL */
	void (*starting)(void *owner);
	/* error - 0 or errno; the kernel tells a failure once: never retry */
	void (*done)(void *owner, int error);
	void *owner;
	struct flush *next;
};

struct flushers {
	struct loop *loop;
	struct watch watch;		/* the helper's socket */
	struct flush *work[FLUSH_MAX];	/* under way, by number; NULL: idle, or
					 * nobody waits for it any more */
	unsigned char idle[FLUSH_MAX];	/* numbers */
	unsigned most, idles;
	struct flush *first, **end;	/* to be handed over */
	bool eager;			/* not all of these are patient */
	int64_t gather_ms, until_ms;	/* they wait for company until then */
	struct timer gathered;
	struct chore hand_over;
	void (*lost)(void);		/* the helper has died: end the daemon */
};

/* flushers_open - start the helper
 *   Call when jailed but not yet sealed: it seals itself tighter still.
 *   name  for ps, such as "queue-flush"
 *   most  so many syncs at a time, up to FLUSH_MAX
 *   gather_ms  what comes while others are under way waits for their end, but
 *              no longer than this: fewer commits, with more in each
 *   false and errno */
bool flushers_open(struct flushers *f, struct loop *loop, char const *name,
    unsigned most, int64_t gather_ms, void (*lost)(void));

/* flush_start - sync job->fd; starting and done are called from the loop, never
 * from here. What starts in a turn starts at its end, together.
 * All but next is set by the caller. */
void flush_start(struct flushers *f, struct flush *job);

/* flush_cancel - done isn't called any more, job may be freed and its
 * descriptor closed; harmless on one that isn't under way */
void flush_cancel(struct flushers *f, struct flush *job);

#endif
