/* SPDX-License-Identifier: ISC */
/* Reports: their limits, their forms, and that nothing foreign breaks their
 * structure. With the name of a sample as argument this prints it: bounce.sh
 * beside this file shows the samples to a MIME parser. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/utf8.h"
#include "send/page.h"
#include "send/returned.h"

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
	char words[PAGE_WORDS_MAX + 2];
	struct bounce_rcpt rcpt = one;
	stralloc out = STRALLOC_ZERO;
	struct bounce b = make(&rcpt, 1, SLICE("\r\n"));
	size_t n, len[3];

	(void)state;
	memset(words, 'w', sizeof words);
	*words = '5';
	for (n = 0; n < 3; n++) {
		rcpt.words = slice_from(words, PAGE_WORDS_MAX - 1 + n);
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
	assert_int_equal(returned_header(slice_from(text, sizeof text)).len,
	    BOUNCE_HEADER_MAX / 11 * 11);
	/* the last line that fits ends exactly at the limit, or one behind */
	memcpy(text + BOUNCE_HEADER_MAX - 2, "\r\n", 2);
	text[BOUNCE_HEADER_MAX - 3] = text[BOUNCE_HEADER_MAX - 4] = 'x';
	assert_int_equal(returned_header(slice_from(text, sizeof text)).len,
	    BOUNCE_HEADER_MAX);
	memcpy(text + BOUNCE_HEADER_MAX - 2, "x\r\n", 3);
	assert_in_range(returned_header(slice_from(text, sizeof text)).len,
	    BOUNCE_HEADER_MAX - 20, BOUNCE_HEADER_MAX - 1);

	assert_int_equal(returned_header(SLICE("a: b\r\n\r\nbody\r\n")).len, 8);
	assert_int_equal(returned_header(SLICE("\r\nbody\r\n")).len, 2);
	assert_int_equal(returned_header(SLICE("a: b\r\ncut off")).len, 6);
	assert_int_equal(returned_header(SLICE("")).len, 0);
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
	/* a command's may begin as a reply does */
	rcpt.words = SLICE("5.7.1 not wanted");
	rcpt.where = SLICE("local /bin/sh");
	text = compose(&out, &b);
	assert_int_equal(count(text, "Diagnostic-Code: x-mailgrave; 5.7.1 not"),
	    1);
	assert_int_equal(count(text, "Remote-MTA"), 0);
	/* hosts may have any name */
	rcpt.where = SLICE("local[192.0.2.1]:25");
	assert_int_equal(count(compose(&out, &b),
	    "Remote-MTA: dns; local[192.0.2.1]:25"), 1);
	stralloc_free(&out);
}

/* One recipient for each action. */
static struct bounce_rcpt const all_actions[] = {
	{ BOUNCE_DELIVERED, SLICE("in@b.test"), SLICE("rfc822;In+2Bx@B.test"),
	    SLICE("2.0.0"), SLICE("in/"), SLICE("delivered") },
	{ BOUNCE_FAILED, SLICE("no@b.test"), SLICE("x400;/G+3D+41/"),
	    SLICE("5.1.1"), SLICE("mx.test"), SLICE("550 5.1.1 nobody") },
	{ BOUNCE_DELAYED, SLICE("later@b.test"), SLICE(""), SLICE("4.4.1"),
	    SLICE("mx.test"), SLICE("421 4.3.2 busy") },
	{ BOUNCE_RELAYED, SLICE("on@c.test"), SLICE("rfc822;bad+2x@c.test"),
	    SLICE("2.0.0"), SLICE("mx.c.test"), SLICE("250 ok") },
	{ BOUNCE_EXPANDED, SLICE("all@d.test"), SLICE("rfc822"), SLICE(""),
	    SLICE(""), SLICE("") },
};

static struct bounce
make_all(void)
{
	struct bounce b = make(all_actions,
	    sizeof all_actions / sizeof *all_actions,
	    SLICE("Message-ID:\r\n <x@y.test>\r\n\r\nbody\r\n"));

	b.until_s = b.now_s + 3600;
	b.envid = SLICE("QQ+2B314159");
	return b;
}

