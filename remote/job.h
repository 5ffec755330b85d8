/* SPDX-License-Identifier: ISC */
/* One job: a message for some recipients to one host, from the look-up of its
 * name to the last result. */
#ifndef MAILGRAVE_JOB_H
#define MAILGRAVE_JOB_H

#include "common/handover.h"
#include "remote/client.h"
#include "remote/dial.h"
#include "remote/trace.h"

/* What all jobs share. */
struct remote {
	struct loop *loop;
	struct resolver resolver;
	struct slice hostname;		/* ours, for EHLO */
	struct netaddr relay;		/* host empty: none */
	unsigned port;			/* where job and relay have none */
	bool verbose, by_hand;
	unsigned hurry;			/* time-outs are divided by this: 1, or
					 * more for tests */
};

struct job_result {
	struct client_result const *client;
	struct slice where;	/* host[address]:port, until the next call */
	bool ours;		/* temporary by a shortage of this machine */
};

struct job {
	/* set by the caller before job_start */
	struct remote *remote;
	struct traceid id;
	struct netaddr to;	/* host empty: there is none, see why */
	char const *why;
	int message;		/* checked by msgfd_valid; the job closes it */
	struct client_order order;
	/* from the loop, never from job_start; result must not cancel or free
	 * the job. After ended it is the caller's to free. */
	void (*result)(void *owner, struct job_result const *result);
	void (*ended)(void *owner);
	void *owner;

	struct lookup *lookup;
	struct dial dial;
	struct watch watch;	/* the connection */
	struct timer timer;
	struct chore chore;
	unsigned turn;		/* of the client, as the timer knows it */
	bool mute;		/* sending has failed: hear their last words */
	bool ours;
	char where[HANDOVER_WHERE_MAX + 1];
	struct trace said, heard;
	struct client client;
};

void job_start(struct job *j);

/* job_is_committed - the other side may have the message: cancelling would
 * change nothing */
bool job_is_committed(struct job const *j);

/* job_cancel - hang up; nothing is called any more and the job is the caller's
 * to free */
void job_cancel(struct job *j);

#endif
