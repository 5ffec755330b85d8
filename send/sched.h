/* SPDX-License-Identifier: ISC */
/* The schedule: given the time, what is to be tried next, and what follows
 * from how it went. Pure: no clock, no socket; it is told and it answers.
 *
 * A recipient waits until its mail is due, is then routed, and stands in the
 * lane of its destination. Each channel serves its lanes in turn, so that none
 * waits for another's crowd; a lane serves its mails in turn, at most
 * DELIVER_RCPTS_MAX recipients at a time, for the same reason. */
#ifndef MAILGRAVE_SCHED_H
#define MAILGRAVE_SCHED_H

#include <skalibs/stralloc.h>
#include "common/deliver.h"
#include "common/heap.h"
#include "common/idmap.h"

enum channel_name { CHANNEL_LOCAL, CHANNEL_REMOTE, CHANNELS };

/* Where a recipient goes; what one lane has in common. */
struct destination {
	enum channel_name channel;
	char host[ADDR_DOMAIN_MAX + 1];	/* empty: the channel's own default */
	unsigned port;			/* 0: its default */
};

enum rcpt_stands {
	RCPT_WAITS,	/* until due_ms */
	RCPT_READY,	/* in a lane */
	RCPT_RUNS,	/* in a job */
	RCPT_TOLD,	/* its outcome is with the queue, unacknowledged */
	RCPT_FAILED,	/* for good, and its sender has not been told */
	RCPT_DONE
};

struct sched_rcpt {
	struct sched_rcpt *next;	/* in its task or job */
	int64_t due_ms;
	uint32_t n;			/* number within the message */
	uint32_t address;		/* where in its mail's text, with NUL */
	uint32_t attempt;
	uint8_t stands;
	uint8_t losses;			/* of its job, in a row */
	uint8_t maybe;			/* a try may have succeeded unseen */
	uint8_t told;			/* enum outcome, while RCPT_TOLD */
};

/* Why a recipient failed, until its sender was told. */
struct sched_failure {
	struct sched_failure *next;
	uint32_t rcpt;			/* its number */
	bool reported;			/* the report under way tells of it */
	struct slice status, where, words;	/* in text */
	char text[];
};

struct sched_mail {
	struct idmap_node by;		/* first, see sched.c */
	struct heap_node due;
	struct sched_rcpt *rcpt;
	uint32_t rcpts, room;
	uint32_t unfinished;
	uint32_t busy;			/* ready, running or told */
	struct sched_failure *failures;
	struct sched_mail *next_owing;	/* of those whose sender must be told,
					 * or is being told */
	stralloc text;			/* sender, groups, addresses: NUL each */
	uint32_t groups;		/* where in text */
	uint64_t size, arrived_s;
	int64_t since_ms;		/* monotonic time of arrival, if the
					 * wall clock is right */
	bool eightbit, fresh;
	bool owing, reporting;
	bool dropped;			/* to be forgotten once nothing of it
					 * is under way */
	bool given_up;			/* what would wait fails instead */
};

struct sched_lane;

/* What one channel is working on. */
struct sched_job {
	struct sched_mail *mail;
	struct sched_lane *lane;
	struct sched_rcpt *rcpt;	/* list */
	uint32_t rcpts;
	uint32_t number;		/* its slot */
	bool begun;			/* set by the caller: the channel has it */
};

struct sched_channel {
	struct sched_job **job;		/* by number; NULL: the slot is free */
	uint32_t slots, running;
	struct sched_lane *first, *last;	/* lanes that have work and may
						 * do more of it */
};

struct sched_hooks {
	/* route - false: no line of the routes takes this recipient */
	bool (*route)(void *owner, struct slice address,
	    struct destination *to);
	/* outcome - tell the queue, until it acknowledges */
	void (*outcome)(void *owner, struct handover_outcome const *o);
};

/* When to stop trying. */
struct sched_limits {
	unsigned long long lifetime_s;	/* of mail */
	unsigned long long report_s;	/* of reports: null sender */
	unsigned long long unrouted_s;	/* of mail that no route takes: the
					 * file may be on its way */
};

enum { SCHED_LANE_SLOTS = 1024 };

