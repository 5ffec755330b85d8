/* SPDX-License-Identifier: ISC */
/* All that send works with, put together: the schedule, the queue above it,
 * the channels below, expansions and reports. */
#ifndef MAILGRAVE_DISPATCH_H
#define MAILGRAVE_DISPATCH_H

#include "common/routes.h"
#include "send/channel.h"
#include "send/expander.h"
#include "send/reporter.h"

struct dispatch {
	/* set by the caller, and reporter's names, and channels' paths */
	struct loop *loop;
	struct routes const *routes;
	bool by_hand;		/* with children of ours, once through, all to
				 * remote; it stops the loop when done */

	struct sched sched;
	struct upstream upstream;
	struct expander expander;
	struct reporter reporter;
	struct channel channel[CHANNELS];
	struct chore pump;
	struct timer wake;
	bool hurried;		/* by hand: all was made due once */
	bool deferred;		/* by hand: something is left */
	bool ending;		/* when nothing is under way any more */
};

/* dispatch_init - limits are copied */
void dispatch_init(struct dispatch *d, struct sched_limits const *limits);
void dispatch_free(struct dispatch *d);

/* dispatch_look - something has changed: at the end of this turn it is seen
 * what can be done; owner is the dispatch */
void dispatch_look(void *owner);

/* dispatch_end - stop the loop once nothing is under way any more */
void dispatch_end(struct dispatch *d);

/* dispatch_now - try everything at once */
void dispatch_now(struct dispatch *d);

#endif
