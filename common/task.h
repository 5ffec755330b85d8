/* SPDX-License-Identifier: ISC */
/* The jobs that one send has given us (common/deliver.h): what it may say next,
 * and what was said. Reads and sends nothing. */
#ifndef MAILGRAVE_TASK_H
#define MAILGRAVE_TASK_H

#include "common/deliver.h"
#include "common/past.h"

struct upstream;

enum task_state {
	TASK_OPEN,	/* RUN hasn't come */
	TASK_GOING,	/* it is being tried */
	TASK_WAITING,	/* for an earlier try, which is going */
	TASK_OVER	/* it has its result, or was taken back */
};

struct task_rcpt {
	struct task *task;
	struct deliver_rcpt *order;
	enum task_state state;
	struct past_try try;
	struct task_rcpt *heirs;	/* those that wait for this one */
	struct task_rcpt *heir;		/* next in such a list */
	struct task_rcpt *after;	/* which one this waits for */
	void *work;			/* both the program's */
	bool (*take_back)(void *work);
	struct task_rcpt *next;
};

/* One job. */
struct task {
	struct upstream *from;	/* NULL: nobody waits for results any more */
	struct deliver_job *order;
	int message;		/* closed with the task; -1: who took it does,
				 * or its text is in the order */
	bool running;		/* RUN has come */
	size_t rcpts;
	size_t owed;		/* recipients without a result */
	size_t holds;		/* who else needs it, see upstream.h */
	struct task_rcpt *rcpt, **end;	/* as they came */
	void *work;		/* the program's */
	size_t slow;		/* too: recipients that take their time */
	struct task *next, **at;	/* of all */
	struct task *chain;		/* of those in its slot */
};

enum { TASK_SLOTS = 1024 };	/* by number; most programs have fewer jobs */

struct tasks {
	struct task *first;
	struct task *slot[TASK_SLOTS];
	size_t n;
	size_t most;		/* SLOTS that we offered */
	bool texts;		/* small messages may come without descriptor */
	char const *why;	/* after NULL: what was wrong with the frame */
};

/* Each checks one frame and keeps what it says; NULL means that it can't be:
 * tasks->why says why. */

/* task_begin - the task owns message from now on, also after NULL */
struct task *task_begin(struct tasks *tasks, struct deliver_job const *frame,
    int message);
struct task_rcpt *task_add(struct tasks *tasks,
    struct deliver_rcpt const *frame);
struct task *task_run(struct tasks *tasks, struct deliver_run const *frame);

/* task_take - the task leaves its list: its slot is free */
void task_take(struct tasks *tasks, struct task *task);

/* task_free - a task that is in no list */
void task_free(struct task *task);

#endif
