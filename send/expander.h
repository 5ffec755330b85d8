/* SPDX-License-Identifier: ISC */
/* Has the queue replace recipients by what they stand for. */
#ifndef MAILGRAVE_EXPANDER_H
#define MAILGRAVE_EXPANDER_H

#include "common/routes.h"
#include "send/upstream.h"

struct expander {
	struct sched *sched;
	struct upstream *upstream;
	struct routes const *routes;
};

/* expander_work - send all requests that are due; the queue is connected */
void expander_work(struct expander *e);

#endif
