/* SPDX-License-Identifier: ISC */
/* The schedule: given the time, what is to be tried next, and what follows
 * from how it went. Pure: no clock, no socket; it is told and it answers. Its
 * parts: mail.h a message, rcpt.h how its recipients stand, announce.h how they
 * come, expansion.h how they are replaced, lane.h and job.h how they are tried,
 * owed.h who is told of them, orders.h what people order.
 *
 * A recipient waits until it is due, is then routed, and stands in the lane of
 * its destination until a job takes it. */
#ifndef MAILGRAVE_SCHED_H
#define MAILGRAVE_SCHED_H

#include <skalibs/stralloc.h>
#include "send/destination.h"
#include "send/mail.h"

struct sched_lane;

/* What one channel is working on. */
struct sched_job {
	struct sched_mail *mail;
	struct sched_lane *lane;
	uint64_t random;
	uint32_t first;		/* list of its recipients, by place */
	uint32_t rcpts;
	uint32_t number;	/* its slot */
	bool begun;		/* the channel has it */
};

struct sched_channel {
	struct sched_job **job;		/* by number; NULL: the slot is free */
	uint32_t *number;		/* the free ones, from running on */
	uint32_t slots, running;
	struct heap_node *flows;	/* of mails that have work; see flow.h */
	uint64_t turn;
};

enum sched_way {
	WAY_THERE,	/* to a destination */
	WAY_DONE,	/* nothing remains to be done */
	WAY_TARGETS,	/* others are to take its place */
	WAY_NONE,	/* no line of the routes takes it */
	WAY_LATER,	/* not by these routes; status and words say why */
	WAY_NEVER,	/* as above */
	WAY_SHORT	/* something of ours lacks: no try */
};

struct sched_route {
	struct destination to;		/* WAY_THERE */
	uint32_t targets;		/* WAY_TARGETS */
	struct slice status, words;	/* until the next call */
	/* for people: the line that decides, 0 without one, and the name of
	 * its action, NULL when that is none or several */
	unsigned line;
	char const *action;
};

struct sched_hooks {
	/* route - what the routes say of a recipient now */
	enum sched_way (*route)(void *owner, struct sched_mail const *m,
	    struct sched_rcpt const *r, struct sched_route *out);
	/* outcome - tell the queue, until it acknowledges */
	void (*outcome)(void *owner, struct handover_outcome const *o);
	/* room - the queue keeps up: there may be more for it */
	bool (*room)(void *owner);
};

/* When to stop trying, and when to say that it takes long. */
struct sched_limits {
	unsigned long long lifetime_s;	/* of mail */
	unsigned long long report_s;	/* of reports: null sender */
	unsigned long long unrouted_s;	/* of mail that no route takes: the
					 * file may be on its way */
	unsigned long long warn_s;	/* 0: never */
};

enum {
	SCHED_LANE_SLOTS = 4096,
	SCHED_SHORTAGE_MS = 10000,	/* when it was this machine that lacked */
	SCHED_TOGETHER_MS = 1000,	/* what of one mail is due so soon
					 * is tried along with the first */
	/* So many mails in a row whose text can't be had, and the next is asked
	 * for only after SCHED_SHORTAGE_MS, alone. */
	SCHED_UNREADABLE = 3
};

struct sched {
	struct sched_hooks const *hooks;
	void *owner;
	struct sched_limits limits;
	uint64_t random;
	struct idmap map;
	struct heap_node *waiting;	/* mails by the first due recipient */
	struct announcement *coming;
	struct sched_channel channel[CHANNELS];
	struct sched_lane *lane[SCHED_LANE_SLOTS];
	struct heap_node *rests;	/* of lanes */
	struct sched_mail *expanding, **expanding_end;	/* requests to send */
	struct sched_mail *owing, **owing_end;
	struct sched_mail *reporting;	/* list: reports not acknowledged */
	uint32_t reports;		/* on it */
	uint32_t busy;			/* recipients, see struct sched_mail */
	uint32_t asking;		/* jobs that are not begun */
	uint32_t unreadable;		/* mails in a row */
	int64_t readable_ms;		/* not before then */
	int64_t now_ms;			/* when sched_due was last called */
};

void sched_init(struct sched *s, uint64_t seed,
    struct sched_hooks const *hooks, void *owner,
    struct sched_limits const *limits);
void sched_free(struct sched *s);

/* sched_due - what is due by now goes into its lane, as long as there is
 * room */
void sched_due(struct sched *s, int64_t now_ms);

/* sched_wake_ms - when sched_due has work again, -1 never as things stand */
int64_t sched_wake_ms(struct sched const *s);

/* sched_now - everything that waits is due */
void sched_now(struct sched *s, int64_t now_ms);

/* sched_queue_lost - the queue is gone, and will announce anew all that it
 * has: what nothing is under way of is forgotten, the rest is dropped until it
 * is announced */
void sched_queue_lost(struct sched *s, int64_t now_ms);

struct sched_mail *sched_find(struct sched const *s, struct traceid const *id);

/* sched_idle - nothing is being tried, nothing is untold or owed */
bool sched_idle(struct sched const *s);

/* For the parts of the schedule: */

/* sched_random - any number, repeatable from the seed */
uint64_t sched_random(struct sched *s);

/* sched_forget - nothing of the mail is under way */
void sched_forget(struct sched *s, struct sched_mail *m);

/* sched_settle - at the end of each change to a mail: it is forgotten if it was
 * dropped and nothing of it is under way */
void sched_settle(struct sched *s, struct sched_mail *m);

/* sched_drop - it isn't tried any more, and forgotten as soon as may be */
void sched_drop(struct sched *s, struct sched_mail *m);

#endif
