/* SPDX-License-Identifier: ISC */
/* The lower end of the deliver protocol, for local and remote: jobs in from
 * send, results out, and what is known of tries whose results send may not have
 * seen. Knows nothing of how mail is delivered. */
#ifndef MAILGRAVE_UPSTREAM_H
#define MAILGRAVE_UPSTREAM_H

#include "common/peer.h"
#include "common/task.h"

enum { UPSTREAMS_MAX = 4 };	/* one, and what is left of its predecessors */

struct upstreams {
	/* set by the program */
	struct loop *loop;
	size_t jobs_most;	/* for each; with those that nobody waits for,
				 * all together have at most twice as many */
	bool texts;		/* see struct tasks */
	bool verbose;		/* log jobs as they come */
	char const *where;	/* what the log calls a result's where */
	/* begin - try each recipient that is TASK_GOING: upstream_result for
	 * each, once, from here or later */
	void (*begin)(void *owner, struct task *task);
	/* cancel - send is gone: upstream_withdraw, from here, each recipient
	 * that is TASK_GOING and can be taken back; the others go on to their
	 * upstream_result */
	void (*cancel)(void *owner, struct task *task);
	/* idle - no job runs and none can come: paused, or no connection */
	void (*idle)(void *owner);
	void *owner;

	struct past past;
	struct upstream *first;
	size_t n;
	size_t running;		/* tasks with results missing */
	bool paused;
};

/* upstreams_add - fd is connected and non-blocking, and ours from now on */
void upstreams_add(struct upstreams *all, int fd);

/* upstream_result - what became of a recipient: job and rcpt of it are filled
 * in here; the texts are cut to their limits. With the last one the task is
 * gone, unless it is held. */
void upstream_result(struct upstreams *all, struct task_rcpt *rcpt,
    struct deliver_result result);

/* upstream_withdraw - it isn't tried any more, and was not delivered */
void upstream_withdraw(struct upstreams *all, struct task_rcpt *rcpt);

/* upstream_release - one less of task->holds, which the program has counted
 * up because it needs the task beyond its last result */
void upstream_release(struct task *task);

/* upstreams_pause - take no more jobs */
void upstreams_pause(struct upstreams *all);

/* upstreams_close - end all connections, take back what can be, and forget
 * what is known of the past */
void upstreams_close(struct upstreams *all);

#endif
