/* SPDX-License-Identifier: ISC */
/* Asks, and tells the session; what is right is for others to know. */
#include <stdlib.h>
#include <skalibs/random.h>
#include "smtpd/login.h"

static void
forget_check(struct login *l)
{
	explicit_bzero(&l->check->question, sizeof l->check->question);
	free(l->check);
	l->check = NULL;
}

/* The name is that of the password until the answer has another. */
static void
welcome(struct login *l, struct sasl_answer const *a)
{
	unsigned char nonce[SCRAM_NONCE_OCTETS];
	struct sasl *sasl = l->session->sasl;

	memcpy(l->name, *a->name ? a->name : sasl->name, sizeof l->name);
	random_buf((char *)nonce, sizeof nonce);
	session_answer(l->session,
	    sasl_answered(sasl, a, nonce) == SASL_DONE ? REPLY_LOGGED_IN
						       : REPLY_CHALLENGE);
}

static bool
is_too_often(struct login const *l)
{
	return failures_too_many(l->failures, slice_of(l->client),
	    l->checker->loop->now_ms);
}

/* It counts before he hears of it: who asks many times at once has no more
 * tries than who asks once. The time in which he hears that there were too many
 * doesn't tell whether this one was right. */
static bool
found_wrong(void *owner)
{
	struct login *l = owner;

	l->refused = is_too_often(l);
	failures_add(l->failures, slice_of(l->client),
	    l->checker->loop->now_ms);
	return !l->refused;
}

static void
checked(void *owner, struct sasl_answer const *a)
{
	struct login *l = owner;

	forget_check(l);
	switch (a->outcome) {
	case SASL_RIGHT:
		l->refused = is_too_often(l);
		if (!l->refused) welcome(l, a);
		break;
	case SASL_WRONG:
		if (!l->refused) session_answer(l->session, REPLY_LOGIN_WRONG);
		break;
	case SASL_UNKNOWN:
		session_answer(l->session, REPLY_LOGIN_UNKNOWN);
		break;
	}
	if (l->refused) session_dismiss(l->session, REPLY_LOGIN_TOO_OFTEN);
	l->wake(l->owner);
}

static bool
ask(struct login *l)
{
	struct check *c = calloc(1, sizeof *c);

	if (!c) return false;
	sasl_question(l->session->sasl, &c->question);
	explicit_bzero(l->session->sasl->password,
	    sizeof l->session->sasl->password);
	memcpy(c->client, l->client, sizeof c->client);
	c->wrong = found_wrong;
	c->done = checked;
	c->owner = l;
	l->check = c;
	if (check_start(l->checker, c)) return true;
	forget_check(l);
	return false;
}

void
login_answer(struct login *l, struct slice client)
{
	if (l->check) return;
	l->client[0] = '\0';
	if (client.len < sizeof l->client) {
		memcpy(l->client, client.s, client.len);
		l->client[client.len] = '\0';
	}
	l->refused = is_too_often(l);
	if (l->refused)
		session_dismiss(l->session, REPLY_LOGIN_TOO_OFTEN);
	else if (!ask(l))
		session_answer(l->session, REPLY_LOGIN_BUSY);
}

void
login_end(struct login *l)
{
	if (!l->check) return;
	check_cancel(l->check);
	forget_check(l);
}
