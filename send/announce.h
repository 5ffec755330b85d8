/* SPDX-License-Identifier: ISC */
/* What the queue announces: new mail, or the truth about mail that is known.
 * Pure. */
#ifndef MAILGRAVE_ANNOUNCE_H
#define MAILGRAVE_ANNOUNCE_H

#include "send/sched.h"

/* announce_mail, announce_rcpt, announce_ready - one announcement of the queue
 *   age_s  of the mail, by the wall clock; less than that clock shows
 *   false  out of place or of memory: the connection should end; what was
 *          announced by halves is forgotten
 * Of a mail that is known recipients that are not are added, and those that
 * wait, expand or are owed a report and are not in it are done. */
bool announce_mail(struct sched *s, struct handover_mail const *mail,
    uint64_t age_s, int64_t now_ms);
bool announce_rcpt(struct sched *s, struct handover_rcpt const *rcpt,
    int64_t now_ms);
bool announce_ready(struct sched *s, struct handover_ready const *ready);

/* announce_forget - the queue is gone in the middle of one */
void announce_forget(struct sched *s);

/* announce_given_up - the mail that is being announced, if it is this one */
void announce_given_up(struct sched *s, struct traceid const *id);

/* announce_free - with the schedule */
void announce_free(struct sched *s);

#endif
