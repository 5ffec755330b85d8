/* SPDX-License-Identifier: ISC */
/* What senders have still to be told: who failed, who is late, and who was
 * served if they asked for it. A sender is told once nothing of his mail is
 * being tried, so that what happens together is told together. Pure. */
#ifndef MAILGRAVE_OWED_H
#define MAILGRAVE_OWED_H

#include "send/sched.h"

enum { OWED_REPORTS_MAX = 20 };	/* under way at a time, each with the text of
				 * its mail */

struct sched_owed {
	struct sched_owed *next;
	uint32_t rcpt;			/* its number */
	uint8_t outcome;		/* enum outcome; deferred: it is late */
	bool reported;			/* set by the caller: the report under
					 * way tells of it, or marks it */
	struct slice status, where, words;	/* in text */
	char text[];
};

/* owed_is_wanted - its sender wants to hear of that (RFC 3461 section 4.1) */
bool owed_is_wanted(struct sched_mail const *m, struct sched_rcpt const *r,
    enum outcome outcome);

/* owed_add - with copies of the texts; without memory for them it lacks the
 * words, not the recipient */
void owed_add(struct sched_mail *m, uint32_t rcpt, enum outcome outcome,
    struct slice status, struct slice where, struct slice words);

/* owed_remove - whatever is owed about that recipient isn't any more */
void owed_remove(struct sched_mail *m, uint32_t rcpt);

/* owed_list - the mail's sender is to be told, if it is at rest */
void owed_list(struct sched *s, struct sched_mail *m);

/* owed_unlist, owed_unlist_all - not now */
void owed_unlist(struct sched *s, struct sched_mail *m);
void owed_unlist_all(struct sched *s);

/* owed_next - a mail whose sender is to be told now, or NULL. It is reported on
 * from here until owed_reported, owed_put_off or owed_lost. */
struct sched_mail *owed_next(struct sched *s);

/* owed_reported - the queue has the report: what was marked as reported when
 * it was asked for is done. False: none was under way. */
bool owed_reported(struct sched *s, struct traceid const *id);

/* owed_put_off - the queue has no room for it: it is owed again then */
bool owed_put_off(struct sched *s, struct traceid const *id, int64_t at_ms);

/* owed_lost - the queue is gone: all reports are owed again */
void owed_lost(struct sched *s);

/* owed_free_all - of a mail */
void owed_free_all(struct sched_mail *m);

#endif
