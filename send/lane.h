/* SPDX-License-Identifier: ISC */
/* Who is next among those that are ready. Pure.
 *
 * The channel takes the next task of its first flow (flow.h). One whose
 * destination is busy leaves its flow and is parked in the lane of that
 * destination until there is room. */
#ifndef MAILGRAVE_LANE_H
#define MAILGRAVE_LANE_H

#include "send/flow.h"

enum {
	/* Jobs at a time to one host: one more for each success, half as many
	 * after a host that doesn't answer or sends us away, and from then on
	 * one more for each round of successes. */
	LANE_START = 5,
	LANE_MAX = 20,
	/* So many results in a row that are for want of something of ours,
	 * and the lane rests; then it makes one try at a time, until one is
	 * not. */
	LANE_SHORT = 3,
	LANE_REST_MS = 10000,
	LANE_LINGER_MS = 600000,	/* it remembers that without work */
	/* Tasks of a flow that is a crowd: it queues apart from the others. */
	LANE_CROWD = 20
};

struct sched_lane {
	struct sched_lane *chain;	/* same slot of the table */
	struct heap_node rest;		/* see sched.rests; its key says when
					 * the rest, or the memory of it, ends */
	struct destination to;
	struct sched_tasks parked[2];	/* of few, and of crowds */
	struct sched_task *newest;	/* not taken from since it was made */
	uint32_t tasks;
	uint32_t running, limit;	/* jobs */
	uint32_t good;			/* results since limit changed */
	uint32_t lacked;		/* results in a row, see LANE_SHORT */
	bool wary;			/* limit was too much once */
	bool resting;
};

/* lane_add - this recipient is ready for this destination; false: no memory */
bool lane_add(struct sched *s, struct destination const *to,
    struct sched_mail *mail, struct sched_rcpt *rcpt);

/* lane_take - recipients for one job, all of one mail, at most
 * DELIVER_RCPTS_MAX; NULL when there is none that may run
 *   *first, *rcpts  the list and how many are on it */
struct sched_lane *lane_take(struct sched *s, enum channel_name c,
    struct sched_mail **mail, uint32_t *first, uint32_t *rcpts);

/* lane_felt - what a result says about the destination itself, and about us */
void lane_felt(struct sched *s, struct sched_lane *lane,
    struct deliver_result const *r, int64_t now_ms);

/* lane_ended - a job of that mail in it has; a lane that has neither work nor
 * jobs nor anything to remember is freed */
void lane_ended(struct sched *s, struct sched_lane *lane,
    struct sched_mail *mail);

/* lane_rested - rests that end by now do */
void lane_rested(struct sched *s, int64_t now_ms);

/* lane_free_all - whatever they hold */
void lane_free_all(struct sched *s);

#endif
