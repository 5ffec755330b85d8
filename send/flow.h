/* SPDX-License-Identifier: ISC */
/* Whose turn it is: what one mail has ready for one destination is a task; a
 * mail's tasks stand in its flow, one for each channel, and the flow that has
 * the fewest jobs running is first. So the n-th job of one mail comes behind
 * the first of another, whether it goes to one host or to thousands. Pure. */
#ifndef MAILGRAVE_FLOW_H
#define MAILGRAVE_FLOW_H

#include "send/sched.h"

struct sched_task {
	struct sched_task *next;
	struct sched_mail *mail;
	struct sched_lane *lane;
	uint32_t first, last;		/* list of recipients, by place */
	bool parked_before;
};

struct sched_tasks {
	struct sched_task *first, *last;
};

/* What one mail has for one channel. */
struct sched_flow {
	struct heap_node at;		/* in the channel, while it has tasks
					 * that may run; first, see lane.c */
	struct sched_tasks tasks;
	uint32_t n;			/* tasks, the parked ones included */
	uint32_t running;		/* jobs */
};

/* flow_append, flow_prepend - at the end or the beginning of a list;
 * flow_take_task - the first off it, or NULL */
void flow_append(struct sched_tasks *list, struct sched_task *task);
void flow_prepend(struct sched_tasks *list, struct sched_task *task);
struct sched_task *flow_take_task(struct sched_tasks *list);

/* flow_list - its tasks or jobs have changed: it takes its place anew, behind
 * those with as many jobs */
void flow_list(struct sched_channel *c, struct sched_flow *flow);

/* flow_first - that may start a job, or NULL
 * Nobody takes the last slots: a mail has less than twice as many jobs as there
 * are slots free. One alone gets two thirds, and who comes finds room, however
 * slow the others' jobs are. */
struct sched_flow *flow_first(struct sched_channel const *c);

#endif
