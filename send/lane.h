/* SPDX-License-Identifier: ISC */
/* Lanes: the recipients that are ready for one destination. Pure. */
#ifndef MAILGRAVE_LANE_H
#define MAILGRAVE_LANE_H

#include "send/sched.h"

/* Jobs at a time to one host: one more for each round of successes, half as
 * many after a host that doesn't answer or sends us away. */
enum { LANE_START = 5, LANE_MAX = 20 };

/* What one mail has for one destination. */
struct sched_task {
	struct sched_task *next;
	struct sched_mail *mail;
	struct sched_rcpt *first, **end;
};

struct sched_lane {
	struct sched_lane *chain;	/* same slot of the table */
	struct sched_lane *next;	/* of the channel's that have work */
	struct destination to;
	struct sched_task *first, *last;
	uint32_t running, limit;	/* jobs */
	uint32_t good;			/* results since limit changed */
	bool listed;			/* on the channel's list */
};

/* lane_add - this recipient is ready for this destination; false: no memory */
bool lane_add(struct sched *s, struct destination const *to,
    struct sched_mail *mail, struct sched_rcpt *rcpt);

/* lane_take - recipients for one job, all of one mail, at most
 * DELIVER_RCPTS_MAX, from the channel's next lane; NULL when there is no work
 *   *rcpt, *rcpts  the list and how many are on it */
struct sched_lane *lane_take(struct sched *s, enum channel_name c,
    struct sched_mail **mail, struct sched_rcpt **rcpt, uint32_t *rcpts);

/* lane_felt - what a result says about the destination itself */
void lane_felt(struct sched_lane *lane, struct deliver_result const *r);

/* lane_ended - a job of it has; a lane without work and jobs is freed */
void lane_ended(struct sched *s, struct sched_lane *lane);

/* lane_free_all - whatever they hold */
void lane_free_all(struct sched *s);

#endif
