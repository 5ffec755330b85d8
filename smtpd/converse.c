/* SPDX-License-Identifier: ISC */
/* The conversation: what the session engine asks for is carried out; knows no
 * command of SMTP. */
#include <stdlib.h>
#include <string.h>
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
	return all->replies_len <= CONN_REPLIES_MAX - REPLY_MAX || flush(c);
}

static bool
queue_is_behind(struct conn const *c)
{
	struct submission const *s = c->transaction.submission;

	return s && submission_is_full(s);
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
			if (c->socket && in->len && session_is_waited_for(s))
				session_dismiss(s, REPLY_HURRIED);
			break;
		case SESSION_SEND:
			progress = MOVED;
			if (!reply(c, view)) return LOST;
			break;
		case SESSION_ASK:
			transaction_answer(t);
			if (t->asking) return MOVED;
			break;
		case SESSION_STORE:
			submission_store(t->submission, view);
			break;
		case SESSION_COMMIT:
			if (!c->committing) submission_end(t->submission);
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

/* What the session did not take lies in the shared store, or is the end of
 * what was kept before. */
static bool
keep_input(struct conn *c, struct slice rest)
{
	if (!rest.len) {
		free(c->input);
		c->input = NULL;
	} else if (c->input) {
		memmove(c->input, rest.s, rest.len);
	} else {
		c->input = malloc(rest.len);
		if (!c->input) return false;
		memcpy(c->input, rest.s, rest.len);
	}
	c->input_len = rest.len;
	return true;
}

bool
converse_wants_input(struct conn const *c)
{
	if (c->arrival) return c->arrival->listening && !c->input;
	return !output_is_behind(&c->output) && !c->committing && !c->input &&
	    !c->transaction.asking && !queue_is_behind(c);
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
