/* SPDX-License-Identifier: ISC */
/* Every text of up to seven octets that matter, whole and in pieces, against
 * models that look at all of it at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "common/body.h"
#include "tests/seed.h"

enum { LONGEST = 7, ROOM = 64, MESSAGE = 4096, ROUNDS = 400 };

static char const octets[] = { '\r', '\n', '.', '\0', 'x' };

/* What came out of an engine. */
struct text {
	char s[ROOM];
	size_t len;
	bool broken;
};

static void
add(struct text *t, char const *s, size_t len)
{
	assert_true(t->len + len <= sizeof t->s);
	if (len) memcpy(t->s + t->len, s, len);
	t->len += len;
}

static void
assert_text(struct text const *got, struct text const *wanted)
{
	assert_int_equal(got->len, wanted->len);
	assert_memory_equal(got->s, wanted->s, wanted->len);
	assert_int_equal(got->broken, wanted->broken);
}

/* One engine with its model. The engine's output goes to a block of just the
 * size its contract asks for, so that a sanitizer sees what is beyond. */
struct engine {
	void (*begin)(void);
	void (*feed)(struct text *out, char const *s, size_t len);
	void (*end)(struct text *out);
	void (*model)(struct text *out, char const *s, size_t len);
};

/* All of one input, then with a cut at each offset, then octet by octet. */
static void
feed_all_ways(struct engine const *e, char const *s, size_t len)
{
	struct text wanted = { .len = 0 };
	size_t cut, i;

	e->model(&wanted, s, len);
	for (cut = 0; cut <= len + 1; cut++) {
		struct text got = { .len = 0 };

		e->begin();
		if (cut <= len) {
			e->feed(&got, s, cut);
			e->feed(&got, s + cut, len - cut);
		} else {
			for (i = 0; i < len; i++)
				e->feed(&got, s + i, 1);
		}
		e->end(&got);
		assert_text(&got, &wanted);
	}
}

static void
feed_all_texts(struct engine const *e)
{
	char s[LONGEST];
	size_t len, i;

	for (len = 0; len <= LONGEST; len++) {
		size_t number, texts = 1;

		for (i = 0; i < len; i++)
			texts *= sizeof octets;
		for (number = 0; number < texts; number++) {
			size_t left = number;

			for (i = 0; i < len; i++) {
				s[i] = octets[left % sizeof octets];
				left /= sizeof octets;
			}
			feed_all_ways(e, s, len);
		}
	}
}

/* at - these octets stand in s at i */
static bool
at(char const *s, size_t len, size_t i, char const *what)
{
	size_t n = strlen(what);

	return i + n <= len && !memcmp(s + i, what, n);
}

/* Receiving. Each message ends with an "E" in the output, and the next one
 * begins; the closing mark comes from the test, so the last is complete. */

static char const closing[] = "\r\n.\r\n";
static struct body_receive receive;

static void
receive_begin(void)
{
	receive = (struct body_receive){ .state = 0 };
}

static void
receive_feed(struct text *out, char const *s, size_t len)
{
	struct slice in = slice_from(s, len);

	while (in.len) {
		char *room = malloc(in.len + 1);
		uint64_t before = receive.size;
		size_t n = body_receive(&receive, &in, room);

		assert_int_equal(receive.size - before, n);
		add(out, room, n);
		free(room);
		if (receive.broken) out->broken = true;
		if (!receive.done) {
			assert_int_equal(in.len, 0);
			continue;
		}
		add(out, "E", 1);
		receive_begin();
	}
}

static void
receive_end(struct text *out)
{
	receive_feed(out, closing, sizeof closing - 1);
}

static void
receive_model(struct text *out, char const *text, size_t text_len)
{
	char s[ROOM] = "\r\n";
	size_t i, len = 2;

	memcpy(s + len, text, text_len);
	len += text_len;
	memcpy(s + len, closing, sizeof closing - 1);
	len += sizeof closing - 1;
	for (i = 2; i < len; i++) {
		if (at(s, len, i - 2, "\r\n.\r\n")) {
			add(out, "E", 1);
			i += 2;
			continue;
		}
		if (!s[i]) out->broken = true;
		if (s[i] == '\r' && !at(s, len, i, "\r\n")) out->broken = true;
		if (s[i] == '\n' && s[i - 1] != '\r') out->broken = true;
		if (!at(s, len, i - 2, "\r\n.")) add(out, s + i, 1);
	}
}

