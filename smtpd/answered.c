/* SPDX-License-Identifier: ISC */
/* What a session makes of the answers to its questions, and of the verdict about
 * its message. */
#include "smtpd/exchange.h"
#include "smtpd/say.h"
#include "smtpd/session.h"

/* Whoever gave the outcome has no use for an ABORT. */
static void
end_message(struct session *s)
{
	session_reset(s);
	s->abort = false;
}

/* take_answer - what it means for the transaction */
static void
take_answer(struct session *s, bool welcome)
{
	s->phase = SESSION_IN_COMMANDS;
	if (s->question == SESSION_LOGIN) exchange_forget(s);
	if (!welcome) return;
	switch (s->question) {
	case SESSION_SENDER:
		s->state = SESSION_MAIL;
		s->mails++;
		break;
	case SESSION_RECIPIENT:
		s->state = SESSION_RCPT;
		s->rcpts++;
		break;
	case SESSION_CLIENT:
		s->state = SESSION_FRESH;
		s->extended = s->logged_in = false;
		*s->helo = '\0';
		break;
	case SESSION_LOGIN:
		s->logged_in = true;
		break;
	case SESSION_SECURITY:
		s->phase = SESSION_SECURING;
		break;
	}
}

void
session_answer(struct session *s, enum reply reply)
{
	unsigned long long rcpts = s->rcpts;
	bool message = s->phase == SESSION_COMMITTING;

	if (reply == REPLY_CHALLENGE) {
		s->phase = SESSION_IN_AUTH;
	} else if (message) {
		s->phase = SESSION_IN_COMMANDS;
		end_message(s);
	} else {
		take_answer(s, reply_code(reply) < 400);
	}
	say(s, reply);
	if (message) say_for_each(s, rcpts);
}

void
session_refuse(struct session *s, unsigned code, struct slice status,
    struct slice words)
{
	take_answer(s, false);
	say_custom(s, code, status, words);
}

void
session_verdict(struct session *s, enum verdict verdict, struct slice status,
    struct slice words, bool more)
{
	unsigned long long rcpts = more ? 1 : s->rcpts - s->rcpts_told;
	bool one_of_many = s->rcpts_told++ || more;

	if (!more) {
		s->phase = SESSION_IN_COMMANDS;
		end_message(s);
	}
	/* all of many must be heard */
	if (verdict == VERDICT_OK)
		say(s, REPLY_ACCEPTED);
	else
		say_refusal(s, verdict, status, words, !one_of_many);
	say_for_each(s, rcpts);
}
