/* SPDX-License-Identifier: ISC */
/* How a recipient stands, and what becomes of it by an outcome. Pure. */
#ifndef MAILGRAVE_RCPT_H
#define MAILGRAVE_RCPT_H

#include "send/sched.h"

/* rcpt_stand - the counters of its mail go along */
void rcpt_stand(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    enum rcpt_stands stands);

/* rcpt_wait - until due_ms; in a mail that was given up it fails. It doesn't
 * stand in its mail's heap. */
void rcpt_wait(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    int64_t due_ms);

/* rcpt_wait_all - the mail's heap is made anew of all that wait */
void rcpt_wait_all(struct sched *s, struct sched_mail *m);

/* What follows from a try. o brings status, where, words. */

/* rcpt_deliver - outcome: OUTCOME_CONFIRMED or _RELAYED if its sender is to
 * hear of it at all, OUTCOME_DELIVERED if somebody else will tell him */
void rcpt_deliver(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    enum outcome outcome, struct handover_outcome *o);
void rcpt_fail(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    struct handover_outcome *o);

/* rcpt_defer - or fail, if it has been tried for long enough */
void rcpt_defer(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    uint32_t wait_s, int64_t now_ms, struct handover_outcome *o);

/* rcpt_unrouted - no line takes it */
void rcpt_unrouted(struct sched *s, struct sched_mail *m,
    struct sched_rcpt *r, int64_t now_ms);

/* rcpt_acked - the queue has recorded an outcome; false: it told of none */
bool rcpt_acked(struct sched *s, struct handover_outcome_ack const *ack,
    int64_t now_ms);

enum { RCPT_WAIT_MAX_S = 4 * 3600 };

/* rcpt_backoff_s - seconds to wait after so many earlier tries; random: any
 * number */
uint32_t rcpt_backoff_s(uint32_t tries, uint64_t random);

/* rcpt_tries_in - tries that are made in so many seconds at the least */
uint32_t rcpt_tries_in(unsigned long long lifetime_s);

#endif