static void
every_action(void **state)
{
	stralloc out = STRALLOC_ZERO;
	struct bounce b = make_all();
	struct slice text = compose(&out, &b);
	static char const *const once[] = {
		"Original-Envelope-Id: QQ+314159\r\n",
		"Original-Recipient: rfc822; In+x@B.test\r\n"
		    "Final-Recipient: rfc822; in@b.test\r\n"
		    "Action: delivered\r\nStatus: 2.0.0\r\n",
		"Original-Recipient: x400; /G=A/\r\n",
		"\r\n\r\nFinal-Recipient: rfc822; later@b.test\r\n"
		    "Action: delayed\r\nStatus: 4.4.1\r\n",
		"\r\nLast-Attempt-Date: ", "\r\nWill-Retry-Until: ",
		"\r\n\r\nFinal-Recipient: rfc822; on@c.test\r\n"
		    "Action: relayed\r\nStatus: 2.0.0\r\n",
		"Action: expanded\r\nStatus: 2.0.0\r\n",
		"\r\nSubject: Your mail could not be delivered\r\n",
		"\r\nReferences: <x@y.test>\r\n",
		"\r\nAuto-Submitted: auto-replied\r\n",
		"\r\nContent-Type: message/rfc822\r\n",
	};
	size_t i;

	(void)state;
	assert_lines(text);
	for (i = 0; i < sizeof once / sizeof *once; i++)
		assert_int_equal(count(text, once[i]), 1);
	assert_int_equal(count(text, "\r\nOriginal-Recipient: "), 2);
	assert_false(bounce_is_utf8(&b));
	assert_false(bounce_is_eightbit(&b));
	stralloc_free(&out);
}

/* The worst that a report tells of is its subject, and its own text has one
 * group for each action. */
static void
subjects(void **state)
{
	static char const *const subject[BOUNCE_ACTIONS] = {
		[BOUNCE_FAILED] = "Your mail could not be delivered\r\n",
		[BOUNCE_DELAYED] = "Your mail has not been delivered yet\r\n",
		[BOUNCE_RELAYED] = "Your mail has been passed on\r\n",
		[BOUNCE_EXPANDED] = "Your mail has been passed on\r\n",
		[BOUNCE_DELIVERED] = "Your mail has been delivered\r\n",
	};
	stralloc out = STRALLOC_ZERO;
	int first, second;

	(void)state;
	for (first = 0; first < BOUNCE_ACTIONS; first++)
		for (second = first; second < BOUNCE_ACTIONS; second++) {
			struct bounce_rcpt rcpt[2] = { one, one };
			struct bounce b = make(rcpt, 2, SLICE("\r\n"));
			char line[80];

			rcpt[1].action = (enum bounce_action)first;
			rcpt[0].action = (enum bounce_action)second;
			snprintf(line, sizeof line, "\r\nSubject: %s",
			    subject[first]);
			assert_int_equal(count(compose(&out, &b), line), 1);
			assert_int_equal(count(compose(&out, &b),
			    "\r\nAction: "), 2);
			assert_int_equal(count(compose(&out, &b), "\r\n  <"), 2);
		}
	stralloc_free(&out);
}

/* A status of another class than its action is not believed, nor one that is
 * no number. */
static void
status_fits(void **state)
{
	struct bounce_rcpt rcpt = one;
	stralloc out = STRALLOC_ZERO;
	struct bounce b = make(&rcpt, 1, SLICE("\r\n"));

	(void)state;
	rcpt.action = BOUNCE_DELAYED;
	assert_int_equal(count(compose(&out, &b), "Status: 4.0.0\r\n"), 1);
	rcpt.status = SLICE("4.2.2");
	assert_int_equal(count(compose(&out, &b), "Status: 4.2.2\r\n"), 1);
	rcpt.status = SLICE("4.2.2\r\n\r\nX");
	assert_int_equal(count(compose(&out, &b), "Status: 4.0.0\r\n"), 1);
	stralloc_free(&out);
}

/* RFC 3461 section 6.2 */
static void
what_comes_back(void **state)
{
	static struct {
		enum bounce_action action;
		enum ret ret;
		bool whole;
		char const *type;
	} const row[] = {
		{ BOUNCE_FAILED, RET_UNSAID, true, "message/rfc822" },
		{ BOUNCE_FAILED, RET_FULL, true, "message/rfc822" },
		{ BOUNCE_FAILED, RET_HDRS, true, "text/rfc822-headers" },
		{ BOUNCE_FAILED, RET_FULL, false, "text/rfc822-headers" },
		{ BOUNCE_DELAYED, RET_FULL, true, "text/rfc822-headers" },
		{ BOUNCE_DELIVERED, RET_FULL, true, "text/rfc822-headers" },
		{ BOUNCE_RELAYED, RET_FULL, true, "text/rfc822-headers" },
		{ BOUNCE_EXPANDED, RET_FULL, true, "text/rfc822-headers" },
	};
	stralloc out = STRALLOC_ZERO;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		struct bounce_rcpt rcpt = one;
		struct bounce b = make(&rcpt, 1, SLICE("A: b\r\n\r\nbody\r\n"));
		struct slice text;
		bool body = !strcmp(row[i].type, "message/rfc822");

		rcpt.action = row[i].action;
		b.ret = row[i].ret;
		b.whole = row[i].whole;
		text = compose(&out, &b);
		assert_int_equal(count(text, row[i].type), 1);
		assert_int_equal(count(text, "\r\nA: b\r\n\r\n"), 1);
		assert_int_equal(count(text, "\r\nbody\r\n"), body);
		b.text.len = 0;	/* it couldn't be read */
		text = compose(&out, &b);
		assert_int_equal(count(text, "rfc822-headers"), 0);
		assert_int_equal(count(text, "\r\n--=_"), 3);
	}
	stralloc_free(&out);
}

