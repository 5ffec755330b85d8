/* SPDX-License-Identifier: ISC */
/* Our side of the queue protocol (common/handover.h): takes announcements,
 * asks for descriptors, tells outcomes. */
#ifndef MAILGRAVE_UPSTREAM_H
#define MAILGRAVE_UPSTREAM_H

#include "send/ahead.h"
#include "send/fetch.h"
#include "send/outcomes.h"

enum { UPSTREAM_WINDOW = 1000 };	/* mails announced ahead */

struct upstream {
	/* set by the caller */
	struct loop *loop;
	struct sched *sched;
	/* text - the descriptor of a job's message, now the callee's, or -1:
	 * it is in body, or else the queue can't give it; body is gone after
	 * the call */
	void (*text)(void *owner, struct sched_job *job,
	    struct handover_body const *body, int fd);
	/* original - the same, of a mail that a report is about */
	void (*original)(void *owner, struct sched_mail *mail,
	    struct handover_body const *body, int fd);
	void (*changed)(void *owner);	/* there may be something to do */
	void *owner;

	struct peer peer;
	uint32_t announced;	/* since the last WINDOW */
	bool told;		/* the queue has announced all it had */
	bool ending;		/* it waits for us to part */
	struct outcomes outcomes;
	struct fetches fetches;
	struct ahead ahead;
	bool itself;		/* what the last job took, and so the next */
};

void upstream_init(struct upstream *u);
void upstream_free(struct upstream *u);

/* upstream_enter - the queue has connected, perhaps again; fd is ours */
void upstream_enter(struct upstream *u, int fd);

/* upstream_is_open - descriptors can be had */
bool upstream_is_open(struct upstream const *u);

/* upstream_has_room - and what is told now reaches the queue soon */
bool upstream_has_room(struct upstream const *u);

/* upstream_fetch - text is called with the job's message, now or later
 *   itself  it takes a small one without a descriptor
 *   false   no memory */
bool upstream_fetch(struct upstream *u, struct sched_job *job, bool itself);

/* upstream_fetch_mail - original is called with the mail; false: no memory */
bool upstream_fetch_mail(struct upstream *u, struct sched_mail *mail);

/* upstream_open_window - it may announce so many more, and send texts along as
 * far as there is room for them */
void upstream_open_window(struct upstream *u, uint32_t messages);

/* upstream_tend - texts that came ahead and are not needed go
 *   returns when to look again, -1 for never */
int64_t upstream_tend(struct upstream *u);

/* upstream_cut - the queue must start anew: it connects again by itself */
void upstream_cut(struct upstream *u);

/* upstream_part - it may end; false: there is something to tell it */
bool upstream_part(struct upstream *u);

/* upstream_unfetch - the jobs of this channel no longer want theirs */
void upstream_unfetch(struct upstream *u, enum channel_name c);

/* upstream_outcome - tell the queue, now or when it is back */
void upstream_outcome(struct upstream *u, struct handover_outcome const *o);

#endif
