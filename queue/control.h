/* SPDX-License-Identifier: ISC */
/* Our side of the command protocol (common/command.h): one request, from ASK to
 * DONE, a slice of the messages at a time between the queue's other work. */
#ifndef MAILGRAVE_CONTROL_H
#define MAILGRAVE_CONTROL_H

#include "queue/counts.h"
#include "queue/filter.h"
#include "queue/telling.h"

enum {
	CONTROL_SLICE = 256 << 10,	/* octets of records read at a time */
	CONTROL_AWAITED = 1000,		/* orders that wait for the journal */
	CONTROL_TELL_MS = 500		/* from one PROGRESS to the next */
};

/* One request. */
struct control {
	/* set by the caller */
	struct peer *peer;
	struct loop *loop;
	struct handout *handout;
	struct counts const *counts;	/* NULL: there are none */
	uid_t uid;
	bool mighty;		/* may see and order all */
	/* ended - nothing of it is under way any more after control_leave */
	void (*ended)(void *owner);
	void *owner;

	struct command_ask ask;
	struct filter filter;
	struct traceid *ids;	/* COMMAND_IDS_MAX of them, or NULL */
	size_t n, at;		/* ids in all, dealt with */
	bool asked;		/* GO has come; it waits until all is read */
	bool going, walked;
	bool left;		/* the client has gone */
	struct state_walk walk;	/* while going, without ids */
	struct telling telling;
	struct command_done done;
	uint64_t seen;
	size_t awaited;		/* orders that are not durable yet */
	struct timer step;
	int64_t told_ms;
};

/* control_begin - what came with ASK; what the caller sets is set */
void control_begin(struct control *c, struct command_ask const *ask);

/* control_id, control_filter, control_go - the frames of the same names
 *   false  they make no sense now */
bool control_id(struct control *c, struct command_id const *id);
bool control_filter(struct control *c, struct command_filter const *f);
bool control_go(struct control *c);

/* control_drained - the client has taken what was sent */
void control_drained(struct control *c);

/* control_leave - the client has gone: nothing more is ordered
 *   false  orders are under way, ended will be called */
bool control_leave(struct control *c);

#endif
