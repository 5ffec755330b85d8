/* SPDX-License-Identifier: ISC */
/* A whole session from hostile octets: the first one says which kind, the rest
 * is what the client says, in pieces whose lengths come from it too. Nothing is
 * stored beyond the limits, every reply is well formed, and an end comes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/access.h"
#include "smtpd/policy.h"
#include "smtpd/session.h"
#include "smtpd/xclient.h"

int LLVMFuzzerTestOneInput(uint8_t const *octets, size_t len);

enum { SIZE_MAX_OCTETS = 3000, RCPTS_MAX = 5, STEPS_MAX = 100000 };

static char store[TEXT_STORE_MAX];
static struct routes routes;

static struct session_rules rules = { .hostname = SLICE("mx.test"),
	.domain = SLICE("example.org"), .rcpts_max = RCPTS_MAX, .mails_max = 20,
	.commands_max = 200, .unknown_max = 100, .errors_max = 100,
	.text = { .size_max = SIZE_MAX_OCTETS, .line_max = 1000,
	    .store = store } };

static void
need(bool true_here, char const *what)
{
	if (true_here) return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void
read_routes(void)
{
	static char const text[] = "@example.org maildir ${local}/\n"
	    "loop@example.net alias loop@example.net\n"
	    "two@example.net alias a@example.org b@example.org\n"
	    "/^no-(?<x>.*)@example\\.net$/ reject 550 5.1.6 \"gone\"\n* mx\n";
	struct parse_error error;

	if (routes.rows) return;
	need(routes_parse(&routes, slice_of(text), &error), "routes");
}

static void
check_reply(struct slice reply)
{
	struct slice line;

	need(reply.len > 5 && reply.len <= REPLY_MAX, "length of a reply");
	need(!memcmp(reply.s + reply.len - 2, "\r\n", 2), "its end");
	while (slice_line(&reply, &line)) {
		size_t i;

		need(line.len >= 4 && line.len + 2 <= REPLY_LINE_MAX, "a line");
		need(line.s[3] == (reply.len ? '-' : ' '), "its hyphen");
		for (i = 0; i < line.len; i++)
			need(line.s[i] >= ' ' && line.s[i] <= '~', "its text");
	}
}

static void
answer_login(struct session *s, bool relay)
{
	static unsigned char const nonce[SCRAM_NONCE_OCTETS];
	struct sasl_answer const a = { .salt_len = VERIFIER_SALT_MAX };
	struct sasl_question q;

	sasl_question(s->sasl, &q);
	need(*q.name, "a name");
	need(*q.password || q.about != SASL_PASSWORD, "a password");
	need(q.exchange_len || q.about == SASL_PASSWORD, "an exchange");
	if (!relay)
		session_answer(s, REPLY_LOGIN_WRONG);
	else
		session_answer(s, sasl_answered(s->sasl, &a, nonce) ==
		    SASL_DONE ? REPLY_LOGGED_IN : REPLY_CHALLENGE);
}

static void
answer(struct session *s, bool relay)
{
	struct policy_answer a;
	struct xclient x = { .addr = "" };

	switch (s->question) {
	case SESSION_SENDER:
		need(s->path != ADDR_PATH_BAD, "a sender");
		session_answer(s, REPLY_SENDER_OK);
		break;
	case SESSION_RECIPIENT:
		need(s->path == ADDR_PATH_MAILBOX, "a recipient");
		need(s->rcpts < RCPTS_MAX, "recipients");
		a = policy_rcpt(&routes, SLICE(""), relay, &s->addr);
		if (a.reply)
			session_answer(s, a.reply);
		else
			session_refuse(s, a.code, slice_of(a.status),
			    slice_of(a.text));
		break;
	case SESSION_LOGIN:
		answer_login(s, relay);
		break;
	case SESSION_SECURITY:
		session_answer(s, relay ? REPLY_START_TLS : REPLY_TLS_BUSY);
		break;
	case SESSION_CLIENT:
		need(s->trusted, "trust");
		session_answer(s, xclient_parse(&x, s->argument)
		    ? REPLY_GREETING : REPLY_BAD_ARGUMENT);
		break;
	}
}

/* go_on - false: it is over; stored counts the octets of a message */
static bool
go_on(struct session *s, bool relay, size_t *stored)
{
	struct slice view;
	size_t steps;

	for (steps = 0; steps < STEPS_MAX; steps++) {
		switch (session_next(s, &view)) {
		case SESSION_READ:
			return true;
		case SESSION_CLOSE:
			return false;
		case SESSION_SEND:
			check_reply(view);
			break;
		case SESSION_ASK:
			answer(s, relay);
			break;
		case SESSION_STORE:
			*stored += view.len;
			need(*stored <= SIZE_MAX_OCTETS, "size");
			break;
		case SESSION_COMMIT:
			need(s->rcpts > 0, "a message to somebody");
			*stored = 0;
			session_verdict(s, relay ? VERDICT_OK : VERDICT_PERM,
			    SLICE("5.6.0"), SLICE("words"), false);
			break;
		case SESSION_TLS:
			need(s->offers_tls && !s->secure, "an offer");
			session_secured(s);
			need(s->state == SESSION_FRESH && !*s->helo,
			    "a new beginning");
			break;
		case SESSION_ABORT:
			*stored = 0;
			break;
		}
	}
	need(false, "an end");
	return false;
}

int
LLVMFuzzerTestOneInput(uint8_t const *octets, size_t len)
{
	uint8_t kind = len ? octets[0] : 0;
	struct slice in = slice_from((char const *)octets, len), now;
	struct session s;
	size_t stored = 0;
	bool on;

	read_routes();
	in = slice_skip(in, 1);
	rules.lmtp = kind & 1;
	rules.text.fix_lf = kind & 2;
	rules.tls_required = kind & 64;
	rules.auth = rules.scram = kind & 128;
	session_init(&s, &rules);
	s.trusted = kind & 4;
	s.offers_tls = kind & 32;
	on = go_on(&s, kind & 8, &stored);
	while (on && in.len) {
		/* cut where the octets themselves say */
		size_t piece = kind & 16 ? 1u + (uint8_t)*in.s % 32u
		    : in.len;
		char *copy;

		if (piece > in.len) piece = in.len;
		copy = malloc(piece);
		need(copy, "memory");
		memcpy(copy, in.s, piece);
		in = slice_skip(in, piece);
		now = slice_from(copy, piece);
		while (on && now.len) {
			size_t n = session_feed(&s, now.s, now.len);

			need(n > 0 && n <= now.len, "progress");
			now = slice_skip(now, n);
			on = go_on(&s, kind & 8, &stored);
		}
		free(copy);
	}
	session_free(&s);
	return 0;
}
