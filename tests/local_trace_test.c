/* SPDX-License-Identifier: ISC */
/* Our own Delivered-To in a header, however the octets arrive. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "local/trace.h"

static struct {
	char const *text;
	enum trace_answer answer;
} const rows[] = {
	{ "Delivered-To: a@b.example\r\n\r\n", TRACE_BEEN },
	{ "X: y\r\ndelivered-to:A@B.example \r\n\r\n", TRACE_BEEN },
	{ "X: y\r\nDelivered-To:\ta@b.example\r\n", TRACE_BEEN },
	{ "Delivered-To: aa@b.example\r\n\r\n", TRACE_NEW },
	{ "Delivered-To: a@b.exampl\r\n\r\n", TRACE_NEW },
	{ "Delivered-To: c@b.example\r\nDelivered-To: a@b.example\r\n\r\n",
	  TRACE_BEEN },
	{ "X-Delivered-To: a@b.example\r\n\r\n", TRACE_NEW },
	{ "Delivered-To:\r\n\r\n", TRACE_NEW },
	{ "X: y\r\n\r\nDelivered-To: a@b.example\r\n", TRACE_NEW },
	{ "\r\nDelivered-To: a@b.example\r\n", TRACE_NEW },
	{ "X: y\r\n", TRACE_UNSURE },
	{ "", TRACE_UNSURE },
};

static void
test_rows(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice text = slice_of(rows[i].text);

		for (cut = 0; cut <= text.len; cut++) {
			struct trace t = { .address = SLICE("a@b.example") };
			enum trace_answer answer;

			answer = trace_feed(&t, slice_from(text.s, cut));
			if (answer == TRACE_UNSURE)
				answer = trace_feed(&t, slice_skip(text, cut));
			assert_int_equal(answer, rows[i].answer);
		}
	}
}

/* A line longer than the cap is no line of ours, and hides none behind it. */
static void
test_long_line(void **state)
{
	static char const ours[] = "\r\nDelivered-To: a@b.example\r\n";
	struct trace t = { .address = SLICE("a@b.example") };
	size_t const len = 1000000;
	char *text = malloc(len);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text, ours + 2, sizeof ours - 5);
	assert_int_equal(trace_feed(&t, slice_from(text, len)), TRACE_UNSURE);
	assert_int_equal(trace_feed(&t, slice_of(ours)), TRACE_BEEN);
	free(text);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
