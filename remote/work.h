/* SPDX-License-Identifier: ISC */
/* What remote does for a job of send: one message to one target. */
#ifndef MAILGRAVE_WORK_H
#define MAILGRAVE_WORK_H

#include "common/upstream.h"
#include "remote/job.h"

struct talk;

struct work {
	/* set by the caller */
	struct remote *remote;
	void (*idle)(void *owner);	/* see common/upstream.h */
	void *owner;
	struct upstreams upstreams;	/* its functions: work_init */

	struct talk *going;	/* with results missing */
	size_t going_n;
};

void work_init(struct work *w);

/* work_close - hang up everywhere */
void work_close(struct work *w);

#endif
