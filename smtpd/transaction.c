/* SPDX-License-Identifier: ISC */
/* Carries a session's questions to policy and pool, and outcomes back; reads
 * and writes nothing itself. */
#include <stdlib.h>
#include "common/clock.h"
#include "common/log.h"
#include "smtpd/client.h"
#include "smtpd/transaction.h"
#include "smtpd/verb.h"

/* Empty for the null path, too. */
static size_t
path_text(struct session const *s, char text[ADDR_TEXT_MAX])
{
	return s->path == ADDR_PATH_MAILBOX ? addr_format(&s->addr, text) : 0;
}

/* is_too_much - counts one more, and there are too many for an hour */
static bool
is_too_much(struct transaction const *t, struct tally *tally, uint64_t max)
{
	struct slice login = client_login(t);
	struct tally_who who;

	if (max == ACCESS_NO_LIMIT) return false;
	if (login.len)
		tally_login(&who, login, tally->seed);
	else if (!tally_address(&who, client_address(t)))
		return false;
	return !tally_add(tally, &who, max, t->pool->loop->now_ms);
}

void
transaction_by_line(struct transaction *t, char const *file, unsigned line)
{
	t->by.file = line ? file : NULL;
	t->by.line = line;
}

static uint64_t
limit_of(struct access_decision const *may, enum access_limit limit)
{
	return may->limit_line[limit] ? may->limit[limit] : ACCESS_NO_LIMIT;
}

static enum reply
answer_sender(struct transaction *t)
{
	struct session *s = t->session;
	char sender[ADDR_TEXT_MAX];
	struct access_decision may;
	struct submit_open open;
	enum reply wrong;
	unsigned line;

	client_access(t, &may);
	/* with no queue no line leads to other hosts: "*" is for all */
	t->relay = may.relay || t->pool->connect;
	if (client_login(t).len && !access_sender(t->access, client_login(t),
	    s->path == ADDR_PATH_MAILBOX ? &s->addr : NULL, &line)) {
		transaction_by_line(t, "access", line);
		return REPLY_NOT_YOUR_SENDER;
	}
	if (!pool_reaches_queue(t->pool)) return REPLY_NO_QUEUE;
	if (s->promised > SUBMISSION_SMALL_MAX) {
		wrong = pool_refusal(t->pool, client_address(t));
		if (wrong) return wrong;
	}
	t->rcpts_max = limit_of(&may, ACCESS_RECIPIENTS);
	t->rcpts_line = may.limit_line[ACCESS_RECIPIENTS];
	if (is_too_much(t, &t->tallies->messages,
	    limit_of(&may, ACCESS_MESSAGES))) {
		transaction_by_line(t, "access",
		    may.limit_line[ACCESS_MESSAGES]);
		return REPLY_TOO_MANY_OF_YOURS;
	}
	traceid_make(&s->id, clock_wall_ms());
	open = client_describe(t);
	open.sender = slice_from(sender, path_text(s, sender));
	open.groups = slice_of(may.groups);
	t->submission = submission_new(t->pool, &open, client_address(t),
	    t->wake, t->owner);
	if (!t->submission) return REPLY_NO_SPACE;
	heading_begin(&t->heading, t->submission,
	    open.login.len ? t->access : NULL, s->rules->hostname,
	    s->rules->domain);
	t->named = true;
	/* that there is room for a small one is likely, and soon seen */
	if (s->promised > SUBMISSION_SMALL_MAX) submission_ask(t->submission);
	return REPLY_SENDER_OK;
}

/* answer_size - what queue has said of it */
static void
answer_size(struct transaction *t)
{
	struct submission const *s = t->submission;

	if (!submission_is_settled(s))
		session_answer(t->session, REPLY_SENDER_OK);
	else if (s->refusal)
		session_answer(t->session, s->refusal);
	else
		session_refuse(t->session,
		    s->outcome.verdict == VERDICT_PERM ? 552 : 452,
		    slice_of(s->outcome.status), slice_of(s->outcome.words));
}

static void
answer_mail(struct transaction *t)
{
	enum reply reply = t->asking ? REPLY_SENDER_OK : answer_sender(t);

	t->asking = reply == REPLY_SENDER_OK &&
	    submission_is_asking(t->submission);
	if (t->asking) return;
	if (reply == REPLY_SENDER_OK)
		answer_size(t);
	else
		session_answer(t->session, reply);
}

