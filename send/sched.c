/* SPDX-License-Identifier: ISC */
/* What is due, what runs, what follows from a result; asks no clock. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include "send/lane.h"
#include "send/sched.h"

enum {
	FIRST_S = 10,		/* after the first try */
	SECOND_S = 300,		/* after the second; from there it doubles */
	LONGEST_S = 4 * 3600,
	SHORTAGE_MS = 10000,	/* when it was this machine that lacked */
	LOSSES = 3,		/* of a channel in a row are a try */
	LOST_S = 5		/* and then it waits so long */
};

_Static_assert(offsetof(struct sched_mail, by) == 0, "a node is its mail");

void
sched_init(struct sched *s, uint64_t seed, struct sched_hooks const *hooks,
    void *owner, struct sched_limits const *limits)
{
	*s = (struct sched){ .hooks = hooks, .owner = owner,
	    .limits = *limits, .random = seed ? seed : 1 };
	s->owing_end = &s->owing;
}

static void
free_mail(struct sched_mail *m)
{
	if (!m) return;
	while (m->failures) {
		struct sched_failure *f = m->failures;

		m->failures = f->next;
		free(f);
	}
	stralloc_free(&m->text);
	free(m->rcpt);
	free(m);
}

static void
not_owing(struct sched *s, struct sched_mail *m)
{
	struct sched_mail **at = &s->owing;

	if (!m->owing) return;
	while (*at != m)
		at = &(*at)->next_owing;
	*at = m->next_owing;
	if (!*at) s->owing_end = at;
	m->owing = false;
}

static void
forget(struct sched *s, struct sched_mail *m)
{
	not_owing(s, m);
	heap_remove(&s->waiting, &m->due);
	idmap_remove(&s->map, &m->by);
	free_mail(m);
}

void
sched_free(struct sched *s)
{
	struct idmap_node *node;
	uint32_t i;
	int c;

	sched_forget_coming(s);
	lane_free_all(s);
	for (c = 0; c < CHANNELS; c++) {
		for (i = 0; i < s->channel[c].slots; i++)
			free(s->channel[c].job[i]);
		free(s->channel[c].job);
	}
	while ((node = idmap_any(&s->map)))
		forget(s, (struct sched_mail *)node);
	idmap_free(&s->map);
}

/* Time */

/* xorshift64: good enough to spread retries, and repeatable */
static uint64_t
next_random(struct sched *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random;
}

uint32_t
sched_backoff_s(uint32_t tries, uint64_t random)
{
	uint32_t wait = SECOND_S, i;

	if (tries == 0) return FIRST_S;
	for (i = 1; i < tries && wait < LONGEST_S; i++)
		wait *= 2;
	if (wait >= LONGEST_S) /* not all at the same moment there either */
		return LONGEST_S - (uint32_t)(random % (LONGEST_S / 8));
	return wait - wait / 8 + (uint32_t)(random % (wait / 4));
}

static bool
is_busy(uint8_t stands)
{
	return stands == RCPT_READY || stands == RCPT_RUNS ||
	    stands == RCPT_TOLD;
}

/* A sender is told once nothing of his mail is being tried, so that what fails
 * together is told together. */
static void
list_owing(struct sched *s, struct sched_mail *m)
{
	if (m->busy || !m->failures || m->owing || m->reporting || m->dropped)
		return;
	m->owing = true;
	m->next_owing = NULL;
	*s->owing_end = m;
	s->owing_end = &m->next_owing;
}

static void
stand(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    enum rcpt_stands stands)
{
	uint32_t before = is_busy(r->stands), after = is_busy((uint8_t)stands);

	r->stands = (uint8_t)stands;
	m->busy += after - before;
	s->busy += after - before;
	list_owing(s, m);
}

static void give_up(struct sched *s, struct sched_mail *m,
    struct sched_rcpt *r);