static struct bounce_rcpt const far_away = { BOUNCE_FAILED,
	SLICE("j\xc3\xb6rg=x@b\xc3\xbc.test"),
	SLICE("utf-8;j\\x{F6}rg\\x{2B}@b.test"), SLICE("5.1.1"), SLICE(""),
	SLICE("no such mailbox") };

/* A sender who said SMTPUTF8 reads addresses as they are, another one gets
 * them in ASCII (RFC 6533). */
static void
utf8_addresses(void **state)
{
	stralloc out = STRALLOC_ZERO;
	struct bounce b = make(&far_away, 1,
	    SLICE("Subject: gr\xc3\xbc\xc3\x9f\r\n\r\nbody\r\n"));
	struct slice text;

	(void)state;
	b.utf8 = true;
	assert_true(bounce_is_utf8(&b));
	assert_true(bounce_is_eightbit(&b));
	text = compose(&out, &b);
	assert_int_equal(count(text,
	    "Content-Type: message/global-delivery-status\r\n"), 1);
	assert_int_equal(count(text, "Content-Type: message/global\r\n"), 1);
	assert_int_equal(count(text, "charset=utf-8"), 1);
	assert_int_equal(count(text,
	    "Original-Recipient: utf-8; j\xc3\xb6rg+@b.test\r\n"
	    "Final-Recipient: utf-8; j\xc3\xb6rg=x@b\xc3\xbc.test\r\n"), 1);
	b.ret = RET_HDRS;
	assert_int_equal(count(compose(&out, &b),
	    "Content-Type: message/global-headers\r\n"), 1);

	b.utf8 = false;
	assert_false(bounce_is_utf8(&b));
	assert_true(bounce_is_eightbit(&b));	/* the Subject of the mail */
	text = compose(&out, &b);
	assert_int_equal(count(text, "message/global"), 0);
	assert_int_equal(count(text,
	    "Original-Recipient: utf-8; j\\x{F6}rg\\x{2B}@b.test\r\n"
	    "Final-Recipient: utf-8; j\\x{F6}rg\\x{3D}x@b\\x{FC}.test\r\n"), 1);
	b.text = SLICE("A: b\r\n\r\n");
	assert_false(bounce_is_eightbit(&b));
	assert_true(utf8_is_ascii(compose(&out, &b)));

	/* nothing else to tell him at all: To can only be written so */
	b.to = SLICE("\xc3\xa9@e.test");
	assert_true(bounce_is_utf8(&b));
	assert_int_equal(count(compose(&out, &b), "\r\nTo: <\xc3\xa9@e.test>"),
	    1);
	stralloc_free(&out);
}

/* Only what isn't ASCII makes it a report of RFC 6533. */
static void
utf8_only_where_needed(void **state)
{
	struct bounce_rcpt rcpt = one;
	struct bounce b = make(&rcpt, 1, SLICE("A: b\r\n\r\ngr\xc3\xbc\r\n"));

	(void)state;
	b.utf8 = true;
	assert_false(bounce_is_utf8(&b));	/* the text may be anything */
	assert_true(bounce_is_eightbit(&b));
	rcpt.orcpt = SLICE("utf-8;\\x{E9}@b.test");
	assert_true(bounce_is_utf8(&b));
	rcpt.orcpt = SLICE("utf-8;\\x{41}@b.test");
	assert_false(bounce_is_utf8(&b));
	rcpt.orcpt = SLICE("utf-8;\xe9@b.test"); /* malformed */
	assert_false(bounce_is_utf8(&b));
	b.text = SLICE("A: \xc3\xbc\r\n\r\n");
	assert_true(bounce_is_utf8(&b));
}

