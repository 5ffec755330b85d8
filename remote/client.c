/* SPDX-License-Identifier: ISC */
/* Speaks SMTP to one host; never touches a descriptor, never believes what it
 * hears. */
#include <stdio.h>
#include "remote/answer.h"
#include "remote/dialogue.h"
#include "remote/outcome.h"
#include "remote/terms.h"
#include "remote/text.h"

void
client_end(struct client *c, enum verdict verdict, char const *status,
    char const *words)
{
	snprintf(c->words, sizeof c->words, "%s", words);
	outcome_by_us(c, verdict, status, 0, c->order.rcpts);
	dialogue_go(c, CLIENT_OVER);
}

void
client_lost(struct client *c, char const *reason)
{
	char words[sizeof c->words];

	snprintf(words, sizeof words, "%s %s", reason, dialogue_moment(c));
	c->gone = true;
	client_end(c, VERDICT_TEMP, "4.4.2", words);
}

/* What we say */

/* A small message goes along with its recipients (RFC 3030 section 4.2): should
 * they be refused, little was sent in vain. */
static bool
may_go_ahead(struct client const *c)
{
	return c->say.step == CLIENT_BDAT &&
	    c->order.size <= CLIENT_PIECE_MAX &&
	    sizeof c->out - c->out_len >= CLIENT_COMMAND_MAX + c->order.size;
}

static bool
may_say(struct client const *c)
{
	if (!dialogue[c->say.step].command) return false;
	if (sizeof c->out - c->out_len < CLIENT_COMMAND_MAX) return false;
	if (dialogue_is_same(c->say, c->hear)) return true;
	return c->offer.pipelining && dialogue_in_group(c->hear) &&
	    (dialogue_in_group(c->say) || may_go_ahead(c)) &&
	    outcome_open(c);
}

static void
say(struct client *c)
{
	if (c->say.step == CLIENT_BDAT && c->hear.step != CLIENT_BDAT) {
		c->ahead = true;
		c->ahead_at = c->out_len;
	}
	dialogue[c->say.step].command(c);
	c->say = dialogue_follow(c, c->say);
	/* its reply comes behind the text */
	if (c->hear.step == CLIENT_BDAT) dialogue_go(c, CLIENT_TEXT);
}

enum client_do
client_next(struct client *c, struct slice *view)
{
	if (outcome_next(c)) return CLIENT_RESULT;
	if (c->hear.step == CLIENT_READY) {
		dialogue_go(c, c->end ? terms_begin_mail(c) :
		    terms_before_mail(c));
		if (outcome_next(c)) return CLIENT_RESULT;
	}
	if (c->over) return CLIENT_CLOSE;
	while (may_say(c))
		say(c);
	/* what was said goes in one packet with the beginning of the text */
	if (c->hear.step == CLIENT_TEXT && !c->taken) return CLIENT_BODY;
	if (c->ahead && c->taken < c->order.size) return CLIENT_BODY;
	if (c->out_at < c->out_len) {
		*view = slice_from(c->out + c->out_at, c->out_len - c->out_at);
		return CLIENT_SEND;
	}
	switch (c->hear.step) {
	case CLIENT_SCAN:
	case CLIENT_TEXT:
		return CLIENT_BODY;
	case CLIENT_TLS:
		return CLIENT_SECURE;
	case CLIENT_IDLE:
		return CLIENT_FREE;
	default:
		return CLIENT_READ;
	}
}

/* The message */

void
client_body(struct client *c, struct slice piece)
{
	c->taken += piece.len;
	if (c->hear.step == CLIENT_SCAN) {
		enum client_step next = text_scan(c, piece);

		if (next != CLIENT_SCAN) dialogue_go(c, next);
	} else if (!text_put(c, piece)) {
		client_end(c, VERDICT_PERM, "5.6.0",
		    "the message holds a bare CR or LF");
	} else if (c->taken == c->order.size) {
		if (c->ahead)
			c->say.step = CLIENT_IDLE;
		else
			dialogue_go(c, CLIENT_DOT);
	}
}