/* The heap knows a mail by its first due recipient. */
static void
wait_until(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    int64_t due_ms)
{
	if (m->given_up) {
		give_up(s, m, r);
		return;
	}
	r->due_ms = due_ms;
	if (!m->dropped && (!m->due.in || due_ms < m->due.key))
		heap_insert(&s->waiting, &m->due, due_ms);
	stand(s, m, r, RCPT_WAITS);
}

static void
tell(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    struct handover_outcome *o)
{
	o->id = m->by.id;
	o->rcpt = r->n;
	o->attempt = r->attempt;
	r->told = o->outcome;
	stand(s, m, r, RCPT_TOLD);
	s->hooks->outcome(s->owner, o);
}

/* A copy at this place, which is moved behind it. */
static struct slice
keep(char **at, struct slice text)
{
	struct slice kept = slice_from(*at, text.len);

	if (text.len) memcpy(*at, text.s, text.len);
	*at += text.len;
	return kept;
}

/* Without memory for it the report lacks the words, not the recipient. */
static void
remember(struct sched_mail *m, uint32_t rcpt, struct slice status,
    struct slice where, struct slice words)
{
	struct sched_failure *f = malloc(sizeof *f + status.len + where.len +
	    words.len);
	char *at;

	if (!f) {
		f = malloc(sizeof *f);
		if (!f) return; /* told of after the next start */
		status.len = where.len = words.len = 0;
	}
	at = f->text;
	*f = (struct sched_failure){ .next = m->failures, .rcpt = rcpt };
	f->status = keep(&at, status);
	f->where = keep(&at, where);
	f->words = keep(&at, words);
	m->failures = f;
}

static void
fail(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    struct handover_outcome *o)
{
	o->outcome = OUTCOME_FAILED;
	remember(m, r->n, o->status, o->where, o->words);
	tell(s, m, r, o);
}

static void
give_up(struct sched *s, struct sched_mail *m, struct sched_rcpt *r)
{
	struct handover_outcome o = { .status = SLICE("5.0.0"),
	    .words = SLICE("given up by the administrator") };

	fail(s, m, r, &o);
}

/* How long it takes to make so many tries; the clock alone ends nothing. */
static bool
is_over(struct sched_mail const *m, struct sched_rcpt const *r,
    unsigned long long lifetime_s, int64_t now_ms)
{
	return now_ms - m->since_ms >= (int64_t)lifetime_s * 1000 &&
	    r->attempt >= lifetime_s / LONGEST_S;
}

static bool
is_too_old(struct sched const *s, struct sched_mail const *m,
    struct sched_rcpt const *r, int64_t now_ms)
{
	return is_over(m, r, sched_sender(m).len ? s->limits.lifetime_s :
	    s->limits.report_s, now_ms);
}

static void
defer(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    uint32_t wait_s, int64_t now_ms, struct handover_outcome *o)
{
	char words[WORDS_MAX];

	if (is_too_old(s, m, r, now_ms)) {
		snprintf(words, sizeof words, "given up; the last try: %.*s",
		    (int)o->words.len, o->words.s);
		o->words = slice_of(words);
		o->status = SLICE("5.4.7"); /* RFC 3463: delivery time expired */
		fail(s, m, r, o);
		return;
	}
	o->outcome = OUTCOME_DEFERRED;
	o->wait_s = wait_s;
	r->due_ms = now_ms + (int64_t)wait_s * 1000;
	tell(s, m, r, o);
}

static void
no_route(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    int64_t now_ms)
{
	struct handover_outcome o = { .status = SLICE("5.4.4"),
	    .words = SLICE("no route for this recipient") };

	if (is_over(m, r, s->limits.unrouted_s, now_ms)) {
		fail(s, m, r, &o);
		return;
	}
	o.status = SLICE("4.3.5");
	defer(s, m, r, sched_backoff_s(r->attempt, next_random(s)), now_ms,
	    &o);
}

