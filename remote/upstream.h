/* SPDX-License-Identifier: ISC */
/* The deliver protocol's lower end: takes jobs from send, each frame checked,
 * and gives results back. */
#ifndef MAILGRAVE_UPSTREAM_H
#define MAILGRAVE_UPSTREAM_H

#include "common/peer.h"
#include "remote/job.h"

enum { UPSTREAM_BUCKETS = 1024 };

struct task;

struct tasks {
	struct task *first, **end;
};

struct upstream {
	/* set by the caller */
	struct remote *remote;
	unsigned jobs;		/* slots offered, 1 to DELIVER_SLOTS_MAX */
	/* idle - may be NULL: after upstream_finish, or a lost connection, the
	 * last job has ended */
	void (*idle)(void *owner);
	void *owner;

	struct peer peer;
	struct task *bucket[UPSTREAM_BUCKETS];	/* live tasks by number */
	struct tasks live;	/* send waits for their results */
	size_t lives;
	/* Nobody waits for these: all results told and QUIT said, or send lost
	 * with the message out already. At most jobs, the oldest is dropped. */
	struct tasks retired;
	size_t retireds;
	struct chore drop;	/* close the connection from outside a job */
	bool finishing;
};

void upstream_init(struct upstream *u);

/* upstream_accept - send is at the other end of fd, which is ours from now on;
 * it takes the place of an earlier connection */
void upstream_accept(struct upstream *u, int fd);

/* upstream_finish - take no more, end what runs; then idle is called */
void upstream_finish(struct upstream *u);

/* upstream_close - hang up everywhere */
void upstream_close(struct upstream *u);

#endif