static void
answer_recipient(struct transaction *t)
{
	struct session *s = t->session;
	char text[ADDR_TEXT_MAX];
	struct policy_answer a = policy_rcpt(t->routes,
	    t->submission->open.groups, t->relay, &s->addr);
	struct submit_rcpt rcpt = { .address = slice_from(text,
	    path_text(s, text)), .orcpt = s->orcpt, .notify = s->notify };

	if (a.reply == REPLY_RCPT_OK &&
	    is_too_much(t, &t->tallies->rcpts, t->rcpts_max)) {
		a.reply = REPLY_TOO_MANY_RCPTS_OF_YOURS;
		transaction_by_line(t, "access", t->rcpts_line);
	}
	if (a.reply == REPLY_RCPT_OK && !submission_rcpt(t->submission, &rcpt))
		a.reply = REPLY_NO_SPACE;
	if (!a.reply) transaction_by_line(t, "routes", a.line);
	if (a.reply)
		session_answer(s, a.reply);
	else
		session_refuse(s, a.code, slice_of(a.status),
		    slice_of(a.text));
}

static enum reply
answer_client(struct transaction *t)
{
	struct xclient *x = t->xclient;

	if (!x) x = calloc(1, sizeof *x);
	if (!x) return REPLY_NO_SPACE;
	t->xclient = x;
	return xclient_parse(x, t->session->argument) ? REPLY_GREETING
						      : REPLY_BAD_ARGUMENT;
}

void
transaction_answer(struct transaction *t)
{
	struct session *s = t->session;
	enum reply reply;

	switch (s->question) {
	case SESSION_SENDER:
		answer_mail(t);
		break;
	case SESSION_RECIPIENT:
		answer_recipient(t);
		break;
	case SESSION_CLIENT:
		reply = answer_client(t);
		session_answer(s, reply);
		if (reply == REPLY_GREETING) t->moved(t->owner);
		break;
	case SESSION_LOGIN:
		login_answer(&t->login, client_address(t));
		break;
	case SESSION_SECURITY:
		session_answer(s, t->may_secure(t->owner) ? REPLY_START_TLS
		    : REPLY_TLS_BUSY);
		break;
	}
}

void
transaction_conclude(struct transaction *t)
{
	struct submission *s = t->submission;
	struct submission_outcome const *o;
	bool more;

	if (s->refusal) {
		session_answer(t->session, s->refusal);
		return;
	}
	t->told = true;
	o = submission_take(s, &more);
	session_verdict(t->session, o->verdict, slice_of(o->status),
	    slice_of(o->words), more);
	if (more || !s->accepted) return;
	log_event("accepted", LOG_ID(&s->open.id),
	    LOG_SLICE("client", client_log_name(t)),
	    LOG_SLICE("from", s->open.sender),
	    LOG_NUMBER("rcpts", s->accepted), LOG_NUMBER("size", s->size));
}

/* refused - counted and logged */
static void
refused(struct transaction *t, struct slice reply)
{
	struct session const *s = t->session;
	bool about_sender = s->state < SESSION_MAIL;
	struct log_field field[8];
	char path[ADDR_TEXT_MAX];
	size_t n = 0;

	if (t->named) field[n++] = (struct log_field)LOG_ID(&s->id);
	field[n++] = (struct log_field)LOG_SLICE("client",
	    client_log_name(t));
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
	if (!t->told)
		refusals_add(&t->pool->refusals, t->by, reply,
		    s->rules->hostname);
	field[n++] = (struct log_field)LOG_SLICE("reply", reply);
	field[n] = (struct log_field){ LOG_END, NULL, { .number = 0 } };
	log_fields("refused", field);
}

void
transaction_replied(struct transaction *t, struct slice reply)
{
	/* LMTP says it once for each recipient */
	if (!t->session->reply_len) {
		if (*reply.s >= '4') refused(t, reply);
		t->by.file = NULL;
		t->told = false;
	}
	if (!session_is_idle(t->session)) return;
	transaction_forget(t);
	t->named = false;
}

void
transaction_forget(struct transaction *t)
{
	heading_forget(&t->heading);
	submission_free(t->submission);
	t->submission = NULL;
}

void
transaction_end(struct transaction *t)
{
	transaction_forget(t);
	free(t->xclient);
	t->xclient = NULL;
	login_end(&t->login);
	client_set_name(t, NULL);
}
