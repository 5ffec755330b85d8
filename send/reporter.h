/* SPDX-License-Identifier: ISC */
/* Tells senders what became of recipients: reads the beginning of the mail, has
 * the report composed, hands it to the queue. */
#ifndef MAILGRAVE_REPORTER_H
#define MAILGRAVE_REPORTER_H

#include "send/upstream.h"

struct reporter {
	struct sched *sched;
	struct upstream *upstream;
	char const *hostname;
	char const *double_bounce;	/* who is told of reports that fail;
					 * NULL: nobody */
};

/* reporter_work - begin all reports that are owed; the queue is connected */
void reporter_work(struct reporter *r);

/* reporter_text - the mail that a report is about, with what the queue has said
 * along with it; fd is the reporter's, -1: it can't be had, and the report goes
 * without */
void reporter_text(struct reporter *r, struct sched_mail *m,
    struct handover_body const *body, int fd);

#endif
