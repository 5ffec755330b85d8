/* SPDX-License-Identifier: ISC */
/* What upstream.c, the connections, and attempt.c, the tries of what came over
 * them, know of each other; for them alone. */
#ifndef MAILGRAVE_UPSTREAMPART_H
#define MAILGRAVE_UPSTREAMPART_H

#include "common/upstream.h"

struct upstream {
	struct upstreams *all;
	struct peer peer;
	struct tasks tasks;
	struct chore part;	/* end it, for want of memory */
	struct upstream *next;
};

/* upstream_idle - tell the program when no job runs and none can come */
void upstream_idle(struct upstreams *all);

/* attempt_begin - try all recipients of a task, or recall how that went */
void attempt_begin(struct upstreams *all, struct task *task);

/* attempt_abandon - nobody waits for this task any more: what can be taken back
 * is, the rest goes on, and its end is remembered */
void attempt_abandon(struct upstreams *all, struct task *task);

#endif
