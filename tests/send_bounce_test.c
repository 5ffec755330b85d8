/* SPDX-License-Identifier: ISC */
/* Reports: their limits, and that nothing foreign breaks their structure. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "send/bounce.h"

static struct bounce_rcpt one = { .address = { "a@b.test", 8 },
	.status = { "5.1.1", 5 }, .where = { "mx.test[192.0.2.1]:25", 21 },
	.words = { "550 5.1.1 nobody", 16 } };

static struct bounce
make(struct bounce_rcpt const *rcpt, size_t n, struct slice text)
{
	struct bounce b = { .hostname = SLICE("mx.example"),
		.to = SLICE("me@example.test"), .now_s = 1795000000,
		.arrived_s = 1794990000, .rcpt = rcpt, .rcpts = n,
		.text = text, .whole = true };

	traceid_make(&b.id, b.now_s * 1000);
	traceid_make(&b.of, b.arrived_s * 1000);
	return b;
}

static size_t
count(struct slice text, char const *what)
{
	size_t i, n = 0, len = strlen(what);

	for (i = 0; i + len <= text.len; i++)
		if (!memcmp(text.s + i, what, len)) n++;
	return n;
}

static struct slice
compose(stralloc *out, struct bounce const *b)
{
	out->len = 0;
	assert_true(bounce_compose(out, b));
	return slice_from(out->s, out->len);
}

/* Every line ends with CRLF, none is longer than 998 octets. */
static void
assert_lines(struct slice text)
{
	size_t i, line = 0;

	for (i = 0; i < text.len; i++) {
		if (text.s[i] == '\n') assert_true(i && text.s[i - 1] == '\r');
		if (text.s[i] == '\r') assert_int_equal(text.s[i + 1], '\n');
		line = text.s[i] == '\n' ? 0 : line + 1;
		assert_in_range(line, 0, 999);
	}
	assert_int_equal(text.s[text.len - 1], '\n');
}

static void
hostile_words(void **state)
{
	char words[3000];
	struct bounce_rcpt rcpt = one;
	stralloc out = STRALLOC_ZERO;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof words; i++)
		words[i] = (char)(i * 7919 % 256);
	memcpy(words, "\r\n\r\n--=_\r\nStatus: 2.0.0\r\n\r\n", 28);
	rcpt.words = slice_from(words, sizeof words);
	rcpt.where = slice_from(words, 500);
	for (i = 0; i < 2; i++) {
		struct bounce b = make(&rcpt, 1, SLICE("Subject: x\r\n\r\n"));
		struct slice text = compose(&out, &b);

		assert_lines(text);
		assert_int_equal(count(text, "\r\nStatus:"), 1);
		assert_int_equal(count(text, "\r\n--=_"), 4);
		assert_false(bounce_is_eightbit(&b));
		/* from now on they look like a reply */
		words[0] = words[1] = words[2] = words[3] = '5';
		words[4] = words[5] = ' ';
	}
	stralloc_free(&out);
}

static void
words_are_cut(void **state)
{
	char words[BOUNCE_WORDS_MAX + 2];
	struct bounce_rcpt rcpt = one;
	stralloc out = STRALLOC_ZERO;
	struct bounce b = make(&rcpt, 1, SLICE("\r\n"));
	size_t n, len[3];

	(void)state;
	memset(words, 'w', sizeof words);
	*words = '5';
	for (n = 0; n < 3; n++) {
		rcpt.words = slice_from(words, BOUNCE_WORDS_MAX - 1 + n);
		len[n] = compose(&out, &b).len;
	}
	assert_int_equal(len[1] - len[0], 2); /* told twice */
	assert_int_equal(len[2], len[1]);
	stralloc_free(&out);
}

