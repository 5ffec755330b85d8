/* SPDX-License-Identifier: ISC */
/* Jobs: recipients of one mail that a channel tries together. Pure. */
#ifndef MAILGRAVE_JOB_H
#define MAILGRAVE_JOB_H

#include "send/sched.h"

/* job_slots - so many may run on a channel that has just connected; false: some
 * run, too many, or no memory */
bool job_slots(struct sched *s, enum channel_name c, uint32_t slots);

/* job_next - one to start, or NULL: no slot, no work, no memory */
struct sched_job *job_next(struct sched *s, enum channel_name c);

/* job_first - of its recipients; mail_rcpt_at its next is the next */
static inline struct sched_rcpt *
job_first(struct sched_job const *job)
{
	return mail_rcpt_at(job->mail, job->first);
}

/* job_begun - the channel has it from now on */
void job_begun(struct sched *s, struct sched_job *job);

/* job_find - NULL when that number isn't running */
struct sched_job *job_find(struct sched *s, enum channel_name c,
    uint32_t number);

/* job_result - of one recipient of a running job; after the last one the job
 * is freed. False: no such recipient in it. */
bool job_result(struct sched *s, enum channel_name c,
    struct deliver_result const *r, int64_t now_ms);

/* job_return - it was never begun: its recipients wait so long */
void job_return(struct sched *s, struct sched_job *job, int64_t due_ms);

/* job_unreadable - the same, because the queue can't give the text */
void job_unreadable(struct sched *s, struct sched_job *job, int64_t now_ms);

/* job_lost - the channel is gone, its jobs may or may not have succeeded */
void job_lost(struct sched *s, enum channel_name c, int64_t now_ms);

#endif
