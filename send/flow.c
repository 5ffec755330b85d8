/* SPDX-License-Identifier: ISC */
/* Keeps flows and their tasks in order; knows no destination. */
#include <stddef.h>
#include "send/flow.h"

_Static_assert(offsetof(struct sched_flow, at) == 0, "a node is its flow");

void
flow_append(struct sched_tasks *list, struct sched_task *task)
{
	task->next = NULL;
	if (list->first)
		list->last->next = task;
	else
		list->first = task;
	list->last = task;
}

void
flow_prepend(struct sched_tasks *list, struct sched_task *task)
{
	task->next = list->first;
	if (!list->first) list->last = task;
	list->first = task;
}

struct sched_task *
flow_take_task(struct sched_tasks *list)
{
	struct sched_task *task = list->first;

	if (task) list->first = task->next;
	return task;
}

void
flow_list(struct sched_channel *c, struct sched_flow *flow)
{
	enum { TURN_BITS = 44 };

	if (!flow->tasks.first) {
		heap_remove(&c->flows, &flow->at);
		return;
	}
	heap_insert(&c->flows, &flow->at, (int64_t)((uint64_t)flow->running <<
	    TURN_BITS | (c->turn++ & ((1ULL << TURN_BITS) - 1))));
}

struct sched_flow *
flow_first(struct sched_channel const *c)
{
	struct sched_flow *flow = (struct sched_flow *)c->flows;

	/* if the first has too many, all others have */
	return flow && flow->running < 2 * (uint64_t)(c->slots - c->running) ?
	    flow : NULL;
}
