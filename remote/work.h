/* SPDX-License-Identifier: ISC */
/* What remote does for a job of send: one conversation with one host. */
#ifndef MAILGRAVE_WORK_H
#define MAILGRAVE_WORK_H

#include "common/upstream.h"
#include "remote/job.h"

struct talk;

struct talks {
	struct talk *first, **end;
	size_t n;
};

struct work {
	/* set by the caller */
	struct remote *remote;
	void (*idle)(void *owner);	/* see common/upstream.h */
	void *owner;
	struct upstreams upstreams;	/* its functions: work_init */

	struct talks going;	/* with results missing */
	struct talks quitting;	/* all results told and QUIT said; at most as
				 * many as a send may have jobs, the oldest is
				 * hung up on */
};

void work_init(struct work *w);

/* work_close - hang up everywhere */
void work_close(struct work *w);

#endif