static void
receives_all_texts(void **state)
{
	struct engine const e = { receive_begin, receive_feed, receive_end,
				  receive_model };

	(void)state;
	feed_all_texts(&e);
}

/* No octet in front of an end mark can hide it, and nothing else is one. */
static void
ends_at_each_mark_only(void **state)
{
	static struct {
		char const *text;
		unsigned marks;
	} const rows[] = {
		{ ".\r\n", 1 },
		{ "\r\n.\r\n", 1 },
		{ "\r\n.\r\n.\r\n", 2 },
		{ "x\r\n.\r\n", 1 },
		{ "x\n.\n", 0 },
		{ "x\n.\r\n", 0 },
		{ "x\r.\r", 0 },
		{ "x\r.\r\n", 0 },
		{ "x\r\n.\n", 0 },
		{ "x\r\n.\r", 0 },
		{ "x\r\r\n.\r\n", 1 },
		{ "x\r\n.\r\r\n", 0 },
		{ "x\r\n..\r\n", 0 },
		{ "x\r\n. \r\n", 0 },
		{ "x\n\r\n.\r\n", 1 }
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct text out = { .len = 0 };
		unsigned marks = 0;

		receive_begin();
		receive_feed(&out, rows[i].text, strlen(rows[i].text));
		for (n = 0; n < out.len; n++)
			marks += out.s[n] == 'E';
		assert_int_equal(marks, rows[i].marks);
	}
}

static void
leaves_what_follows_the_mark(void **state)
{
	struct body_receive b = { .state = 0 };
	struct slice in = SLICE("hello\r\n.\r\nQUIT\r\n");
	char out[32];

	(void)state;
	assert_int_equal(body_receive(&b, &in, out), 7);
	assert_memory_equal(out, "hello\r\n", 7);
	assert_true(b.done);
	assert_false(b.broken);
	assert_true(slice_is(in, "QUIT\r\n"));
	assert_int_equal(body_receive(&b, &in, out), 0);
	assert_int_equal(in.len, 6);
	assert_int_equal(b.size, 7);
}

/* Sending */

static struct body_send sending;

static void
send_begin(void)
{
	sending = (struct body_send){ .state = 0 };
}

static void
send_feed(struct text *out, char const *s, size_t len)
{
	char *room = malloc(2 * len + !len);

	add(out, room, body_send(&sending, slice_from(s, len), room));
	free(room);
}

static void
send_end(struct text *out)
{
	char *room = malloc(5);

	add(out, room, body_send_end(&sending, room));
	free(room);
}

static void
send_model(struct text *out, char const *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		bool starts = !i || (i >= 2 && at(s, len, i - 2, "\r\n"));

		if (starts && s[i] == '.') add(out, ".", 1);
		add(out, s + i, 1);
	}
	if (len && (len < 2 || !at(s, len, len - 2, "\r\n")))
		add(out, "\r\n", 2);
	add(out, ".\r\n", 3);
}

static void
sends_all_texts(void **state)
{
	struct engine const e = { send_begin, send_feed, send_end, send_model };

	(void)state;
	feed_all_texts(&e);
}

/* LF or CRLF to CRLF */

static struct body_crlf crlf;

static void
crlf_begin(void)
{
	crlf = (struct body_crlf){ .state = 0 };
}

static void
crlf_feed(struct text *out, char const *s, size_t len)
{
	char *room = malloc(2 * len + !len);

	add(out, room, body_crlf(&crlf, slice_from(s, len), room));
	free(room);
}

static void
crlf_end(struct text *out)
{
	char *room = malloc(2);

	add(out, room, body_crlf_end(&crlf, room));
	free(room);
	out->broken = crlf.broken;
}

