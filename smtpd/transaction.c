/* SPDX-License-Identifier: ISC */
/* Carries a session's questions to policy and pool, and outcomes back; reads
 * and writes nothing itself. */
#include "common/clock.h"
#include "common/log.h"
#include "smtpd/transaction.h"
#include "smtpd/verb.h"

struct slice
transaction_client(struct transaction const *t)
{
	return slice_of(*t->client ? t->client : "local");
}

/* Empty for the null path, too. */
static size_t
path_text(struct session const *s, char text[ADDR_TEXT_MAX])
{
	return s->path == ADDR_PATH_MAILBOX ? addr_format(&s->addr, text) : 0;
}

static enum reply
answer_sender(struct transaction *t)
{
	struct session *s = t->session;
	struct access_decision may;
	char sender[ADDR_TEXT_MAX];
	struct submit_open open = { .client_address = slice_of(t->client),
		.helo = slice_of(s->helo), .size = s->promised,
		.eightbit = s->eightbit };

	open.sender = slice_from(sender, path_text(s, sender));
	open.protocol = s->extended ? SLICE("ESMTP") : SLICE("SMTP");
	access_client(t->access, &(struct who_client){ .address = t->client },
	    &may);
	open.groups = slice_of(may.groups);
	t->relay = may.relay;
	if (!pool_reaches_queue(t->pool)) return REPLY_NO_QUEUE;
	if (s->promised > SUBMISSION_SMALL_MAX && !pool_has_stream(t->pool))
		return REPLY_NO_SPACE;
	traceid_make(&s->id, clock_wall_ms());
	open.id = s->id;
	t->submission = submission_new(t->pool, &open, t->wake, t->owner);
	if (!t->submission) return REPLY_NO_SPACE;
	t->named = true;
	return REPLY_SENDER_OK;
}

static enum reply
answer_recipient(struct transaction *t)
{
	struct session const *s = t->session;
	char rcpt[ADDR_TEXT_MAX];
	enum reply reply = policy_rcpt(t->routes, t->relay, &s->addr);

	if (reply == REPLY_RCPT_OK && !submission_rcpt(t->submission,
	    slice_from(rcpt, path_text(s, rcpt))))
		return REPLY_NO_SPACE;
	return reply;
}

void
transaction_answer(struct transaction *t)
{
	session_answer(t->session, t->session->question == SESSION_SENDER
	    ? answer_sender(t) : answer_recipient(t));
}

void
transaction_conclude(struct transaction *t)
{
	struct submission const *s = t->submission;

	if (s->refusal)
		session_answer(t->session, s->refusal);
	else
		session_verdict(t->session, s->verdict, slice_of(s->status),
		    slice_of(s->words));
	if (s->refusal || s->verdict != VERDICT_OK) return;
	log_event("accepted", LOG_ID(&s->open.id),
	    LOG_SLICE("client", transaction_client(t)),
	    LOG_SLICE("from", s->open.sender),
	    LOG_NUMBER("rcpts", s->rcpts_n), LOG_NUMBER("size", s->size));
}

static void
log_refusal(struct transaction const *t, struct slice reply)
{
	struct session const *s = t->session;
	bool about_sender = s->state < SESSION_MAIL;
	struct log_field field[8];
	char path[ADDR_TEXT_MAX];
	size_t n = 0;

	if (t->named) field[n++] = (struct log_field)LOG_ID(&s->id);
	field[n++] = (struct log_field)LOG_SLICE("client",
	    transaction_client(t));
	if (s->verb)
		field[n++] = (struct log_field)LOG_TEXT("verb", s->verb->name);
	if (t->submission)
		field[n++] = (struct log_field)LOG_SLICE("from",
		    t->submission->open.sender);
	if (s->path == ADDR_PATH_MAILBOX)
		field[n++] = (struct log_field)LOG_SLICE(
		    about_sender ? "from" : "to",
		    slice_from(path, path_text(s, path)));
	reply.len -= strlen("\r\n");
	field[n++] = (struct log_field)LOG_SLICE("reply", reply);
	field[n] = (struct log_field){ LOG_END, NULL, { .number = 0 } };
	log_fields("refused", field);
}

void
transaction_replied(struct transaction *t, struct slice reply)
{
	if (*reply.s >= '4') log_refusal(t, reply);
	if (!session_is_idle(t->session)) return;
	transaction_forget(t);
	t->named = false;
}

void
transaction_forget(struct transaction *t)
{
	submission_free(t->submission);
	t->submission = NULL;
}
