/* SPDX-License-Identifier: ISC */
/* What local does for a job: looks each recipient up, and starts a delivery of
 * the kind that its rule names. */
#ifndef MAILGRAVE_WORK_H
#define MAILGRAVE_WORK_H

#include "common/routes.h"
#include "common/upstream.h"
#include "local/delivery.h"
#include "local/errand.h"
#include "local/filing.h"

struct work {
	/* set by main */
	struct deliveries *deliveries;
	struct filings *filings;
	struct errands *errands;
	struct routes const *routes;
	size_t slow_most;	/* jobs with commands or users' deliveries; for
				 * more we are short of room, so that these
				 * leave jobs for mailboxes */
	void (*idle)(void *owner);	/* see common/upstream.h */
	void *owner;
	size_t slow;
	struct upstreams upstreams;	/* its functions: work_init */
};

void work_init(struct work *w);

#endif