static void
crlf_model(struct text *out, char const *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] == '\n' && (!i || s[i - 1] != '\r'))
			add(out, "\r", 1);
		add(out, s + i, 1);
		if (s[i] == '\r' && !at(s, len, i, "\r\n")) out->broken = true;
		if (!s[i]) out->broken = true;
	}
	if (len && s[len - 1] != '\n') add(out, "\r\n", 2);
}

static void
completes_all_texts(void **state)
{
	struct engine const e = { crlf_begin, crlf_feed, crlf_end, crlf_model };

	(void)state;
	feed_all_texts(&e);
}

/* CRLF to LF */

static struct body_lf lf;

static void
lf_begin(void)
{
	lf = (struct body_lf){ .cr = false };
}

static void
lf_feed(struct text *out, char const *s, size_t len)
{
	char *room = malloc(len + 1);

	add(out, room, body_lf(&lf, slice_from(s, len), room));
	free(room);
}

static void
lf_end(struct text *out)
{
	char *room = malloc(1);

	add(out, room, body_lf_end(&lf, room));
	free(room);
}

static void
lf_model(struct text *out, char const *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!at(s, len, i, "\r\n")) add(out, s + i, 1);
}

static void
shortens_all_texts(void **state)
{
	struct engine const e = { lf_begin, lf_feed, lf_end, lf_model };

	(void)state;
	feed_all_texts(&e);
}

/* A random message, sent and received in random pieces, comes out as it went
 * in; so does one that goes to LF and back. */

static size_t
random_message(char *message)
{
	size_t n = 0, lines = seed_below(60);

	while (lines--) {
		size_t len = seed_below(50);

		while (len--) {
			char c = (char)(seed_next() & 0xff);

			if (seed_below(4) == 0) c = '.';
			if (c == '\r' || c == '\n' || !c) c = 'x';
			message[n++] = c;
		}
		message[n++] = '\r';
		message[n++] = '\n';
	}
	return n;
}

/* piece - up to so many octets from the start of in, which moves past them */
static struct slice
piece(struct slice *in)
{
	size_t n = 1 + seed_below(in->len < 100 ? in->len : 100);
	struct slice got = slice_from(in->s, n);

	*in = slice_skip(*in, n);
	return got;
}

static void
comes_back_from_the_wire(void **state)
{
	static char message[MESSAGE], wire[2 * MESSAGE + 5], back[2 * MESSAGE];
	int round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct body_send out = { .state = 0 };
		struct body_receive got = { .state = 0 };
		size_t len = random_message(message), sent = 0, n = 0;
		struct slice in = slice_from(message, len);

		while (in.len)
			sent += body_send(&out, piece(&in), wire + sent);
		sent += body_send_end(&out, wire + sent);
		in = slice_from(wire, sent);
		while (in.len) {
			struct slice part = piece(&in);

			n += body_receive(&got, &part, back + n);
			assert_int_equal(part.len, 0);
		}
		assert_true(got.done);
		assert_false(got.broken);
		assert_int_equal(n, len);
		assert_memory_equal(back, message, len);
	}
}

static void
comes_back_from_a_mailbox(void **state)
{
	static char message[MESSAGE], box[MESSAGE + 1], back[2 * MESSAGE];
	int round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct body_lf to = { .cr = false };
		struct body_crlf from = { .state = 0 };
		size_t len = random_message(message), stored = 0, n = 0;
		struct slice in = slice_from(message, len);

		while (in.len)
			stored += body_lf(&to, piece(&in), box + stored);
		assert_int_equal(body_lf_end(&to, box + stored), 0);
		in = slice_from(box, stored);
		while (in.len)
			n += body_crlf(&from, piece(&in), back + n);
		assert_int_equal(body_crlf_end(&from, back + n), 0);
		assert_false(from.broken);
		assert_int_equal(n, len);
		assert_memory_equal(back, message, len);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(receives_all_texts),
		cmocka_unit_test(ends_at_each_mark_only),
		cmocka_unit_test(leaves_what_follows_the_mark),
		cmocka_unit_test(sends_all_texts),
		cmocka_unit_test(completes_all_texts),
		cmocka_unit_test(shortens_all_texts),
		cmocka_unit_test(comes_back_from_the_wire),
		cmocka_unit_test(comes_back_from_a_mailbox)
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
