/* SPDX-License-Identifier: ISC */
/* Senders and recipients from options, operands and headers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "inject/envelope.h"

static struct envelope
envelope(size_t most)
{
	struct envelope e;

	envelope_init(&e, SLICE("d.example"), most);
	return e;
}

/* all - the recipients with blanks between */
static char const *
all(struct envelope const *e)
{
	static char out[4096];
	size_t i, n = 0;

	for (i = 0; i < e->rcpts; i++) {
		assert_true(n + ADDR_TEXT_MAX + 2 < sizeof out);
		if (n) out[n++] = ' ';
		n += addr_format(e->rcpt + i, out + n);
	}
	out[n] = '\0';
	return out;
}

static void
test_from(void **state)
{
	struct envelope e = envelope(1);
	char text[ADDR_TEXT_MAX + 1];

	(void)state;
	assert_true(envelope_from(&e, SLICE("<>")));
	assert_true(e.bounce);
	assert_true(envelope_from(&e, SLICE("me")));
	assert_false(e.bounce);
	text[addr_format(&e.sender, text)] = '\0';
	assert_string_equal(text, "me@d.example");
	assert_true(envelope_from(&e, SLICE("Me <me@x.example>")));
	text[addr_format(&e.sender, text)] = '\0';
	assert_string_equal(text, "me@x.example");
	assert_true(envelope_from(&e, SLICE("")));
	assert_true(e.bounce);
	assert_false(envelope_from(&e, SLICE("a, b")));
	assert_false(envelope_from(&e, SLICE("a b")));
	assert_false(envelope_from(&e, SLICE("a@x.example, b c")));
	assert_false(envelope_from(&e, SLICE("g:;")));
	assert_int_equal(e.rcpts, 0);
}

static void
test_header(void **state)
{
	static struct {
		char const *text, *want;
	} const rows[] = {
		{ "To: a\r\nCc: b@x.example\r\nBcc: c\r\nFrom: z\r\n"
		  "Reply-To: y\r\nSubject: w\r\n",
		  "a@d.example b@x.example c@d.example" },
		{ "To: a\r\nTO: b\r\n", "a@d.example b@d.example" },
		{ "To: a\r\nBcc: b\r\nResent-To: c\r\nResent-Bcc: e\r\n",
		  "c@d.example e@d.example" },
		{ "To: a\r\nResent-From: b\r\n", "" },
		{ "To: b, a, B, b, a@d.example, a@D.EXAMPLE\r\n",
		  "B@d.example a@d.example b@d.example" },
		{ "Subject: x\r\n", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct envelope e = envelope(10);
		struct slice field;

		assert_true(envelope_read(&e, slice_of(rows[i].text),
		    &field));
		envelope_settle(&e);
		assert_string_equal(all(&e), rows[i].want);
		envelope_free(&e);
	}
}

static void
test_bad_header(void **state)
{
	struct envelope e = envelope(10);
	struct slice field;

	(void)state;
	assert_false(envelope_read(&e,
	    SLICE("To: a\r\ncc: b c\r\n"), &field));
	assert_true(slice_is(field, "cc"));
	assert_string_equal(e.why, "a name without an address");
	envelope_free(&e);
}

static void
test_limit(void **state)
{
	struct envelope e = envelope(3);

	(void)state;
	assert_true(envelope_to(&e, SLICE("a, b")));
	assert_true(envelope_to(&e, SLICE("c")));
	assert_string_equal(all(&e), "a@d.example b@d.example c@d.example");
	assert_false(envelope_to(&e, SLICE("d")));
	assert_string_equal(e.why, "too many recipients");
	assert_int_equal(e.rcpts, 3);
	envelope_free(&e);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_from),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_bad_header),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
