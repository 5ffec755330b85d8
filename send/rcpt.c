/* SPDX-License-Identifier: ISC */
/* Waiting, trying, ending: one recipient at a time; asks no clock. */
#include <stdio.h>
#include "send/owed.h"
#include "send/rcpt.h"

enum {
	FIRST_S = 10,		/* after the first try */
	SECOND_S = 300		/* after the second; from there it doubles */
};

uint32_t
rcpt_backoff_s(uint32_t tries, uint64_t random)
{
	uint32_t wait = SECOND_S, i;

	if (tries == 0) return FIRST_S;
	for (i = 1; i < tries && wait < RCPT_WAIT_MAX_S; i++)
		wait *= 2;
	if (wait >= RCPT_WAIT_MAX_S) /* nor all at the same moment there */
		return RCPT_WAIT_MAX_S -
		    (uint32_t)(random % (RCPT_WAIT_MAX_S / 8));
	return wait - wait / 8 + (uint32_t)(random % (wait / 4));
}

uint32_t
rcpt_tries_in(unsigned long long lifetime_s)
{
	uint32_t tries = 0, wait = SECOND_S;
	unsigned long long at_s = 0;

	for (; at_s < lifetime_s && wait < RCPT_WAIT_MAX_S; tries++) {
		at_s += tries ? wait + wait / 8 : FIRST_S;
		if (tries) wait *= 2;
	}
	if (at_s >= lifetime_s) return tries;
	return tries + (uint32_t)((lifetime_s - at_s + RCPT_WAIT_MAX_S - 1) /
	    RCPT_WAIT_MAX_S);
}

static bool
is_busy(uint8_t stands)
{
	return stands == RCPT_READY || stands == RCPT_RUNS ||
	    stands == RCPT_TOLD || stands == RCPT_EXPANDS;
}

void
rcpt_stand(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    enum rcpt_stands stands)
{
	uint32_t before = is_busy(r->stands), after = is_busy((uint8_t)stands);

	r->stands = (uint8_t)stands;
	m->busy += after - before;
	s->busy += after - before;
	owed_list(s, m);
}

static void
tell(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    struct handover_outcome *o)
{
	o->id = m->by.id;
	o->rcpt = r->n;
	o->attempt = r->attempt;
	r->told = o->outcome;
	rcpt_stand(s, m, r, RCPT_TOLD);
	s->hooks->outcome(s->owner, o);
}

void
rcpt_deliver(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    enum outcome outcome, struct handover_outcome *o)
{
	bool asked = (r->notify & NOTIFY_SUCCESS) && mail_sender(m).len;

	o->outcome = (uint8_t)(asked ? outcome : OUTCOME_DELIVERED);
	if (o->outcome != OUTCOME_DELIVERED)
		owed_add(m, r->n, outcome, o->status, o->where, o->words);
	tell(s, m, r, o);
}

void
rcpt_fail(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    struct handover_outcome *o)
{
	o->outcome = OUTCOME_FAILED;
	owed_add(m, r->n, OUTCOME_FAILED, o->status, o->where, o->words);
	tell(s, m, r, o);
}

static void
give_up(struct sched *s, struct sched_mail *m, struct sched_rcpt *r)
{
	struct handover_outcome o = { .status = SLICE("5.0.0"),
	    .words = SLICE("given up by the administrator") };

	rcpt_fail(s, m, r, &o);
}

/* The schedule's heap knows a mail by its first due recipient. */
void
rcpt_wait(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    int64_t due_ms)
{
	if (m->given_up) {
		give_up(s, m, r);
		return;
	}
	r->due_ms = due_ms;
	mail_push_waiting(m, r);
	if (!m->dropped && (!m->due.in || due_ms < m->due.key))
		heap_insert(&s->waiting, &m->due, due_ms);
	rcpt_stand(s, m, r, RCPT_WAITS);
}

void
rcpt_wait_all(struct sched *s, struct sched_mail *m)
{
	uint32_t i;

	heap_remove(&s->waiting, &m->due);
	m->waits = 0;
	for (i = 0; i < m->rcpts; i++)
		if (m->rcpt[i].stands == RCPT_WAITS)
			rcpt_wait(s, m, &m->rcpt[i], m->rcpt[i].due_ms);
}

static int64_t
age_s(struct sched_mail const *m, int64_t now_ms)
{
	return (now_ms - m->since_ms) / 1000;
}

/* The clock alone ends nothing, wherever it jumps: as many tries as take so
 * long must have been made, too. */
static bool
is_over(struct sched_mail const *m, struct sched_rcpt const *r,
    unsigned long long lifetime_s, int64_t now_ms)
{
	return age_s(m, now_ms) >= (int64_t)lifetime_s &&
	    r->attempt >= rcpt_tries_in(lifetime_s);
}

static bool
is_late(struct sched const *s, struct sched_mail const *m,
    struct sched_rcpt const *r, int64_t now_ms)
{
	return s->limits.warn_s && r->attempt && !r->warned &&
	    owed_is_wanted(m, r, OUTCOME_DEFERRED) &&
	    age_s(m, now_ms) >= (int64_t)s->limits.warn_s;
}

void
rcpt_defer(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    uint32_t wait_s, int64_t now_ms, struct handover_outcome *o)
{
	char words[WORDS_MAX];

	if (is_over(m, r, mail_sender(m).len ? s->limits.lifetime_s :
	    s->limits.report_s, now_ms)) {
		snprintf(words, sizeof words, "given up; the last try: %.*s",
		    (int)o->words.len, o->words.s);
		o->words = slice_of(words);
		o->status = SLICE("5.4.7"); /* RFC 3463: delivery time expired */
		rcpt_fail(s, m, r, o);
		return;
	}
	o->outcome = OUTCOME_DEFERRED;
	o->wait_s = wait_s;
	r->due_ms = now_ms + (int64_t)wait_s * 1000;
	if (is_late(s, m, r, now_ms)) {
		r->warned = true;
		owed_add(m, r->n, OUTCOME_DEFERRED, o->status, o->where,
		    o->words);
	}
	tell(s, m, r, o);
}

void
rcpt_unrouted(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    int64_t now_ms)
{
	struct handover_outcome o = { .status = SLICE("5.4.4"),
	    .words = SLICE("no route for this recipient") };

	if (is_over(m, r, s->limits.unrouted_s, now_ms)) {
		rcpt_fail(s, m, r, &o);
		return;
	}
	o.status = SLICE("4.3.5");
	rcpt_defer(s, m, r, rcpt_backoff_s(r->attempt, sched_random(s)),
	    now_ms, &o);
}

bool
rcpt_acked(struct sched *s, struct handover_outcome_ack const *ack,
    int64_t now_ms)
{
	struct sched_mail *m = sched_find(s, &ack->id);
	struct sched_rcpt *r = m ? mail_find(m, ack->rcpt) : NULL;

	if (!r || r->stands != RCPT_TOLD || r->attempt != ack->attempt)
		return false;
	r->attempt++;
	switch (r->told) {
	case OUTCOME_DEFERRED:
		rcpt_wait(s, m, r, r->due_ms > now_ms ? r->due_ms : now_ms);
		break;
	case OUTCOME_DELIVERED:
		m->unfinished--;
		rcpt_stand(s, m, r, RCPT_DONE);
		break;
	default:
		rcpt_stand(s, m, r, RCPT_OWED);
	}
	sched_settle(s, m);
	return true;
}
