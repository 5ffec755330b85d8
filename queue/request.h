/* SPDX-License-Identifier: ISC */
/* One request over the command protocol (common/command.h), from ASK to DONE:
 * what the queue tells goes to a table, or is summed up. */
#ifndef MAILGRAVE_QUEUE_REQUEST_H
#define MAILGRAVE_QUEUE_REQUEST_H

#include "queue/reach.h"
#include "queue/status.h"
#include "queue/table.h"

struct request {
	/* set by the caller */
	struct command_ask ask;
	struct table *table;
	struct status *status;	/* instead of the table; may be NULL */
	int64_t now_s;		/* wall time */
	struct reached queue;

	/* how it ended */
	char words[COMMAND_WORDS_MAX + 1];
	struct command_done done;	/* its words lie there */

	int64_t begun_ms;
	bool progress;		/* a line of it is on the terminal */
	bool over;		/* DONE has come */
	char frame[WIRE_FRAME_MAX];
};

/* request_make - say it, and hear all that comes of it; the queue is left
 *   operand  ids or filters, NULL ends them
 *   returns 0 when done is there, or what complain does */
int request_make(struct request *q, char *const *operand);

#endif