static void
hostile_parameters(void **state)
{
	static struct slice const bad[] = {
		SLICE("a\r\nX: y"), SLICE("rfc822;a\r\nStatus: 2.0.0"),
		SLICE("rfc822;+0D+0AStatus:+202.0.0"), SLICE("utf-8;\\x{0A}x"),
		SLICE("rfc822\r\nStatus:;a"), SLICE("+0D+0AStatus:"),
		SLICE("\r\n\r\n--=_"), SLICE("utf-8;a\xff"),
	};
	struct bounce_rcpt rcpt = one;
	stralloc out = STRALLOC_ZERO;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bounce b = make(&rcpt, 1, SLICE("\r\n"));
		struct slice text;

		b.envid = rcpt.orcpt = rcpt.address = rcpt.status = bad[i];
		text = compose(&out, &b);
		assert_lines(text);
		assert_int_equal(count(text, "\r\nStatus:"), 1);
		assert_int_equal(count(text, "\r\nOriginal-Recipient"), 0);
		assert_int_equal(count(text, "\r\nX: y"), 0);
		assert_int_equal(count(text, "\r\n--=_"), 4);
	}
	stralloc_free(&out);
}

static void
references(void **state)
{
	static struct {
		struct slice text;
		size_t n;
	} const row[] = {
		{ SLICE("A: b\r\nmessage-id: <a@b> \r\n\r\n"), 1 },
		{ SLICE("A: b\r\n Message-ID: <a@b>\r\n\r\n"), 0 },
		{ SLICE("\r\nMessage-ID: <a@b>\r\n"), 0 },
		{ SLICE("Message-ID: <a@b> (c)\r\n\r\n"), 0 },
		{ SLICE("Message-ID: <a\r\n X: y@b>\r\n\r\n"), 0 },
		{ SLICE("Message-ID: <a\x80@b>\r\n\r\n"), 0 },
		{ SLICE("Message-ID: <>\r\n\r\n"), 0 },
		{ SLICE("Message-ID:\r\n\r\n"), 0 },
		{ SLICE("Message-ID:"), 0 },
		{ SLICE("Message-ID: <a@b>"), 0 },
	};
	char text[320] = "Message-ID: <";
	stralloc out = STRALLOC_ZERO;
	struct bounce b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		b = make(&one, 1, row[i].text);
		assert_int_equal(count(compose(&out, &b), "References: <a@b>\r"),
		    row[i].n);
	}
	memset(text + 13, 'x', 300);
	for (i = 0; i < 2; i++) {	/* 250 octets, 251 */
		memcpy(text + 13 + 248 + i, ">\r\n\r\n", 6);
		b = make(&one, 1, slice_of(text));
		assert_int_equal(count(compose(&out, &b), "References: <"),
		    1 - i);
		text[13 + 248 + i] = 'x';
	}
	stralloc_free(&out);
}

/* Samples for a MIME parser */

static struct bounce
sample(char const *name)
{
	struct bounce b = make_all();

	if (!strcmp(name, "plain")) b = make(&one, 1, SLICE("A: b\r\n\r\nc\r\n"));
	if (!strncmp(name, "utf8", 4)) {
		b = make(&far_away, 1, SLICE("Subject: \xc3\xbc\r\n\r\nc\r\n"));
		b.utf8 = true;
	}
	if (!strcmp(name, "utf8-ascii")) b.utf8 = false;
	if (!strcmp(name, "nothing")) b.text.len = 0;
	if (!strcmp(name, "hostile"))
		b.text = SLICE("Content-Type: multipart/mixed; boundary=x\r\n"
		    "\r\n--x\r\n\r\n--=_\r\nContent-Type: message/rfc822\r\n");
	return b;
}

static int
print(char const *name)
{
	struct bounce b = sample(name);
	stralloc out = STRALLOC_ZERO;
	bool fine = bounce_compose(&out, &b) &&
	    fwrite(out.s, 1, out.len, stdout) == out.len;

	stralloc_free(&out);
	return !fine;
}

int
main(int argc, char **argv)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(hostile_words),
		cmocka_unit_test(words_are_cut),
		cmocka_unit_test(header_is_cut),
		cmocka_unit_test(eight_bits),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(our_own_words),
		cmocka_unit_test(every_action),
		cmocka_unit_test(subjects),
		cmocka_unit_test(status_fits),
		cmocka_unit_test(what_comes_back),
		cmocka_unit_test(utf8_addresses),
		cmocka_unit_test(utf8_only_where_needed),
		cmocka_unit_test(hostile_parameters),
		cmocka_unit_test(references),
	};

	if (argc > 1) return print(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
