/* SPDX-License-Identifier: ISC */
/* Views into octets: each function at the ends of what it may be given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "common/slice.h"

static struct slice const nothing = { .s = NULL, .len = 0 };

static void
compares(void **state)
{
	(void)state;
	assert_true(slice_eq(SLICE("ab"), slice_of("ab")));
	assert_true(slice_eq(nothing, SLICE("")));
	assert_false(slice_eq(SLICE("ab"), SLICE("abc")));
	assert_false(slice_eq(SLICE("ab"), SLICE("aB")));
	assert_false(slice_is(SLICE("a\0"), "a"));
	assert_true(slice_is(nothing, ""));
}

static void
compares_without_case(void **state)
{
	(void)state;
	assert_true(slice_is_nocase(SLICE("MaIl"), "mAiL"));
	assert_true(slice_is_nocase(nothing, ""));
	assert_false(slice_is_nocase(SLICE("mai"), "mail"));
	assert_false(slice_is_nocase(SLICE("mail "), "mail"));
	/* octets that differ in bit 5, as letters do, but are none */
	assert_false(slice_is_nocase(SLICE("@"), "`"));
	assert_false(slice_is_nocase(SLICE("["), "{"));
	assert_false(slice_is_nocase(SLICE("\xc4"), "\xe4"));
	assert_true(slice_starts_nocase(SLICE("FROM:<a@b>"), "from:"));
	assert_true(slice_starts_nocase(SLICE("x"), ""));
	assert_false(slice_starts_nocase(SLICE("FROM"), "from:"));
	assert_false(slice_starts_nocase(nothing, "x"));
}

static void
skips_and_finds(void **state)
{
	(void)state;
	assert_true(slice_is(slice_skip(SLICE("abc"), 0), "abc"));
	assert_true(slice_is(slice_skip(SLICE("abc"), 2), "c"));
	assert_int_equal(slice_skip(SLICE("abc"), 3).len, 0);
	assert_int_equal(slice_skip(SLICE("abc"), 4).len, 0);
	assert_int_equal(slice_skip(nothing, 1).len, 0);
	assert_int_equal(slice_find(SLICE("abcb"), 'b'), 1);
	assert_int_equal(slice_find(SLICE("abc"), 'x'), 3);
	assert_int_equal(slice_find(SLICE("a\0"), '\0'), 1);
	assert_int_equal(slice_find(slice_from("abc", 2), 'c'), 2);
	assert_int_equal(slice_find(nothing, 'a'), 0);
}

static void
takes_words(void **state)
{
	struct slice in = SLICE(" \tone two\t ");

	(void)state;
	assert_true(slice_is(slice_word(&in), "one"));
	assert_true(slice_is(in, " two\t "));
	assert_true(slice_is(slice_word(&in), "two"));
	assert_int_equal(slice_word(&in).len, 0);
	assert_int_equal(in.len, 0);
	assert_int_equal(slice_word(&in).len, 0);
	in = SLICE("a\nb");
	assert_true(slice_is(slice_word(&in), "a\nb"));
}

static void
takes_lines(void **state)
{
	struct slice in = SLICE("one\r\n\ntw\ro\n\r\r\nlast\r"), line;

	(void)state;
	assert_true(slice_line(&in, &line));
	assert_true(slice_is(line, "one"));
	assert_true(slice_line(&in, &line));
	assert_true(slice_is(line, ""));
	assert_true(slice_line(&in, &line));
	assert_true(slice_is(line, "tw\ro"));
	assert_true(slice_line(&in, &line));
	assert_true(slice_is(line, "\r"));
	assert_true(slice_line(&in, &line));
	assert_true(slice_is(line, "last"));
	assert_false(slice_line(&in, &line));
	in = nothing;
	assert_false(slice_line(&in, &line));
}

static void
reads_numbers(void **state)
{
	static struct {
		char const *text;
		unsigned long long max, n;
	} const good[] = {
		{ "0", 0, 0 },
		{ "007", 7, 7 },
		{ "65535", 65535, 65535 },
		{ "9", 9, 9 },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX }
	};
	static struct {
		struct slice text;
		unsigned long long max;
	} const bad[] = {
		{ SLICE(""), UINT64_MAX },
		{ SLICE("1"), 0 },
		{ SLICE("10"), 9 },
		{ SLICE("65536"), 65535 },
		{ SLICE("18446744073709551616"), UINT64_MAX },
		{ SLICE("184467440737095516150"), UINT64_MAX },
		{ SLICE("-1"), UINT64_MAX },
		{ SLICE("+1"), UINT64_MAX },
		{ SLICE(" 1"), UINT64_MAX },
		{ SLICE("1 "), UINT64_MAX },
		{ SLICE("1\0"), UINT64_MAX },
		{ SLICE("0x1"), UINT64_MAX }
	};
	unsigned long long n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		n = good[i].n + 1;
		assert_true(slice_number(slice_of(good[i].text), good[i].max,
		    &n));
		assert_true(n == good[i].n);
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		n = 42;
		assert_false(slice_number(bad[i].text, bad[i].max, &n));
		assert_true(n == 42);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(compares),
		cmocka_unit_test(compares_without_case),
		cmocka_unit_test(skips_and_finds),
		cmocka_unit_test(takes_words),
		cmocka_unit_test(takes_lines),
		cmocka_unit_test(reads_numbers)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
