/* SPDX-License-Identifier: ISC */
/* Our side of the submit protocol (common/submit.h): one submission, frame by
 * frame, from OPEN to the commit that makes it ours. */
#ifndef MAILGRAVE_INTAKE_H
#define MAILGRAVE_INTAKE_H

#include "common/peer.h"
#include "queue/handout.h"
#include "queue/store.h"

enum {
	INTAKE_MAX = 2000,	/* connections in all */
	INTAKE_USERS_MAX = 1000,	/* of users of the machine: the stages
				 * always find a place */
	INTAKE_USER_MAX = 32,	/* of one user */
	/* a client silent for so long inside a submission is cut off, a user
	 * whenever it is his turn */
	INTAKE_PATIENCE_MS = 10 * 60 * 1000
};

struct intake;

/* All submissions under way, and what they need. */
struct intakes {
	/* set by the caller */
	struct loop *loop;
	struct journal *journal;
	struct flushers *flushers;
	struct state *state;
	struct handout *handout;
	struct counts *counts;	/* may be NULL */
	int mess;
	char const *hostname;
	uint64_t max_size;	/* octets of a message */
	int64_t patience_ms;	/* INTAKE_PATIENCE_MS */
	void (*lost)(void *owner);	/* may be NULL: a connection has ended */
	void *owner;

	struct intake *first;
	size_t n, committing;
	struct room room;
};

/* intake_enter - a client has connected
 *   believed  it is one of our stages: what it says about its client counts;
 *             else it is a user of the machine, known by uid alone
 *   fd is the intake's */
void intake_enter(struct intakes *all, int fd, uid_t uid, bool believed);

#endif
