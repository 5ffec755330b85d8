/* SPDX-License-Identifier: ISC */
/* UTF-8: each length at its ends, and all that must not be taken for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/utf8.h"

static void
ends_of_each_length(void **state)
{
	static struct {
		uint32_t point;
		char const *octets;
	} const row[] = {
		{ 0x7f, "\x7f" }, { 0x80, "\xc2\x80" }, { 0x7ff, "\xdf\xbf" },
		{ 0x800, "\xe0\xa0\x80" }, { 0xd7ff, "\xed\x9f\xbf" },
		{ 0xe000, "\xee\x80\x80" }, { 0xffff, "\xef\xbf\xbf" },
		{ 0x10000, "\xf0\x90\x80\x80" },
		{ 0x10ffff, "\xf4\x8f\xbf\xbf" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		struct slice octets = slice_of(row[i].octets);
		char out[UTF8_MAX];
		uint32_t point = 0;

		assert_int_equal(utf8_take(octets, &point), octets.len);
		assert_int_equal(point, row[i].point);
		assert_int_equal(utf8_put(out, point), octets.len);
		assert_memory_equal(out, octets.s, octets.len);
		octets.len--;	/* the last octet is missing */
		assert_int_equal(utf8_take(octets, &point), 0);
	}
	assert_int_equal(utf8_take(SLICE("\0"), &(uint32_t){ 1 }), 1);
}

static void
nothing_else(void **state)
{
	static char const *const bad[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3(", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff",
		"\xe2\x82 ", "\xf0\x9f\x92",
	};
	char out[UTF8_MAX];
	uint32_t point;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(utf8_take(slice_of(bad[i]), &point), 0);
	assert_int_equal(utf8_put(out, 0xd800), 0);
	assert_int_equal(utf8_put(out, 0xdfff), 0);
	assert_int_equal(utf8_put(out, 0x110000), 0);
}

static void
all_there_and_back(void **state)
{
	uint32_t point, again;
	char out[UTF8_MAX];

	(void)state;
	for (point = 0; point <= 0x10ffff; point++) {
		size_t n = utf8_put(out, point);

		assert_int_equal(!n, point >= 0xd800 && point < 0xe000);
		if (!n) continue;
		assert_int_equal(utf8_take(slice_from(out, n), &again), n);
		assert_int_equal(again, point);
	}
}

static void
composed(void **state)
{
	static struct {
		char const *text;
		bool is;
	} const rows[] = {
		{ "", true }, { "andre", true }, { "andr\u00e9", true },
		{ "andre\u0301", false }, { "\u0300", false },
		{ "a\u036f", false }, { "\u0370", true }, { "\u02ff", true },
		{ "\uac00", true }, { "\u1100\u1161", false },
		{ "\uac00\u11a8", false }, { "\u1100", true },
		{ "\u30ac", true }, { "\u30ab\u3099", false },
		/* Bengali has no other way */
		{ "\u09ac\u09be", true },
		/* no UTF-8 at all */
		{ "\xff\xcc", true }, { "\xff\u0301", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(utf8_is_composed(slice_of(rows[i].text)),
		    rows[i].is);
}
static void
kinds(void **state)
{
	(void)state;
	assert_true(utf8_is_ascii(SLICE("")));
	assert_true(utf8_is_ascii(SLICE("a\0\x7f")));
	assert_false(utf8_is_ascii(SLICE("a\x80")));
	assert_true(utf8_is_control(0x1f));
	assert_false(utf8_is_control(0x20));
	assert_false(utf8_is_control(0x7e));
	assert_true(utf8_is_control(0x7f));
	assert_true(utf8_is_control(0x9f));
	assert_false(utf8_is_control(0xa0));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(ends_of_each_length),
		cmocka_unit_test(nothing_else),
		cmocka_unit_test(all_there_and_back),
		cmocka_unit_test(composed),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
