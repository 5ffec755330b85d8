/* SPDX-License-Identifier: ISC */
/* Gathers a message and speaks the submit protocol for it; connections are
 * pool.c's, and whether it is welcome is for others to say. */
#include <stdio.h>
#include <stdlib.h>
#include "smtpd/submission.h"

/* What part of the memory that is left each may take: the larger a message, the
 * sooner it is too large, and small ones find some when clients that stop
 * within theirs hold most of it. */
enum { OF_SENDER = 1, OF_RCPTS = 8, OF_TEXT = 64 };

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
    void (*wake)(void *owner), void *owner)
{
	struct submission *s = malloc(sizeof *s);
	struct slice *text[] = { &s->open.sender, &s->open.client_address,
		&s->open.client_name, &s->open.helo, &s->open.protocol,
		&s->open.login, &s->open.tls, &s->open.groups,
		&s->open.envid };
	enum { TEXTS = sizeof text / sizeof *text };
	size_t i, len = 0;

	if (!s) return NULL;
	*s = (struct submission){ .pool = pool, .open = *open, .wake = wake,
		.owner = owner };
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

/* Kept in a row, each as a head of fixed size, address, ORCPT. */
struct rcpt_head {
	uint16_t address_len, orcpt_len;
	uint8_t notify;
};

bool
submission_rcpt(struct submission *s, struct submit_rcpt const *rcpt)
{
	struct rcpt_head head = { .notify = rcpt->notify,
		.address_len = (uint16_t)rcpt->address.len,
		.orcpt_len = (uint16_t)rcpt->orcpt.len };

	if (s->rcpts_n == SUBMIT_RCPTS_MAX) return false;
	if (!octets_grow(&s->pool->held, &s->rcpts, sizeof head +
	    rcpt->address.len + rcpt->orcpt.len, OF_RCPTS))
		return false;
	octets_add(&s->rcpts, slice_from((char const *)&head, sizeof head));
	octets_add(&s->rcpts, rcpt->address);
	octets_add(&s->rcpts, rcpt->orcpt);
	s->rcpts_n++;
	return true;
}

static struct submit_rcpt
next_rcpt(struct slice *in)
{
	struct rcpt_head head;
	struct submit_rcpt rcpt;

	memcpy(&head, in->s, sizeof head);
	*in = slice_skip(*in, sizeof head);
	rcpt.notify = head.notify;
	rcpt.address = slice_from(in->s, head.address_len);
	*in = slice_skip(*in, head.address_len);
	rcpt.orcpt = slice_from(in->s, head.orcpt_len);
	*in = slice_skip(*in, head.orcpt_len);
	return rcpt;
}

static bool
say(struct submission *s, struct wire_form const *form, void const *values)
{
	return peer_send(&s->link->peer, form, values, -1);
}

static bool
say_envelope(struct submission *s)
{
	struct slice in = slice_from(s->rcpts.s, s->rcpts.len);

	if (!say(s, &submit_open_form, &s->open)) return false;
	while (in.len) {
		struct submit_rcpt rcpt = next_rcpt(&in);

		if (!say(s, &submit_rcpt_form, &rcpt)) return false;
	}
	octets_free(&s->pool->held, &s->rcpts);
	return true;
}

static bool
say_text(struct submission *s, struct slice in)
{
	while (in.len) {
		struct submit_body body = { .octets = in };

		if (in.len > WIRE_BODY_MAX) body.octets.len = WIRE_BODY_MAX;
		if (!say(s, &submit_body_form, &body)) return false;
		in = slice_skip(in, body.octets.len);
	}
	return true;
}

/* What was gathered. */
static bool
say_body(struct submission *s)
{
	if (!say_text(s, slice_from(s->body.s, s->body.len))) return false;
	octets_free(&s->pool->held, &s->body);
	return true;
}

static bool
say_end(struct submission *s)
{
	struct submit_end end = { .size = s->size, .rcpts = s->rcpts_n };

	if (s->pool->each) s->each = calloc(s->rcpts_n, sizeof *s->each);
	if (s->pool->each && !s->each) return false;
	if (!say_body(s) || !say(s, &submit_end_form, &end)) return false;
	s->state = SUBMISSION_ENDED;
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
	if (!pool_has_stream(s->pool) || !pool_stream(s->pool, s)) {
		give_up(s, pool_reaches_queue(s->pool) ? REPLY_NO_SPACE
						       : REPLY_NO_QUEUE);
		return false;
	}
	if (!say_envelope(s) || !say_body(s)) {
		give_up(s, REPLY_NO_QUEUE);
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
	if (!say_text(s, octets)) give_up(s, REPLY_NO_QUEUE);
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
	else if (!say_end(s))
		give_up(s, REPLY_NO_QUEUE);
}

static bool
say_room(struct submission *s)
{
	struct submit_room room = { .size = s->open.size };

	s->state = SUBMISSION_ENDED;
	return say(s, &submit_room_form, &room);
}

void
submission_start(struct submission *s)
{
	if (s->asking ? !say_room(s) : !say_envelope(s) || !say_end(s))
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
	static struct submit_abort const forget_it;
	struct link *link = s->link;
	bool early = s->state != SUBMISSION_ENDED;

	if (early && v->verdict == VERDICT_OK) return false;
	if (s->asking && v->verdict == VERDICT_OK) {
		hear_room(s);
		return true;
	}
	take_in(s->each ? &s->each[s->heard++] : &s->outcome, v);
	if (s->each && s->heard < s->rcpts_n) return true;
	if (!early || say(s, &submit_abort_form, &forget_it))
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
