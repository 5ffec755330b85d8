/* SPDX-License-Identifier: ISC */
/* A connection from send: jobs in, results out. */
#ifndef MAILGRAVE_UPSTREAM_H
#define MAILGRAVE_UPSTREAM_H

#include "common/peer.h"
#include "common/routes.h"
#include "local/delivery.h"
#include "local/job.h"

enum { UPSTREAMS_MAX = 4 };	/* one, and what is left of its predecessors */

struct upstreams {
	/* set by main */
	struct loop *loop;
	struct deliveries *deliveries;
	struct routes const *routes;
	size_t jobs_most;	/* for each */
	bool verbose;		/* log jobs as they come */
	void (*lost)(void *owner);	/* a connection has ended */
	void *owner;

	struct upstream *first;
	size_t n;
};

/* upstreams_add - fd is connected and non-blocking, and ours from now on */
void upstreams_add(struct upstreams *all, int fd);

/* upstreams_pause - take no more jobs */
void upstreams_pause(struct upstreams *all);

/* upstreams_close - end all connections: deliveries that can be taken back
 * are */
void upstreams_close(struct upstreams *all);

#endif
