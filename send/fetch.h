/* SPDX-License-Identifier: ISC */
/* Descriptors that the queue was asked for. It answers in the order it was
 * asked in. */
#ifndef MAILGRAVE_FETCH_H
#define MAILGRAVE_FETCH_H

#include "common/peer.h"
#include "send/sched.h"

struct fetch {
	struct fetch *next;
	struct traceid id;
	struct sched_job *job;		/* this one wants it, */
	struct sched_mail *mail;	/* or a report about this one, or
					 * nobody any more */
};

struct fetches {
	struct fetch *first, **end;
};

void fetches_init(struct fetches *all);

/* fetches_ask - one more; false: no memory, or the connection is cut */
bool fetches_ask(struct fetches *all, struct peer *queue,
    struct traceid const *id, struct sched_job *job, struct sched_mail *mail);

/* fetches_take - the one that is answered next, for the caller to free; NULL
 * when nothing was asked for */
struct fetch *fetches_take(struct fetches *all);

/* fetches_unask - the jobs of this channel no longer want theirs */
void fetches_unask(struct fetches *all, enum channel_name c);

#endif