static void
route(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    int64_t now_ms)
{
	struct destination to = { .port = 0 };

	if (!s->hooks->route(s->owner, sched_address(m, r), &to))
		no_route(s, m, r, now_ms);
	else if (lane_add(s, &to, m, r))
		stand(s, m, r, RCPT_READY);
	else
		wait_until(s, m, r, now_ms + SHORTAGE_MS);
}

static struct sched_mail *
first_waiting(struct sched const *s)
{
	return (struct sched_mail *)(void *)((char *)s->waiting -
	    offsetof(struct sched_mail, due));
}

void
sched_due(struct sched *s, int64_t now_ms)
{
	while (s->waiting && s->waiting->key <= now_ms) {
		struct sched_mail *m = first_waiting(s);
		uint32_t i;

		heap_remove(&s->waiting, &m->due);
		for (i = 0; i < m->rcpts; i++) {
			struct sched_rcpt *r = &m->rcpt[i];

			if (r->stands != RCPT_WAITS) continue;
			if (r->due_ms <= now_ms)
				route(s, m, r, now_ms);
			else
				wait_until(s, m, r, r->due_ms);
		}
		list_owing(s, m); /* a report that was put off */
	}
}

int64_t
sched_wake_ms(struct sched const *s)
{
	return s->waiting ? s->waiting->key : -1;
}

void
sched_now(struct sched *s, int64_t now_ms)
{
	struct heap_node *all = NULL;

	while (s->waiting) {
		struct sched_mail *m = first_waiting(s);
		uint32_t i;

		heap_remove(&s->waiting, &m->due);
		for (i = 0; i < m->rcpts; i++)
			if (m->rcpt[i].stands == RCPT_WAITS)
				m->rcpt[i].due_ms = now_ms;
		heap_insert(&all, &m->due, now_ms);
	}
	s->waiting = all;
}

/* Announcements */

void
sched_forget_coming(struct sched *s)
{
	free_mail(s->coming);
	s->coming = NULL;
}

static bool
add_text(struct sched_mail *m, struct slice text, uint32_t *at)
{
	if (slice_find(text, '\0') < text.len) return false;
	*at = (uint32_t)m->text.len;
	return stralloc_catb(&m->text, text.s, text.len) &&
	    stralloc_0(&m->text);
}

bool
sched_mail(struct sched *s, struct handover_mail const *mail, int64_t age_s,
    int64_t now_ms)
{
	struct sched_mail *m;
	uint32_t at;

	sched_forget_coming(s);
	m = s->coming = calloc(1, sizeof *m);
	if (!m) return false;
	m->by.id = mail->id;
	m->size = mail->size;
	m->arrived_s = mail->arrived_s;
	m->eightbit = mail->eightbit;
	m->fresh = mail->fresh;
	m->since_ms = now_ms - (age_s > 0 ? age_s : 0) * 1000;
	return add_text(m, mail->sender, &at) &&
	    add_text(m, mail->groups, &m->groups);
}

bool
sched_rcpt(struct sched *s, struct handover_rcpt const *rcpt, int64_t now_ms)
{
	struct sched_mail *m = s->coming;
	struct sched_rcpt *r;

	if (!m || !traceid_eq(&m->by.id, &rcpt->id)) return false;
	if (m->rcpts == SUBMIT_RCPTS_MAX) return false;
	if (m->rcpts && rcpt->rcpt <= m->rcpt[m->rcpts - 1].n) return false;
	if (m->rcpts == m->room) {
		uint32_t room = m->room ? 2 * m->room : 1;

		r = realloc(m->rcpt, room * sizeof *r);
		if (!r) return false;
		m->rcpt = r;
		m->room = room;
	}
	r = &m->rcpt[m->rcpts++];
	*r = (struct sched_rcpt){ .n = rcpt->rcpt, .attempt = rcpt->attempt,
	    .due_ms = now_ms + (int64_t)rcpt->wait_s * 1000,
	    .maybe = !m->fresh };
	if (rcpt->owed == OUTCOME_FAILED) {
		r->stands = RCPT_FAILED;
		remember(m, rcpt->rcpt, rcpt->status, rcpt->where,
		    rcpt->words);
	}
	return add_text(m, rcpt->address, &r->address);
}

