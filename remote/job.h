/* SPDX-License-Identifier: ISC */
/* One job: a message for some recipients to one target, from the look-up of
 * its name, over the hosts that may take it, to the last result. */
#ifndef MAILGRAVE_JOB_H
#define MAILGRAVE_JOB_H

#include "remote/conn.h"
#include "remote/dial.h"
#include "remote/find.h"

enum { JOB_CALLS_MAX = 5 };	/* hosts that answered and would not have us */

struct job_result {
	struct client_result const *client;
	struct slice where;	/* host[address]:port, until the next call */
	bool ours;		/* temporary by a shortage of this machine */
};

struct job {
	/* set by the caller before job_start */
	struct remote *remote;
	struct traceid id;
	struct target target;	/* host empty: there is none, see why */
	char const *why;
	int message;		/* checked by msgfd_valid; the job closes it */
	struct client_order order;	/* hostname, lmtp, tls, login, told:
					 * ours */
	/* from the loop, never from job_start; result must not cancel or free
	 * the job. After ended it is the caller's to free. */
	void (*result)(void *owner, struct job_result const *result);
	void (*ended)(void *owner);
	void *owner;

	struct token_wait token;
	struct find *find;
	struct candidates *places;
	struct dial dial;
	struct candidate *place;	/* who took the call; NULL: a path */
	struct conn *conn;
	struct timer deadline;
	struct chore chore;
	unsigned calls;
	bool reused;		/* conn had served another before */
	bool clear;		/* the next call is without TLS */
	bool another;		/* this host won't, another may */
	bool again;		/* it takes the others on the next connection */
	bool progress;		/* this connection has brought a result */
	bool late;		/* the deadline is over */
	bool ours;
	bool told[DELIVER_RCPTS_MAX];
	char status[STATUS_MAX + 1], words[256];	/* of the last host */
	char where[HANDOVER_WHERE_MAX + 1];
};

void job_start(struct job *j);

/* job_is_committed - the other side may have the message: cancelling would
 * change nothing */
bool job_is_committed(struct job const *j);

/* job_cancel - hang up; nothing is called any more and the job is the caller's
 * to free */
void job_cancel(struct job *j);

/* For hosts.c. */

/* job_begin - look for a connection, then for hosts; owner is the job */
void job_begin(void *owner);

/* job_tell - one result, unless its recipient has one
 *   ours  temporary by a shortage of this machine */
void job_tell(struct job *j, struct client_result const *result, bool ours);

/* job_end - all results are told */
void job_end(struct job *j);

/* job_end_all - the same for all who have no result, and the end */
void job_end_all(struct job *j, enum verdict verdict, char const *status,
    char const *words);

/* job_fall_short - a shortage of this machine ends it */
void job_fall_short(struct job *j, char const *what, int error);

#endif