static void
header_is_cut(void **state)
{
	static char text[BOUNCE_HEADER_MAX + 100];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof text; i++)
		text[i] = "Header: 1\r\n"[i % 11];
	assert_int_equal(bounce_header(slice_from(text, sizeof text)).len,
	    BOUNCE_HEADER_MAX / 11 * 11);
	/* the last line that fits ends exactly at the limit, or one behind */
	memcpy(text + BOUNCE_HEADER_MAX - 2, "\r\n", 2);
	text[BOUNCE_HEADER_MAX - 3] = text[BOUNCE_HEADER_MAX - 4] = 'x';
	assert_int_equal(bounce_header(slice_from(text, sizeof text)).len,
	    BOUNCE_HEADER_MAX);
	memcpy(text + BOUNCE_HEADER_MAX - 2, "x\r\n", 3);
	assert_in_range(bounce_header(slice_from(text, sizeof text)).len,
	    BOUNCE_HEADER_MAX - 20, BOUNCE_HEADER_MAX - 1);

	assert_int_equal(bounce_header(SLICE("a: b\r\n\r\nbody\r\n")).len, 8);
	assert_int_equal(bounce_header(SLICE("\r\nbody\r\n")).len, 2);
	assert_int_equal(bounce_header(SLICE("a: b\r\ncut off")).len, 6);
	assert_int_equal(bounce_header(SLICE("")).len, 0);
}

static void
eight_bits(void **state)
{
	stralloc out = STRALLOC_ZERO;
	struct bounce b = make(&one, 1, SLICE("a: b\r\n\r\ngr\xfc\xdf\r\n"));
	struct slice text;

	(void)state;
	text = compose(&out, &b);
	assert_true(bounce_is_eightbit(&b));
	assert_int_equal(count(text,
	    "\r\nContent-Transfer-Encoding: 8bit\r\n"), 2);
	b.whole = false; /* the header alone is clean */
	text = compose(&out, &b);
	assert_false(bounce_is_eightbit(&b));
	assert_int_equal(count(text, "Content-Transfer-Encoding"), 0);
	assert_int_equal(count(text, "text/rfc822-headers"), 1);
	stralloc_free(&out);
}

static void
many_recipients(void **state)
{
	struct bounce_rcpt *rcpt = calloc(BOUNCE_RCPTS_MAX, sizeof *rcpt);
	stralloc out = STRALLOC_ZERO;
	struct bounce b = make(rcpt, BOUNCE_RCPTS_MAX, SLICE("\r\n"));
	struct slice text;
	size_t i;

	(void)state;
	assert_non_null(rcpt);
	for (i = 0; i < BOUNCE_RCPTS_MAX; i++)
		rcpt[i] = one;
	rcpt[7].status = rcpt[7].words = SLICE("");
	text = compose(&out, &b);
	assert_lines(text);
	assert_int_equal(count(text, "\r\nFinal-Recipient: rfc822; a@b.test"),
	    BOUNCE_RCPTS_MAX);
	assert_int_equal(count(text, "\r\nStatus: 5.0.0\r\n"), 1);
	assert_int_equal(count(text, "\r\nDiagnostic-Code: "),
	    BOUNCE_RCPTS_MAX - 1);
	stralloc_free(&out);
	free(rcpt);
}

/* Words of our own are not said to be SMTP, and name no host. */
static void
our_own_words(void **state)
{
	struct bounce_rcpt rcpt = one;
	stralloc out = STRALLOC_ZERO;
	struct bounce b = make(&rcpt, 1, SLICE("\r\n"));
	struct slice text;

	(void)state;
	assert_int_equal(count(compose(&out, &b), "Remote-MTA: dns; mx.test"),
	    1);
	rcpt.words = SLICE("no route for this recipient");
	text = compose(&out, &b);
	assert_int_equal(count(text, "Diagnostic-Code: x-mailgrave; no"), 1);
	assert_int_equal(count(text, "Remote-MTA"), 0);
	stralloc_free(&out);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(hostile_words),
		cmocka_unit_test(words_are_cut),
		cmocka_unit_test(header_is_cut),
		cmocka_unit_test(eight_bits),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(our_own_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
