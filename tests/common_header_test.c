/* SPDX-License-Identifier: ISC */
/* Where a header ends, and its fields. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "common/header.h"

static struct {
	char const *text;
	size_t header, body;
} const rows[] = {
	{ "", 0, 0 },
	{ "\r\n", 0, 2 },
	{ "\r\nA: b\r\n", 0, 2 },
	{ "A: b\r\n\r\nbody\r\n", 6, 8 },
	{ "A: b\r\n", 6, 6 },
	{ "A: b\r\n c\r\n\td\r\n\r\n", 14, 16 },
	{ "A:\r\n\r\n", 4, 6 },
	{ "A : b\r\n\r\n", 7, 9 },
	{ "no header\r\n", 0, 0 },
	{ "nocolon\r\n", 0, 0 },
	{ ": empty name\r\n", 0, 0 },
	{ " folded first\r\n", 0, 0 },
	{ "A: b\r\nno header\r\n", 6, 6 },
	{ "From me Fri Nov 20\r\nA: b\r\n", 0, 0 },
	{ "A\xff: b\r\n", 0, 0 },
	{ "A\x7f: b\r\n", 0, 0 },
	{ "A: b\r\n.\r\n", 6, 6 },
};

/* Whole, and in two pieces cut everywhere: the answer is the same. */
static void
test_search(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice text = slice_of(rows[i].text);

		for (cut = 0; cut <= text.len; cut++) {
			struct header_search h = { .line = 0 };
			int got = header_search(&h,
			    slice_from(text.s, cut), false);

			if (!got) got = header_search(&h, text, true);
			assert_int_equal(got, 1);
			assert_int_equal(h.header.len, rows[i].header);
			assert_int_equal(h.body, rows[i].body);
		}
	}
}

/* header_of - a header of n octets, an empty line, a body */
static char *
header_of(size_t n)
{
	char *text = malloc(n + 4);

	assert_non_null(text);
	memset(text, 'x', n);
	memcpy(text, "A: ", 3);
	memcpy(text + n - 2, "\r\n\r\nb", 5);
	return text;
}

static int
search_whole(char const *text, size_t len)
{
	struct header_search h = { .line = 0 };

	return header_search(&h, slice_from(text, len), false);
}

static void
test_size(void **state)
{
	char *text;

	(void)state;
	text = header_of(HEADER_MAX);
	assert_int_equal(search_whole(text, HEADER_MAX + 3), 1);
	free(text);
	text = header_of(HEADER_MAX + 1);
	assert_int_equal(search_whole(text, HEADER_MAX + 4), -1);
	free(text);
	/* said as soon as it is known, not when the line ends */
	text = header_of(1000000);
	assert_int_equal(search_whole(text, HEADER_MAX + 2), -1);
	free(text);
}

static void
test_name_length(void **state)
{
	char text[HEADER_NAME_MAX + 8];

	(void)state;
	memset(text, 'n', sizeof text);
	memcpy(text + HEADER_NAME_MAX, ":\r\n\r\n", 5);
	assert_int_equal(search_whole(text, HEADER_NAME_MAX), 0);
	assert_int_equal(search_whole(text, HEADER_NAME_MAX + 5), 1);
	text[HEADER_NAME_MAX] = 'n';
	memcpy(text + HEADER_NAME_MAX + 1, ":\r\n\r\n", 5);
	/* known to be no field before its line has ended */
	assert_int_equal(search_whole(text, HEADER_NAME_MAX + 1), 1);
	memset(text + 1, ' ', HEADER_NAME_MAX);
	assert_int_equal(search_whole(text, HEADER_NAME_MAX), 0);
	assert_int_equal(search_whole(text, HEADER_NAME_MAX + 1), 1);
}

static void
test_fields(void **state)
{
	struct slice rest = SLICE("to: a\r\n b\r\nX-Any :  c \r\nBCC:d\r\n"
				  "Resent-Date:\r\n");
	struct header_field f;

	(void)state;
	assert_true(header_next(&rest, &f));
	assert_true(slice_is(f.name, "to"));
	assert_true(slice_is(f.value, " a\r\n b"));
	assert_true(slice_is(f.whole, "to: a\r\n b\r\n"));
	assert_int_equal(f.use, HEADER_ADDRESSES | HEADER_RECIPIENTS);
	assert_true(header_next(&rest, &f));
	assert_true(slice_is(f.name, "X-Any"));
	assert_true(slice_is(f.value, "  c "));
	assert_int_equal(f.use, 0);
	assert_int_equal(f.must, HEADER_MUSTS);
	assert_true(header_next(&rest, &f));
	assert_true(slice_is(f.name, "BCC"));
	assert_true(f.use & HEADER_REMOVED);
	assert_false(header_is_resent(SLICE("Date: x\r\n")));
	assert_true(header_is_resent(rest));
	assert_true(header_next(&rest, &f));
	assert_int_equal(f.value.len, 0);
	assert_int_equal(f.must, HEADER_RESENT_DATE);
	assert_false(header_next(&rest, &f));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_name_length),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