/* It was dropped and is announced again before it was forgotten. */
static void
take_back(struct sched *s, struct sched_mail *m)
{
	uint32_t i;

	m->dropped = false;
	for (i = 0; i < m->rcpts; i++)
		if (m->rcpt[i].stands == RCPT_WAITS)
			wait_until(s, m, &m->rcpt[i], m->rcpt[i].due_ms);
	list_owing(s, m);
}

bool
sched_ready(struct sched *s, struct handover_ready const *ready)
{
	struct sched_mail *m = s->coming, *known;
	uint32_t i;

	if (!m || !traceid_eq(&m->by.id, &ready->id)) return false;
	if (m->rcpts != ready->rcpts) return false;
	known = sched_find(s, &m->by.id);
	if (!m->rcpts || known) {
		if (known && known->dropped) take_back(s, known);
		sched_forget_coming(s);
		return true;
	}
	if (!idmap_insert(&s->map, &m->by)) return false;
	s->coming = NULL;
	m->unfinished = m->rcpts;
	for (i = 0; i < m->rcpts; i++)
		if (m->rcpt[i].stands == RCPT_WAITS)
			wait_until(s, m, &m->rcpt[i], m->rcpt[i].due_ms);
	list_owing(s, m);
	return true;
}

/* Jobs */

bool
sched_slots(struct sched *s, enum channel_name c, uint32_t slots)
{
	struct sched_channel *channel = &s->channel[c];
	struct sched_job **job;

	if (channel->running || slots > DELIVER_SLOTS_MAX) return false;
	job = calloc(slots ? slots : 1, sizeof(struct sched_job *));
	if (!job) return false;
	free(channel->job);
	channel->job = job;
	channel->slots = slots;
	return true;
}

/* What was dropped goes once nothing of it is under way. */
static void
settle(struct sched *s, struct sched_mail *m)
{
	if (m->dropped && !m->busy && !m->reporting) forget(s, m);
}

/* Ready recipients of a mail that isn't tried any more. */
static void
withdraw(struct sched *s, struct sched_mail *m, struct sched_rcpt *r)
{
	struct sched_rcpt *next;

	for (; r; r = next) {
		next = r->next;
		wait_until(s, m, r, r->due_ms);
	}
	settle(s, m);
}

static uint32_t
free_slot(struct sched_channel const *channel)
{
	uint32_t i = 0;

	while (channel->job[i])
		i++;
	return i;
}

struct sched_job *
sched_next(struct sched *s, enum channel_name c)
{
	struct sched_channel *channel = &s->channel[c];
	struct sched_job *job;
	struct sched_rcpt *r;

	if (channel->running == channel->slots || !channel->first) return NULL;
	job = calloc(1, sizeof *job);
	if (!job) return NULL;
	for (;;) {
		job->lane = lane_take(s, c, &job->mail, &job->rcpt,
		    &job->rcpts);
		if (!job->lane) {
			free(job);
			return NULL;
		}
		if (!job->mail->dropped && !job->mail->given_up) break;
		withdraw(s, job->mail, job->rcpt);
		lane_ended(s, job->lane);
	}
	job->number = free_slot(channel);
	channel->job[job->number] = job;
	channel->running++;
	for (r = job->rcpt; r; r = r->next)
		stand(s, job->mail, r, RCPT_RUNS);
	return job;
}

struct sched_job *
sched_find_job(struct sched *s, enum channel_name c, uint32_t number)
{
	return number < s->channel[c].slots ? s->channel[c].job[number] : NULL;
}

static void
end_job(struct sched *s, struct sched_job *job)
{
	struct sched_channel *channel = &s->channel[job->lane->to.channel];

	channel->job[job->number] = NULL;
	channel->running--;
	lane_ended(s, job->lane);
	free(job);
}

