/* SPDX-License-Identifier: ISC */
/* The jobs that one peer has given us (common/deliver.h): what it may say
 * next, and which results it still waits for. Reads and sends nothing. */
#ifndef MAILGRAVE_LOCAL_JOB_H
#define MAILGRAVE_LOCAL_JOB_H

#include "common/deliver.h"

struct delivery;

struct job_rcpt {
	struct job *job;
	uint32_t number;
	struct delivery *delivery;	/* NULL: none is under way */
	bool over;			/* it has its result */
	struct job_rcpt *next;
	size_t len;
	char address[];			/* by addr_format */
};

struct job {
	struct upstream *from;	/* NULL: nobody waits for results any more */
	uint32_t number;
	struct traceid id;
	char sender[ADDR_TEXT_MAX];
	size_t sender_len;
	uint64_t size, arrived_s;
	bool maybe;
	int message;		/* descriptor, closed with the job */
	bool running;		/* RUN has come */
	size_t rcpts;
	size_t owed;		/* recipients without a result */
	struct job_rcpt *rcpt;
	struct job *next;
};

struct jobs {
	struct job *first;
	size_t n;
	size_t most;		/* SLOTS that we offered */
	char const *why;	/* after NULL: what was wrong with the frame */
};

/* Each checks one frame and keeps what it says; NULL means that it can't be:
 * jobs->why says why. */

/* job_begin - the job owns message from now on, also after NULL */
struct job *job_begin(struct jobs *jobs, struct deliver_job const *frame,
    int message);
struct job_rcpt *job_add(struct jobs *jobs, struct deliver_rcpt const *frame);
struct job *job_run(struct jobs *jobs, struct deliver_run const *frame);

/* job_take - the job leaves its list: its slot is free */
void job_take(struct jobs *jobs, struct job *job);

/* job_free - a job that is in no list */
void job_free(struct job *job);

#endif
