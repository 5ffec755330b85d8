/* SPDX-License-Identifier: ISC */
/* Gathers a message and sees it through; what is said of it to queue is
 * tell.c's, connections are pool.c's, and whether it is welcome is for
 * others to say. */
#include <stdio.h>
#include <stdlib.h>
#include "smtpd/rcpts.h"
#include "smtpd/tell.h"

/* What part of the memory that is left each may take: the larger a message, the
 * sooner it is too large, and small ones find some when clients that stop
 * within theirs hold most of it. */
enum { OF_SENDER = 1, OF_TEXT = 64 };

static void
impatient(void *owner)
{
	struct submission *s = owner;

	if (s->state == SUBMISSION_WAITING) pool_forget(s->pool, s);
	if (s->link) pool_drop(s->link);
	submission_fail(s, REPLY_NO_QUEUE);
}

struct submission *
submission_new(struct pool *pool, struct submit_open const *open,
    struct slice client, void (*wake)(void *owner), void *owner)
{
	struct submission *s = malloc(sizeof *s);
	struct slice *text[] = { &s->open.sender, &s->open.client_address,
		&s->open.client_name, &s->open.helo, &s->open.protocol,
		&s->open.login, &s->open.tls, &s->open.groups,
		&s->open.envid, &s->client };
	enum { TEXTS = sizeof text / sizeof *text };
	size_t i, len = 0;

	if (!s) return NULL;
	*s = (struct submission){ .pool = pool, .open = *open,
		.client = client, .wake = wake, .owner = owner };
	s->patience.due = impatient;
	s->patience.owner = s;
	for (i = 0; i < TEXTS; i++)
		len += text[i]->len;
	if (!octets_grow(&pool->held, &s->texts, len, OF_SENDER)) {
		free(s);
		return NULL;
	}
	for (i = 0; i < TEXTS; i++)
		*text[i] = octets_add(&s->texts, *text[i]);
	return s;
}

bool
submission_rcpt(struct submission *s, struct submit_rcpt const *rcpt)
{
	if (s->rcpts_n == SUBMIT_RCPTS_MAX ||
	    !rcpts_add(&s->pool->held, &s->rcpts, rcpt))
		return false;
	s->rcpts_n++;
	return true;
}

/* Give up by ourselves: nothing has been ended, so closing forgets it. */
static void
give_up(struct submission *s, enum reply why)
{
	struct link *link = s->link;

	submission_fail(s, why);
	if (link) pool_drop(link);
}

/* The text is larger than what is held: from now on queue gets it piece by
 * piece. */
static bool
begin_stream(struct submission *s)
{
	enum reply why = pool_refusal(s->pool, s->client);

	if (!why && !pool_stream(s->pool, s))
		why = pool_reaches_queue(s->pool) ? REPLY_NO_SPACE
						  : REPLY_NO_QUEUE;
	if (!why && (!tell_envelope(s) || !tell_body(s))) why = REPLY_NO_QUEUE;
	if (why) {
		give_up(s, why);
		return false;
	}
	s->state = SUBMISSION_STREAMED;
	return true;
}

void
submission_store(struct submission *s, struct slice octets)
{
	if (s->state == SUBMISSION_SETTLED || !octets.len) return;
	if (s->state == SUBMISSION_GATHERED) {
		if (octets.len <= SUBMISSION_SMALL_MAX - s->body.len &&
		    octets_grow(&s->pool->held, &s->body, octets.len,
		    OF_TEXT)) {
			octets_add(&s->body, octets);
			s->size += octets.len;
			return;
		}
		if (!begin_stream(s)) return;
	}
	s->size += octets.len;
	if (!tell_text(s, octets)) give_up(s, REPLY_NO_QUEUE);
}

bool
submission_is_full(struct submission const *s)
{
	return s->link && s->link->peer.out.octets > SUBMISSION_BEHIND_MAX;
}

static void
be_patient(struct submission *s)
{
	loop_arm(s->pool->loop, &s->patience,
	    s->pool->loop->now_ms + SUBMISSION_PATIENCE_MS);
}

static void
wait_for_link(struct submission *s)
{
	s->state = SUBMISSION_WAITING;
	pool_wait(s->pool, s);
}

void
submission_ask(struct submission *s)
{
	s->asking = true;
	be_patient(s);
	wait_for_link(s);
}

void
submission_end(struct submission *s)
{
	if (s->state == SUBMISSION_SETTLED) return;
	be_patient(s);
	if (s->state == SUBMISSION_GATHERED)
		wait_for_link(s);
	else if (!tell_end(s))
		give_up(s, REPLY_NO_QUEUE);
}

void
submission_start(struct submission *s)
{
	if (s->asking ? !tell_room(s) : !tell_envelope(s) || !tell_end(s))
		give_up(s, REPLY_NO_QUEUE);
}

void
submission_go_on(struct submission *s)
{
	if (s->state == SUBMISSION_STREAMED) s->wake(s->owner);
}

static void
settle(struct submission *s)
{
	s->link = NULL;
	s->state = SUBMISSION_SETTLED;
	loop_disarm(s->pool->loop, &s->patience);
	octets_free(&s->pool->held, &s->rcpts);
	octets_free(&s->pool->held, &s->body);
	s->wake(s->owner);
}

void
submission_fail(struct submission *s, enum reply why)
{
	s->refusal = why;
	settle(s);
}

static void
copy_text(char *out, size_t room, struct slice text)
{
	if (text.len > room) text.len = room;
	if (text.len) memcpy(out, text.s, text.len);
	out[text.len] = '\0';
}

/* hear_room - there is some */
static void
hear_room(struct submission *s)
{
	struct link *link = s->link;

	s->asking = false;
	s->link = NULL;
	s->state = SUBMISSION_GATHERED;
	loop_disarm(s->pool->loop, &s->patience);
	pool_release(link);
	s->wake(s->owner);
}

static void
take_in(struct submission_outcome *o, struct submit_verdict const *v)
{
	o->verdict = v->verdict;
	copy_text(o->status, STATUS_MAX, v->status);
	copy_text(o->words, SUBMISSION_WORDS_MAX, v->words);
}

/* A message that is not complete can be refused early, not accepted. */
bool
submission_settle(struct submission *s, struct submit_verdict const *v)
{
	struct link *link = s->link;
	bool early = s->state != SUBMISSION_ENDED;

	if (early && v->verdict == VERDICT_OK) return false;
	if (s->asking && v->verdict == VERDICT_OK) {
		hear_room(s);
		return true;
	}
	take_in(s->each ? &s->each[s->heard++] : &s->outcome, v);
	if (s->each && s->heard < s->rcpts_n) return true;
	if (!early || tell_abort(s))
		pool_release(link);
	else
		pool_drop(link);
	settle(s);
	return true;
}

struct submission_outcome const *
submission_take(struct submission *s, bool *more)
{
	struct submission_outcome const *o = s->each ? &s->each[s->told++]
						     : &s->outcome;

	*more = s->each && s->told < s->rcpts_n;
	if (o->verdict == VERDICT_OK) s->accepted += s->each ? 1 : s->rcpts_n;
	return o;
}

void
submission_free(struct submission *s)
{
	if (!s) return;
	loop_disarm(s->pool->loop, &s->patience);
	if (s->state == SUBMISSION_WAITING) pool_forget(s->pool, s);
	if (s->link) pool_drop(s->link);
	octets_free(&s->pool->held, &s->texts);
	octets_free(&s->pool->held, &s->rcpts);
	octets_free(&s->pool->held, &s->body);
	free(s->each);
	free(s);
}