struct sched {
	struct sched_hooks const *hooks;
	void *owner;
	struct sched_limits limits;
	uint64_t random;
	struct idmap map;
	struct heap_node *waiting;	/* mails by the first due recipient */
	struct sched_mail *coming;	/* being announced */
	struct sched_channel channel[CHANNELS];
	struct sched_lane *lane[SCHED_LANE_SLOTS];
	struct sched_mail *owing, **owing_end;
	struct sched_mail *reporting;	/* list: reports not acknowledged */
	uint32_t busy;			/* recipients ready, running or told */
};

void sched_init(struct sched *s, uint64_t seed,
    struct sched_hooks const *hooks, void *owner,
    struct sched_limits const *limits);
void sched_free(struct sched *s);

/* sched_mail, sched_rcpt, sched_ready - one announcement of the queue
 *   age_s  of the mail, by the wall clock
 *   false  out of place or of memory: the connection should end; what was
 *          announced by halves is forgotten. A mail that is known is passed
 *          over. */
bool sched_mail(struct sched *s, struct handover_mail const *mail,
    int64_t age_s, int64_t now_ms);
bool sched_rcpt(struct sched *s, struct handover_rcpt const *rcpt,
    int64_t now_ms);
bool sched_ready(struct sched *s, struct handover_ready const *ready);

/* sched_forget_coming - the queue is gone in the middle of one */
void sched_forget_coming(struct sched *s);

/* sched_due - what is due by now goes into its lane */
void sched_due(struct sched *s, int64_t now_ms);

/* sched_wake_ms - when sched_due has work again, -1 never as things stand */
int64_t sched_wake_ms(struct sched const *s);

/* sched_now - everything that waits is due */
void sched_now(struct sched *s, int64_t now_ms);

/* sched_slots - so many jobs may run on a channel that has just connected */
bool sched_slots(struct sched *s, enum channel_name c, uint32_t slots);

/* sched_next - a job to start, or NULL: no slot, no work, no memory */
struct sched_job *sched_next(struct sched *s, enum channel_name c);

/* sched_find_job - NULL when that number isn't running */
struct sched_job *sched_find_job(struct sched *s, enum channel_name c,
    uint32_t number);

/* sched_result - of one recipient of a running job; after the last one the job
 * is freed. False: no such recipient in it. */
bool sched_result(struct sched *s, enum channel_name c,
    struct deliver_result const *r, int64_t now_ms);

/* sched_return - the job was never begun: its recipients wait so long */
void sched_return(struct sched *s, struct sched_job *job, int64_t due_ms);

/* sched_lost - the channel is gone, its jobs may or may not have succeeded */
void sched_lost(struct sched *s, enum channel_name c, int64_t now_ms);

/* sched_acked - the queue has recorded an outcome; false: it told of none */
bool sched_acked(struct sched *s, struct handover_outcome_ack const *ack,
    int64_t now_ms);

/* sched_owing - a mail whose sender is to be told of its failures now, or NULL:
 * none of its recipients is being tried. It is reported on from here until
 * sched_reported or sched_not_reported. */
struct sched_mail *sched_owing(struct sched *s);

/* sched_reported - the queue has the report; all failures that were there when
 * sched_owing gave the mail are done. False: none was under way. */
bool sched_reported(struct sched *s, struct traceid const *id);

/* sched_put_off - the queue has no room for it: it is owed again then */
bool sched_put_off(struct sched *s, struct traceid const *id, int64_t at_ms);

/* sched_not_reported - the queue is gone: all reports are owed again */
void sched_not_reported(struct sched *s);

/* sched_order - what somebody has ordered for a mail that is known or being
 * announced; others are passed over. Jobs that run go on to their end. */
void sched_order(struct sched *s, struct handover_order const *o,
    int64_t now_ms);

struct sched_mail *sched_find(struct sched const *s, struct traceid const *id);

/* sched_rcpt_of - by its number within the message; NULL: it was finished
 * before this program started */
struct sched_rcpt *sched_rcpt_of(struct sched_mail const *m, uint32_t n);

/* sched_idle - nothing is being tried, nothing is untold or owed */
bool sched_idle(struct sched const *s);

/* sched_backoff_s - seconds to wait after so many tries; random: any number */
uint32_t sched_backoff_s(uint32_t tries, uint64_t random);

static inline struct slice
sched_sender(struct sched_mail const *m)
{
	return slice_of(m->text.s);
}

static inline struct slice
sched_groups(struct sched_mail const *m)
{
	return slice_of(m->text.s + m->groups);
}

static inline struct slice
sched_address(struct sched_mail const *m, struct sched_rcpt const *r)
{
	return slice_of(m->text.s + r->address);
}

#endif
