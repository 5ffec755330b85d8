/* SPDX-License-Identifier: ISC */
/* A message in the schedule and its recipients: one block of memory each,
 * small, since there may be a million. Pure. */
#ifndef MAILGRAVE_MAIL_H
#define MAILGRAVE_MAIL_H

#include "common/heap.h"
#include "common/idmap.h"
#include "common/slice.h"

enum rcpt_stands {
	RCPT_WAITS,	/* until due_ms */
	RCPT_READY,	/* in a lane */
	RCPT_RUNS,	/* in a job */
	RCPT_TOLD,	/* its outcome is with the queue, unacknowledged */
	RCPT_EXPANDS,	/* others are to take its place */
	RCPT_OWED,	/* only its sender has still to be told */
	RCPT_DONE
};

enum { RCPT_NONE = UINT32_MAX };	/* where the place of one may stand */

struct sched_rcpt {
	int64_t due_ms;
	uint32_t n;		/* number within the message */
	uint32_t next;		/* in its task, job or expansion: its place in
				 * the mail, or RCPT_NONE */
	uint32_t address;	/* where in its mail's text, with NUL; behind
				 * that ORCPT with NUL, if it has one */
	uint32_t attempt;	/* tries so far */
	uint16_t action;	/* of its line in the routes; see handover.h */
	uint8_t stands;		/* enum rcpt_stands */
	uint8_t told;		/* enum outcome, while RCPT_TOLD */
	uint8_t notify;		/* enum notify */
	uint8_t losses;		/* of its job, in a row */
	bool maybe : 1;		/* a try may have succeeded unseen */
	bool warned : 1;	/* its sender knows that it is late, or is
				 * about to */
	bool orcpt : 1;
};

enum { RCPT_ACTION_MAX = UINT16_MAX };	/* no line has so many */

struct sched_owed;
struct sched_work;

struct sched_mail {
	struct idmap_node by;		/* first, see sched.c */
	struct heap_node due;		/* by the first recipient that is */
	struct sched_rcpt *rcpt;	/* sorted by number; behind them the
					 * heap of those that wait (places),
					 * behind that the text */
	uint32_t rcpts, waits;
	uint32_t text_len;		/* sender, groups, addresses: NUL each */
	uint32_t groups;		/* where in text */
	uint32_t unfinished;
	uint32_t busy;			/* neither waiting nor finished */
	struct sched_owed *owed;
	struct sched_work *work;	/* only while busy */
	struct sched_mail *next_owing;	/* of those whose sender must be told,
					 * or is being told */
	uint64_t size, arrived_s;
	int64_t since_ms;		/* monotonic time of arrival, if the
					 * wall clock was right when it was
					 * announced */
	bool apart : 1;			/* rcpt is a block of its own */
	bool eightbit : 1, utf8 : 1, fresh : 1;
	bool owing : 1, reporting : 1;
	bool dropped : 1;		/* to be forgotten once nothing of it
					 * is under way */
	bool given_up : 1;		/* what would wait fails instead */
};

/* mail_pack - a copy of head with these recipients and this text (head's rcpts
 * and text_len), nobody in its heap; NULL: no memory */
struct sched_mail *mail_pack(struct sched_mail const *head,
    struct sched_rcpt const *rcpt, char const *text);

/* mail_extend - room for more recipients, numbered above the last one, and
 * their text, which is copied behind the old; their address is where it is in
 * text, from here on where it is in the mail's. The heap is empty afterwards.
 *   false  no memory, nothing has changed */
bool mail_extend(struct sched_mail *m, struct sched_rcpt const *rcpt,
    uint32_t rcpts, char const *text, uint32_t text_len);

void mail_free(struct sched_mail *m);

/* mail_find - the recipient of this number, or NULL: it was finished before
 * this program heard of the mail */
struct sched_rcpt *mail_find(struct sched_mail const *m, uint32_t n);

/* mail_push_waiting - it is in the heap from now on, once;
 * mail_pop_waiting takes the first due out */
void mail_push_waiting(struct sched_mail *m, struct sched_rcpt const *r);
void mail_pop_waiting(struct sched_mail *m);

static inline uint32_t *
mail_heap(struct sched_mail const *m)
{
	return (uint32_t *)(void *)(m->rcpt + m->rcpts);
}

static inline char *
mail_text(struct sched_mail const *m)
{
	return (char *)(mail_heap(m) + m->rcpts);
}

/* mail_first_waiting - NULL when none waits */
static inline struct sched_rcpt *
mail_first_waiting(struct sched_mail const *m)
{
	return m->waits ? &m->rcpt[*mail_heap(m)] : NULL;
}

/* mail_rcpt_at - by its place; NULL for RCPT_NONE */
static inline struct sched_rcpt *
mail_rcpt_at(struct sched_mail const *m, uint32_t place)
{
	return place == RCPT_NONE ? NULL : &m->rcpt[place];
}

static inline uint32_t
mail_place_of(struct sched_mail const *m, struct sched_rcpt const *r)
{
	return (uint32_t)(r - m->rcpt);
}

/* mail_sender and those below - views that end when the mail is extended or
 * freed */
static inline struct slice
mail_sender(struct sched_mail const *m)
{
	return slice_of(mail_text(m));
}

static inline struct slice
mail_groups(struct sched_mail const *m)
{
	return slice_of(mail_text(m) + m->groups);
}

static inline struct slice
mail_address(struct sched_mail const *m, struct sched_rcpt const *r)
{
	return slice_of(mail_text(m) + r->address);
}

static inline struct slice
mail_orcpt(struct sched_mail const *m, struct sched_rcpt const *r)
{
	struct slice address = mail_address(m, r);

	return r->orcpt ? slice_of(address.s + address.len + 1) : SLICE("");
}

#endif