/* What we hear */

size_t
client_feed(struct client *c, struct slice in)
{
	size_t len = in.len;

	if (c->due) return 0;
	if (c->over) return len;
	/* whoever could put words between STARTTLS and the handshake would be
	 * believed as if he had said them after it (RFC 3207 section 4.2) */
	if (c->hear.step == CLIENT_TLS && len) {
		answer_makes_no_sense(c, "words");
		return len;
	}
	while (in.len) {
		enum reply_got got = reply_feed(&c->reply, &in);

		if (got == REPLY_MORE) break;
		if (got == REPLY_BAD) {
			answer_makes_no_sense(c, c->reply.why);
			return len;
		}
		/* the first line names the host, each other one an offer */
		if (c->hear.step == CLIENT_EHLO && c->reply.code == 250 &&
		    c->reply.lines > 1)
			offer_take(&c->offer, reply_line(&c->reply));
		if (got == REPLY_LINE) continue;
		c->turn++;
		answer_take(c);
		break;
	}
	return len - in.len;
}

/* From outside */

static void
take_order(struct client *c, struct client_order const *order)
{
	struct addr a;
	size_t i;

	c->order = *order;
	c->utf8 = order->utf8 || terms_needs_utf8(order->sender);
	for (i = 0; i < order->rcpts; i++)
		c->utf8 |= terms_needs_utf8(order->rcpt[i]);
	c->open = order->rcpts;
	c->due = c->first = c->end = 0;
	c->ahead = false;
	memset(c->rcpt, 0, sizeof c->rcpt);
	for (i = 0; i < order->rcpts; i++) {
		c->bad[i] = order->told && order->told[i];
		if (!c->bad[i]) continue;
		c->rcpt[i] = CLIENT_RCPT_TOLD;
		c->open--;
	}
	if (order->sender.len && !addr_parse(&a, order->sender)) {
		client_end(c, VERDICT_PERM, "5.1.7",
		    "the sender is no address");
		return;
	}
	snprintf(c->words, sizeof c->words, "no address");
	for (i = 0; i < order->rcpts; i++) {
		if (c->bad[i] || addr_parse(&a, order->rcpt[i])) continue;
		c->bad[i] = true;
		outcome_by_us(c, VERDICT_PERM, "5.1.3", i, i + 1);
	}
	if (!c->open) dialogue_go(c, CLIENT_OVER);
}

void
client_start(struct client *c, struct client_order const *order, bool secure)
{
	memset(c, 0, offsetof(struct client, out));
	c->secure = secure;
	c->say.step = CLIENT_EHLO;
	c->unanswered = 1;
	c->ahead_at = CLIENT_OUT_MAX;
	take_order(c, order);
}

void
client_again(struct client *c, struct client_order const *order)
{
	struct client_order kept = c->order, next = *order;

	next.hostname = kept.hostname;
	next.lmtp = kept.lmtp;
	next.tls = kept.tls;
	next.login = kept.login;
	c->turn++;
	take_order(c, &next);
	if (!c->over) dialogue_go(c, CLIENT_READY);
}

void
client_quit(struct client *c)
{
	dialogue_go(c, CLIENT_QUIT);
	c->turn++;
}

void
client_secured(struct client *c)
{
	c->secure = true;
	c->offer = (struct offer){ .size_max = 0 };
	memset(&c->reply, 0, sizeof c->reply);
	c->turn++;
	dialogue_go(c, CLIENT_EHLO);
}

unsigned
client_wait_s(struct client const *c)
{
	return dialogue[client_committed(c) ? CLIENT_DOT : c->hear.step].wait_s;
}

bool
client_in_login(struct client const *c)
{
	return c->hear.step == CLIENT_AUTH;
}

bool
client_committed(struct client const *c)
{
	if (c->hear.step == CLIENT_DOT) return c->unanswered > 0;
	return c->ahead && dialogue_in_group(c->hear) &&
	    c->taken == c->order.size && !client_goes_ahead(c);
}

bool
client_is_settled(struct client const *c)
{
	return !c->open && !c->due;
}
