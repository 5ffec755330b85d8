/* SPDX-License-Identifier: ISC */
/* Every arrangement of what might end a message: one ends at the first
 * CRLF.CRLF and nowhere else, what is stored is what was sent before that, and
 * what is broken is refused there. Told by looking for these octets in the
 * whole, which the engine never has. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "smtpd/session.h"

enum { LONGEST = 8, ROOM = 200 };

static char const alphabet[] = { '\r', '\n', '.', '\0', 'x' };

enum { LETTERS = sizeof alphabet };

static char text_store[TEXT_STORE_MAX];
static struct session_rules const strict = { .hostname = SLICE("mx.test"),
	.domain = SLICE("example.org"), .rcpts_max = 10, .mails_max = 10,
	.commands_max = 100, .unknown_max = 100, .errors_max = 100,
	.text = { .size_max = 10000, .line_max = 10000,
	    .store = text_store } };
static struct session_rules fixing;

/* What became of a session. */
struct seen {
	char message[ROOM];
	size_t len;
	unsigned accepted, refused;	/* messages, at their end */
	bool told;			/* that there is a text to come */
};

static void
go_on(struct session *s, struct seen *seen)
{
	struct slice view;

	for (;;) {
		bool text = session_in_text(s);

		switch (session_next(s, &view)) {
		case SESSION_READ:
		case SESSION_CLOSE:
		case SESSION_TLS:
			return;
		case SESSION_SEND:
			if (text) seen->told = true;
			if (!memcmp(view.s, "554 5.6.0", 9)) seen->refused++;
			break;
		case SESSION_ASK:
			session_answer(s, s->question == SESSION_SENDER
			    ? REPLY_SENDER_OK : REPLY_RCPT_OK);
			break;
		case SESSION_STORE:
			memcpy(seen->message + seen->len, view.s, view.len);
			seen->len += view.len;
			break;
		case SESSION_COMMIT:
			seen->accepted++;
			session_verdict(s, VERDICT_OK, SLICE(""), SLICE(""),
			    false);
			break;
		case SESSION_ABORT:
			seen->len = 0;
			break;
		}
	}
}

static void
say(struct session *s, struct seen *seen, struct slice in, size_t piece)
{
	while (in.len) {
		struct slice now = slice_from(in.s,
		    in.len < piece ? in.len : piece);

		in = slice_skip(in, now.len);
		while (now.len) {
			now = slice_skip(now, session_feed(s, now.s, now.len));
			go_on(s, seen);
		}
	}
}

static struct seen
play(struct session_rules const *rules, struct slice text, size_t piece)
{
	struct seen seen = { .len = 0 };
	struct session s;

	session_init(&s, rules);
	go_on(&s, &seen);
	say(&s, &seen, SLICE("HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n"
	    "DATA\r\n"), ROOM);
	assert_true(seen.told);
	say(&s, &seen, text, piece);
	session_free(&s);
	return seen;
}

/* end_of - octets of the message in text, with its last CRLF, stuffing and all;
 * the text begins where a line does */
static size_t
end_of(struct slice text)
{
	size_t i;

	if (text.len > 2 && !memcmp(text.s, ".\r\n", 3)) return 0;
	for (i = 0; i + 5 <= text.len; i++)
		if (!memcmp(text.s + i, "\r\n.\r\n", 5)) return i + 2;
	fail_msg("no end");
	return 0;
}

static bool
is_broken(struct slice message, bool fixed)
{
	size_t i;

	for (i = 0; i < message.len; i++) {
		char c = message.s[i];
		bool cr = i && message.s[i - 1] == '\r';

		if (!c || (c == '\n' && !cr && !fixed)) return true;
		if (cr && c != '\n') return true;
	}
	return false;
}

static size_t
unstuffed(char *out, struct slice message, bool fixed)
{
	size_t i, n = 0;

	for (i = 0; i < message.len; i++) {
		char c = message.s[i];
		bool first = !i || (i > 1 && message.s[i - 1] == '\n' &&
		    message.s[i - 2] == '\r');

		if (c == '.' && first) continue;
		if (c == '\n' && fixed && (!n || out[n - 1] != '\r'))
			out[n++] = '\r';
		out[n++] = c;
	}
	return n;
}

static void
check(struct session_rules const *rules, struct slice text, size_t piece)
{
	bool fixed = rules->text.fix_lf;
	struct slice message = slice_from(text.s, end_of(text));
	struct seen seen = play(rules, text, piece);
	char wanted[ROOM];
	size_t len;

	if (is_broken(message, fixed)) {
		if (seen.accepted || seen.refused != 1) fail_msg("not refused");
		return;
	}
	len = unstuffed(wanted, message, fixed);
	if (seen.refused || seen.accepted != 1) fail_msg("not accepted");
	assert_int_equal(seen.len, len);
	assert_memory_equal(seen.message, wanted, len);
}

/* Whatever ends the message early leaves its rest to be commands, none of which
 * there is. */
static void
every_arrangement(void **state)
{
	char text[ROOM] = "";
	size_t len, i;

	(void)state;
	fixing = strict;
	fixing.text.fix_lf = true;
	for (len = 0; len <= LONGEST; len++) {
		unsigned n, all = 1, rest;

		for (i = 0; i < len; i++)
			all *= LETTERS;
		for (n = 0; n < all; n++) {
			for (i = 0, rest = n; i < len; i++, rest /= LETTERS)
				text[i] = alphabet[rest % LETTERS];
			memcpy(text + len, "\r\n.\r\n", 5);
			check(&strict, slice_from(text, len + 5), ROOM);
			if (len > LONGEST - 2) continue;
			check(&strict, slice_from(text, len + 5), 1);
			check(&fixing, slice_from(text, len + 5), ROOM);
			check(&fixing, slice_from(text, len + 5), 1);
		}
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(every_arrangement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
