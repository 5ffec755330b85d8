/* SPDX-License-Identifier: ISC */
/* The conversation: what the session engine asks for is carried out; knows no
 * command of SMTP. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "smtpd/arrival.h"
#include "smtpd/connpart.h"
#include "smtpd/converse.h"
#include "smtpd/deadline.h"
#include "smtpd/farewell.h"
#include "smtpd/handshake.h"
#include "smtpd/transcript.h"

void
converse_later(void *owner)
{
	struct conn *c = owner;

	loop_later(c->all->loop, &c->turn);
}

/* All replies of this call in one write. false: the connection is lost. */
static bool
flush(struct conn *c)
{
	struct slice out = slice_from(c->all->replies, c->all->replies_len);

	c->all->replies_len = 0;
	return !out.len || output_write(&c->output, out);
}

/* false: the connection is lost */
static bool
reply(struct conn *c, struct slice text)
{
	struct conns *all = c->all;

	if (all->transcript)
		transcript_said(c->number, conn_client(c), text);
	memcpy(all->replies + all->replies_len, text.s, text.len);
	all->replies_len += text.len;
	transaction_replied(&c->transaction, text);
	return all->replies_len <= (conn_keeps_much(c) ? REPLY_MAX
	    : CONN_REPLIES_MAX - REPLY_MAX) || flush(c);
}

static bool
queue_is_behind(struct conn const *c)
{
	struct submission const *s = c->transaction.submission;

	return s && submission_is_full(s);
}

/* It has said more than was looked at. */
static bool
has_more(struct conn const *c)
{
	char octets[CONN_COMMANDS_MAX + 1];
	ssize_t seen = c->peeked ? CONN_COMMANDS_MAX : 0;

	return c->filled && recv(c->in, octets, sizeof octets,
	    MSG_PEEK | MSG_DONTWAIT) > seen;
}

enum progress { STUCK, MOVED, LOST };

/* talk - as far as it goes
 *   in     octets of the client, advanced past what the session took
 *   LOST   the connection is of no use any more
 *   STUCK  nothing was achieved */
static enum progress
talk(struct conn *c, struct slice *in)
{
	struct session *s = &c->session;
	struct transaction *t = &c->transaction;
	enum progress progress = STUCK;
	struct slice view;

	while (!output_is_behind(&c->output) && !c->over && !c->arrival) {
		switch (session_next(s, &view)) {
		case SESSION_READ:
			if (c->all->ending && session_is_idle(s)) {
				session_dismiss(s, REPLY_SHUTDOWN);
				continue;
			}
			if (!in->len) return progress;
			if (queue_is_behind(c)) return progress;
			if (session_in_text(s)) progress = MOVED;
			*in = slice_skip(*in, session_feed(s, in->s, in->len));
			if (c->all->transcript)
				transcript_heard(c->number,
				    conn_client(c), s);
			/* pipes and terminals have their input ready, and
			 * nobody behind them who could wait */
			if (c->socket && session_is_waited_for(s) &&
			    (in->len || has_more(c)))
				session_dismiss(s, REPLY_HURRIED);
			break;
		case SESSION_SEND:
			progress = MOVED;
			if (!reply(c, view)) return LOST;
			break;
		case SESSION_ASK:
			transaction_answer(t);
			if (transaction_is_asking(t)) return MOVED;
			break;
		case SESSION_STORE:
			transaction_store(t, view);
			break;
		case SESSION_COMMIT:
			if (!c->committing) transaction_commit(t);
			c->committing = !submission_is_settled(t->submission);
			if (c->committing) return MOVED;
			transaction_conclude(t);
			break;
		case SESSION_TLS:
			return MOVED;
		case SESSION_ABORT:
			transaction_forget(t);
			break;
		case SESSION_CLOSE:
			c->over = true;
			break;
		}
	}
	return progress;
}

/* What the session did take is in the socket, too; the rest stays there. */
static void
leave_input(struct conn *c, struct slice rest)
{
	size_t n = c->peeked - rest.len;

	c->peeked = 0;
	if (n) recv(c->in, c->all->input, n, MSG_DONTWAIT);
}

/* What the session did not take lies in the shared store, or is the end of
 * what was kept before. */
static bool
keep_input(struct conn *c, struct slice rest)
{
	if (c->peeked) {
		leave_input(c, rest);
	} else if (!rest.len) {
		conn_drop_input(c);
	} else if (c->input) {
		memmove(c->input, rest.s, rest.len);
		c->input_len = rest.len;
	} else {
		c->input = malloc(rest.len);
		if (!c->input) return false;
		memcpy(c->input, rest.s, rest.len);
		c->input_len = c->input_room = rest.len;
	}
	conn_account(c);
	return true;
}

bool
converse_wants_input(struct conn const *c)
{
	if (c->arrival) return c->arrival->listening && !c->input;
	return !output_is_behind(&c->output) && !c->committing && !c->input &&
	    !transaction_is_asking(&c->transaction) &&
	    !queue_is_behind(c);
}

void
converse(struct conn *c, struct slice in)
{
	enum progress progress = talk(c, &in);

	if (progress == LOST || !flush(c) || !keep_input(c, in)) {
		c->all->replies_len = 0;
		conn_close(c);
		return;
	}
	if (c->over && !output_is_behind(&c->output)) {
		farewell(c);
		return;
	}
	if (c->session.phase == SESSION_SECURING &&
	    !output_is_behind(&c->output)) {
		handshake_begin(c);
		return;
	}
	if (progress == MOVED) deadline_set(c);
	/* it was not to say anything yet */
	if (c->arrival && c->arrival->listening && c->input)
		loop_later(c->all->loop, &c->turn);
	if (!c->unwatched)
		loop_want(c->all->loop, &c->watch,
		    output_is_behind(&c->output) ? EPOLLOUT
		    : converse_wants_input(c) ? EPOLLIN : 0);
	else if (converse_wants_input(c))
		loop_later(c->all->loop, &c->turn);
}
