/* SPDX-License-Identifier: ISC */
/* What the records say about each message, in memory: a map by id and the
 * order of arrival. One function per transition; no I/O. SPOOL has the matrix
 * of states. */
#ifndef MAILGRAVE_STATE_H
#define MAILGRAVE_STATE_H

#include <stdint.h>
#include "common/command.h"
#include "common/idmap.h"
#include "common/submit.h"
#include "queue/record.h"

struct rcpt {
	uint32_t due_s;		/* wall time of the next try */
	uint32_t offset;	/* of its last OUTCOME record; 0: none since
				 * its RCPT record */
	uint16_t segment;	/* where that lies */
	uint16_t attempt;	/* tries so far; stays at its largest value */
	uint8_t state;		/* enum rcpt_state */
	bool warned;		/* its sender knows that it is late */
};

/* A message that is not finished. Small: a million of them may wait. */
struct message {
	struct idmap_node by;		/* .id names it; first, see state.c */
	struct message *older, *newer;	/* by arrival, once committed */
	struct rcpt *rcpt;		/* &one for a single recipient */
	struct rcpt one;
	uint16_t rcpts;
	uint16_t unfinished;		/* recipients open, or failed and
					 * not yet reported to the sender */
	uint32_t offset;		/* of its MESSAGE record */
	uint32_t envelope;		/* octets of MESSAGE and RCPT records */
	uint32_t unit;			/* octets of the whole unit */
	uint32_t pending;		/* records not yet committed */
	uint16_t segment;		/* where the unit lies */
	bool file : 1;			/* the text lies in mess/ */
	bool committed : 1;			/* durable: may be told to send */
	bool told : 1;			/* send has heard of it at least once */
	bool checked : 1;		/* its file is what was written */
	bool reporting : 1;			/* a report about it isn't committed */
	bool replacing : 1;		/* a new unit of it isn't committed */
	bool known : 1;			/* send knows it, on this connection */
	bool held : 1;			/* not to be tried until released */
	bool given_up : 1;			/* open recipients are to fail */
};

_Static_assert(sizeof(struct message) <= 88, "a million of them may wait");

_Static_assert((int)SUBMIT_RCPTS_MAX <= UINT16_MAX, "so they are counted");

struct state {
	struct idmap map;
	struct message *oldest, *newest;
	struct state_walk *walks;
	bool reading;			/* see state_read */
	int64_t since_ms;		/* wall time of its beginning */
	struct message *arrived;	/* the first one since */
};

/* Somebody's way through the messages, in the order of arrival, while they
 * come and go. */
struct state_walk {
	struct message *next;
	size_t left;			/* what has arrived since isn't seen */
	struct state_walk *other;
};

/* state_free - zeroed is empty, before and after */
void state_free(struct state *s);

/* state_find - NULL when no unfinished message has this id */
struct message *state_find(struct state const *s, struct traceid const *id);

/* state_read - from now on, until state_has_read, there may be messages from
 * before this wall time that aren't known yet */
void state_read(struct state *s, int64_t now_ms);
void state_has_read(struct state *s);

/* state_may_know - this id is known, or may turn out to be: nothing new may
 * have it */
bool state_may_know(struct state const *s, struct traceid const *id);

/* message_make - a message that the map doesn't know yet, all recipients open
 * and due at once; NULL and errno: ENOMEM, EMSGSIZE for too many */
struct message *message_make(struct traceid const *id, uint32_t rcpts);
void message_free(struct message *m);

/* message_reserve - make room for so many recipients in all, not fewer than
 * there are; false and errno */
bool message_reserve(struct message *m, uint32_t rcpts);

/* message_grow - it has so many recipients, for whom there is room: the new
 * ones are open and due at once */
void message_grow(struct message *m, uint32_t rcpts);

/* message_expanded - others stand for recipient n
 *   owed  its sender is to be told so */
void message_expanded(struct message *m, uint32_t n, bool owed);

/* state_insert - its id is known from now on, and it is the state's to free
 *   false and errno: ENOMEM, EEXIST when the id is known already */
bool state_insert(struct state *s, struct message *m);

/* state_commit - it is durable: last in the order of arrival */
void state_commit(struct state *s, struct message *m);

/* state_recover - it was durable when reading began: behind those that were
 * read before it, before all that have arrived since */
void state_recover(struct state *s, struct message *m);

/* state_rcpt - what a RCPT record says of recipient n */
void state_rcpt(struct message *m, uint32_t n, struct record_rcpt const *r);

enum state_outcome_says {
	STATE_NEWS,	/* worth a record */
	STATE_OLD,	/* counted already */
	STATE_NONSENSE	/* no such recipient, or a try that never began */
};

/* state_judge - what an outcome for this recipient and try would change */
enum state_outcome_says state_judge(struct message const *m, uint32_t rcpt,
    uint32_t attempt);

/* state_outcome - what the OUTCOME record at this place says; one that is old
 * changes nothing, one of a later try than is known counts: it is durable, and
 * what is lost between is the past. False when the message is finished by it. */
bool state_outcome(struct message *m, struct record_outcome const *o,
    uint16_t segment, uint32_t offset);

/* state_reported - what a REPORTED record says, in the same way */
bool state_reported(struct message *m, struct record_reported const *r);

/* state_order - what an ORDER record says. False when that finishes the
 * message. */
bool state_order(struct message *m, enum order order);

/* state_standing - of the message, and of one recipient that is unfinished */
enum standing state_standing(struct message const *m, uint32_t now_s);
enum standing state_rcpt_standing(struct message const *m,
    struct rcpt const *r, uint32_t now_s);

/* state_is_owed - its sender is to be told what became of the recipient */
static inline bool
state_is_owed(struct rcpt const *r)
{
	return r->state == RCPT_FAILED || r->state == RCPT_CONFIRMED ||
	    r->state == RCPT_RELAYED || r->state == RCPT_LISTED;
}

/* state_is_unfinished - the recipient is open, or its sender is to be told */
static inline bool
state_is_unfinished(struct rcpt const *r)
{
	return r->state == RCPT_OPEN || state_is_owed(r);
}

/* state_walk_begin, state_walk_next, state_walk_end - NULL at the end; w is
 * known to s between begin and end */
void state_walk_begin(struct state *s, struct state_walk *w);
struct message *state_walk_next(struct state_walk *w);
void state_walk_end(struct state *s, struct state_walk *w);

/* state_forget - the message is finished or will never be committed: freed */
void state_forget(struct state *s, struct message *m);

#endif
