/* SPDX-License-Identifier: ISC */
/* Deliveries that another uid makes: the worker's side. Each gets a child of
 * the parent (local/parent.h), and its report is the result. */
#ifndef MAILGRAVE_ERRAND_H
#define MAILGRAVE_ERRAND_H

#include "common/loop.h"
#include "local/request.h"
#include "local/result.h"

/* All of them. */
struct errands {
	/* set by main */
	struct loop *loop;
	int parent;		/* socket, -1: there is none */
	size_t most;		/* at work at a time; others wait */
	int64_t patience_ms;	/* a child that says nothing for so long is
				 * given up */

	size_t active;
	struct errand *first, **end;	/* waiting */
	struct errand *working;
	struct chore begin;
};

struct errand;

void errands_init(struct errands *all);

/* errand_start - done is called once, from the loop, never from here
 *   request  its texts, and message, must live until then
 *   row      of the routes, from 0; act: number in its line, from 1
 *   NULL     out of memory */
struct errand *errand_start(struct errands *all,
    struct request const *request, int message, uint32_t row, uint32_t act,
    void (*done)(void *owner, struct delivery_result const *result),
    void *owner);

/* errand_cancel - take it back, if its child hasn't been asked for
 *   true   it is gone, done isn't called any more
 *   false  too late: done will be called */
bool errand_cancel(struct errand *e);

/* errands_close - drop all: their commands are ended */
void errands_close(struct errands *all);

#endif
