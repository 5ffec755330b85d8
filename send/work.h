/* SPDX-License-Identifier: ISC */
/* What a mail needs only while it is busy. Pure. */
#ifndef MAILGRAVE_WORK_H
#define MAILGRAVE_WORK_H

#include "send/lane.h"

struct sched_work {
	struct sched_flow flow[CHANNELS];
	struct sched_mail *next_expanding;
	uint32_t expanding;	/* list of recipients in the request, by place */
	uint32_t targets;	/* of all of them */
	bool listed;		/* the request has not been sent */
	bool asked;		/* nor answered, once it has */
};

/* work_of - made when there is none; NULL: no memory */
struct sched_work *work_of(struct sched_mail *m);

/* work_end - the mail is not busy any more */
void work_end(struct sched_mail *m);

#endif