void
sched_return(struct sched *s, struct sched_job *job, int64_t due_ms)
{
	struct sched_mail *m = job->mail;
	struct sched_rcpt *r, *next;

	for (r = job->rcpt; r; r = next) {
		next = r->next;
		wait_until(s, m, r, due_ms);
	}
	end_job(s, job);
	settle(s, m);
}

static void
conclude(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    struct deliver_result const *result, int64_t now_ms)
{
	struct handover_outcome o = { .status = result->status,
	    .where = result->where, .words = result->words };

	r->losses = 0;
	if (result->verdict == VERDICT_TEMP && result->ours) {
		wait_until(s, m, r, now_ms + SHORTAGE_MS);
	} else if (result->verdict == VERDICT_TEMP) {
		defer(s, m, r, sched_backoff_s(r->attempt, next_random(s)),
		    now_ms, &o);
	} else if (result->verdict == VERDICT_PERM) {
		fail(s, m, r, &o);
	} else {
		o.outcome = OUTCOME_DELIVERED;
		tell(s, m, r, &o);
	}
}

bool
sched_result(struct sched *s, enum channel_name c,
    struct deliver_result const *result, int64_t now_ms)
{
	struct sched_job *job = sched_find_job(s, c, result->job);
	struct sched_rcpt **at, *r;
	struct sched_mail *m;

	if (!job) return false;
	m = job->mail;
	for (at = &job->rcpt; *at && (*at)->n != result->rcpt;
	    at = &(*at)->next)
		;
	r = *at;
	if (!r) return false;
	*at = r->next;
	lane_felt(job->lane, result);
	conclude(s, m, r, result, now_ms);
	if (!job->rcpt) end_job(s, job);
	settle(s, m);
	return true;
}

/* Whether a job of a lost channel succeeded is for the next one to find out. A
 * message that takes the channel down each time must not do so for ever. */
static void
lose(struct sched *s, struct sched_job *job, int64_t now_ms)
{
	struct sched_mail *m = job->mail;
	struct sched_rcpt *r;

	if (!job->begun) {
		sched_return(s, job, now_ms);
		return;
	}
	while ((r = job->rcpt)) {
		struct handover_outcome o = { .status = SLICE("4.3.0"),
		    .words = SLICE("the delivery program ended early") };

		job->rcpt = r->next;
		r->maybe = true;
		if (++r->losses < LOSSES) {
			wait_until(s, m, r, now_ms);
			continue;
		}
		r->losses = 0;
		defer(s, m, r, LOST_S, now_ms, &o);
	}
	end_job(s, job);
	settle(s, m);
}

void
sched_lost(struct sched *s, enum channel_name c, int64_t now_ms)
{
	struct sched_channel *channel = &s->channel[c];
	uint32_t i;

	for (i = 0; i < channel->slots; i++)
		if (channel->job[i]) lose(s, channel->job[i], now_ms);
	channel->slots = 0;
}

struct sched_mail *
sched_find(struct sched const *s, struct traceid const *id)
{
	return (struct sched_mail *)idmap_find(&s->map, id);
}

struct sched_rcpt *
sched_rcpt_of(struct sched_mail const *m, uint32_t n)
{
	uint32_t i;

	/* their own numbers, unless some were finished before this start */
	if (n < m->rcpts && m->rcpt[n].n == n) return &m->rcpt[n];
	for (i = 0; i < m->rcpts; i++)
		if (m->rcpt[i].n == n) return &m->rcpt[i];
	return NULL;
}

bool
sched_acked(struct sched *s, struct handover_outcome_ack const *ack,
    int64_t now_ms)
{
	struct sched_mail *m = sched_find(s, &ack->id);
	struct sched_rcpt *r = m ? sched_rcpt_of(m, ack->rcpt) : NULL;

	if (!r || r->stands != RCPT_TOLD || r->attempt != ack->attempt)
		return false;
	r->attempt++;
	switch (r->told) {
	case OUTCOME_DEFERRED:
		wait_until(s, m, r, r->due_ms > now_ms ? r->due_ms : now_ms);
		break;
	case OUTCOME_FAILED:
		stand(s, m, r, RCPT_FAILED);
		break;
	default:
		stand(s, m, r, RCPT_DONE);
		if (--m->unfinished) break;
		forget(s, m);
		return true;
	}
	settle(s, m);
	return true;
}

