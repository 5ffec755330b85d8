/* SPDX-License-Identifier: ISC */
/* Judges replies; never says a word but what a login asks for. */
#include <stdio.h>
#include "remote/answer.h"
#include "remote/dialogue.h"
#include "remote/outcome.h"
#include "remote/say.h"
#include "remote/terms.h"

void
answer_makes_no_sense(struct client *c, char const *what)
{
	char words[sizeof c->words];

	snprintf(words, sizeof words, "not SMTP: %s %s", what,
	    dialogue_moment(c));
	client_end(c, VERDICT_TEMP, "4.5.0", words);
}

/* Each recipient has a reply of his own in LMTP (RFC 2033 section 4.2). After
 * a refusal of BDAT nobody knows what is left (RFC 3030 section 2). */
static enum client_step
heard_dot(struct client *c, enum verdict verdict)
{
	while (c->order.lmtp && c->rcpt[c->dot] != CLIENT_RCPT_OPEN)
		c->dot++;
	outcome_by_reply(c, verdict, c->order.lmtp ? c->dot : c->first,
	    c->order.lmtp ? c->dot + 1 : c->end);
	return outcome_open(c) ? CLIENT_DOT :
	    terms_finished(c, !c->chunked || verdict == VERDICT_OK);
}

/* Where a good reply leads. */
static enum client_step
granted(struct client *c)
{
	switch (c->hear.step) {
	case CLIENT_EHLO:
	case CLIENT_HELO:
		return terms_after_hello(c);
	case CLIENT_DATA:
		/* With all recipients refused and DATA sent ahead, the end mark
		 * alone must follow (RFC 2920 section 3.1). In LMTP nobody
		 * would reply to it. */
		c->dot = c->first;
		if (!outcome_open(c) && c->order.lmtp) return CLIENT_OVER;
		if (!outcome_open(c) || !c->order.size) return CLIENT_DOT;
		break;
	case CLIENT_DOT:
		return heard_dot(c, VERDICT_OK);
	case CLIENT_RSET:
		return terms_finished(c, true);
	default:
		break;
	}
	return dialogue[c->hear.step].good;
}

/* 552 behind recipients that were taken is how some say that these are enough
 * (RFC 5321 section 4.5.3.1.10): nothing is wrong with this one. */
static bool
has_enough(struct client const *c)
{
	size_t i;

	if (c->hear.step != CLIENT_RCPT || c->reply.code != 552) return false;
	for (i = c->first; i < c->hear.rcpt; i++)
		if (c->rcpt[i] == CLIENT_RCPT_OPEN) return true;
	return false;
}

/* Where a refusal leads. */
static enum client_step
refused(struct client *c, enum verdict verdict)
{
	struct dialogue_row const *row = &dialogue[c->hear.step];
	size_t from = 0, end = c->order.rcpts;

	/* RFC 5321 section 3.2 */
	if (c->hear.step == CLIENT_EHLO && verdict == VERDICT_PERM &&
	    !c->order.lmtp)
		return CLIENT_HELO;
	if (c->hear.step == CLIENT_STARTTLS && c->order.tls == CLIENT_TLS_MAY)
		return terms_after_tls(c);
	if (c->hear.step == CLIENT_DOT) return heard_dot(c, verdict);
	if (row->refused == ALL_FOR_NOW || has_enough(c))
		verdict = VERDICT_TEMP;
	if (row->refused == THIS_ONE) {
		from = c->hear.rcpt;
		end = from + 1;
	} else if (row->refused == THESE) {
		from = c->first;
		end = c->end;
	}
	if (row->refused != NOBODY) outcome_by_reply(c, verdict, from, end);
	return row->bad == CLIENT_RSET ? terms_finished(c, false) : row->bad;
}

/* MAIL and RCPT: what was said ahead is heard to its end, whatever the
 * replies. When nothing is left to hear and nobody to deliver to, that was
 * it. LMTP's last replies come without a command. */
static void
go_on(struct client *c, enum client_step step)
{
	if (step == CLIENT_DOT && c->hear.step == CLIENT_DOT) return;
	if (step != CLIENT_RCPT) {
		dialogue_go(c, step);
		return;
	}
	c->hear = dialogue_follow(c, c->hear);
	if (!outcome_open(c) && dialogue_is_same(c->say, c->hear))
		dialogue_go(c, terms_finished(c, false));
}

/* A challenge: the dialogue of AUTH goes on (RFC 4954 section 4). */
static bool
take_challenge(struct client *c)
{
	if (c->hear.step != CLIENT_AUTH || c->reply.code != 334 ||
	    !c->unanswered)
		return false;
	c->unanswered--;
	if (!say_more(c)) answer_makes_no_sense(c, "a challenge too many");
	return true;
}

void
answer_take(struct client *c)
{
	char class = (char)('0' + c->reply.code / 100);
	enum verdict verdict = class == '4' ? VERDICT_TEMP : VERDICT_PERM;
	char what[32];

	/* whoever knows it may repeat it, and words go into logs */
	if (c->order.login)
		login_mask(c->order.login, c->reply.words, c->reply.words_len);
	/* They are closing (RFC 5321 section 3.8), asked or not; or they have
	 * had enough of the message before its end. */
	if (c->reply.code == 421 ||
	    (c->hear.step == CLIENT_TEXT && class >= '4')) {
		c->gone = true;
		outcome_by_reply(c, verdict, 0, c->order.rcpts);
		dialogue_go(c, CLIENT_OVER);
		return;
	}
	if (take_challenge(c)) return;
	if (c->unanswered && class == dialogue[c->hear.step].expected) {
		c->unanswered--;
		go_on(c, granted(c));
	} else if (c->unanswered && class >= '4') {
		c->unanswered--;
		go_on(c, refused(c, verdict));
	} else {
		snprintf(what, sizeof what, "an unexpected %u", c->reply.code);
		answer_makes_no_sense(c, what);
	}
}
