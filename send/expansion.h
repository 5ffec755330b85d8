/* SPDX-License-Identifier: ISC */
/* Recipients whose place others take: one request to the queue for all of a
 * mail that are due together, before any of the others is tried. Pure. */
#ifndef MAILGRAVE_EXPANSION_H
#define MAILGRAVE_EXPANSION_H

#include "send/sched.h"

enum { EXPANSION_TARGETS_MAX = 2000 };	/* of a request, but for the last of
					 * its recipients */

/* expansion_add - to the request of its mail, with so many targets; false: not
 * now, it should be looked up again */
bool expansion_add(struct sched *s, struct sched_mail *m,
    struct sched_rcpt *r, uint32_t targets);

/* expansion_next - a mail whose request is to be sent now, for each of
 * expansion_first, expansion_rest; or NULL */
struct sched_mail *expansion_next(struct sched *s);

/* expansion_first, expansion_rest - the recipients of the request under way;
 * NULL at the end */
struct sched_rcpt *expansion_first(struct sched_mail const *m);
struct sched_rcpt *expansion_rest(struct sched_mail const *m,
    struct sched_rcpt const *r);

/* expansion_acked - what the queue says to the last request; the announcement
 * then says what has become of its recipients */
void expansion_acked(struct sched *s, struct handover_expand_ack const *ack,
    int64_t now_ms);

/* expansion_lost - the queue is gone: they wait again. No request is to be
 * sent. */
void expansion_lost(struct sched *s, struct sched_mail *m, int64_t now_ms);

#endif