/* Reports */

struct sched_mail *
sched_owing(struct sched *s)
{
	struct sched_mail *m;

	while ((m = s->owing)) {
		s->owing = m->next_owing;
		if (!s->owing) s->owing_end = &s->owing;
		m->owing = false;
		if (!m->busy) break; /* others are listed again at rest */
	}
	if (!m) return NULL;
	m->reporting = true;
	m->next_owing = s->reporting;
	s->reporting = m;
	return m;
}

/* The mail whose report is under way, which it is no longer. */
static struct sched_mail *
take_reporting(struct sched *s, struct traceid const *id)
{
	struct sched_mail **in, *m = sched_find(s, id);

	if (!m || !m->reporting) return NULL;
	for (in = &s->reporting; *in != m; in = &(*in)->next_owing)
		;
	*in = m->next_owing;
	return m;
}

static void
owe_again(struct sched_mail *m)
{
	struct sched_failure *f;

	m->reporting = false;
	for (f = m->failures; f; f = f->next)
		f->reported = false;
}

bool
sched_put_off(struct sched *s, struct traceid const *id, int64_t at_ms)
{
	struct sched_mail *m = take_reporting(s, id);

	if (!m) return false;
	owe_again(m);
	if (!m->due.in || at_ms < m->due.key)
		heap_insert(&s->waiting, &m->due, at_ms);
	settle(s, m);
	return true;
}

/* What failed while the report was on its way waits for the next one. */
bool
sched_reported(struct sched *s, struct traceid const *id)
{
	struct sched_mail *m = take_reporting(s, id);
	struct sched_failure **at, *f;

	if (!m) return false;
	for (at = &m->failures; (f = *at);) {
		if (!f->reported) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		stand(s, m, sched_rcpt_of(m, f->rcpt), RCPT_DONE);
		m->unfinished--;
		free(f);
	}
	m->reporting = false;
	if (!m->unfinished) {
		forget(s, m);
		return true;
	}
	list_owing(s, m);
	settle(s, m);
	return true;
}

void
sched_not_reported(struct sched *s)
{
	struct sched_mail *m;

	while ((m = s->reporting)) {
		s->reporting = m->next_owing;
		owe_again(m);
		list_owing(s, m);
		settle(s, m);
	}
}

/* Orders */

/* What waits is due, or fails if the mail was given up. */
static void
now_or_never(struct sched *s, struct sched_mail *m, int64_t now_ms)
{
	uint32_t i;

	for (i = 0; i < m->rcpts; i++)
		if (m->rcpt[i].stands == RCPT_WAITS)
			wait_until(s, m, &m->rcpt[i], now_ms);
}

static void
drop(struct sched *s, struct sched_mail *m)
{
	m->dropped = true;
	not_owing(s, m);
	heap_remove(&s->waiting, &m->due);
	settle(s, m);
}

void
sched_order(struct sched *s, struct handover_order const *o, int64_t now_ms)
{
	struct sched_mail *m = sched_find(s, &o->id);

	if (s->coming && traceid_eq(&s->coming->by.id, &o->id) &&
	    o->order == ORDER_BOUNCE)
		s->coming->given_up = true;
	if (!m) return;
	switch (o->order) {
	case ORDER_DELETE:
	case ORDER_HOLD:
		drop(s, m);
		break;
	case ORDER_BOUNCE:
		m->given_up = true;
		now_or_never(s, m, now_ms);
		break;
	case ORDER_RETRY:
		now_or_never(s, m, now_ms);
		break;
	}
}

bool
sched_idle(struct sched const *s)
{
	return !s->busy && !s->owing && !s->reporting;
}
