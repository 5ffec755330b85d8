/* SPDX-License-Identifier: ISC */
/* Regular expressions: what they find, and that none runs away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "common/match.h"

static struct match *
compile(char const *pattern)
{
	char const *why;
	size_t at;
	struct match *m = match_new(slice_of(pattern), &why, &at);

	if (!m) fail_msg("%s: %s at %zu", pattern, why, at);
	return m;
}

static enum match_found
find(char const *pattern, struct slice text)
{
	struct match *m = compile(pattern);
	enum match_found found = match_find(m, text, NULL);

	match_free(m);
	return found;
}

static void
searches(void **state)
{
	static struct {
		char const *pattern;
		struct slice text;
		enum match_found found;
	} const rows[] = {
		{ "b", SLICE("abc"), MATCH_YES },
		{ "^b", SLICE("abc"), MATCH_NO },
		{ "", SLICE(""), MATCH_YES },
		{ "^$", SLICE(""), MATCH_YES },
		{ "c$", SLICE("abc"), MATCH_YES },
		{ "c$", SLICE("abc\n"), MATCH_NO },
		{ "B", SLICE("abc"), MATCH_NO },
		{ "(?i)B", SLICE("abc"), MATCH_YES },
		{ "a.c", SLICE("a\0c"), MATCH_YES },
		{ "^.$", SLICE("\xc3\xa4"), MATCH_YES },
		{ "\xc3\xa4", SLICE("x\xc3\xa4"), MATCH_YES },
		{ "a", SLICE("a\xc3"), MATCH_LIMIT },
		{ "(*LIMIT_MATCH=1)^(a+)+$", SLICE("aaab"), MATCH_LIMIT }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (find(rows[i].pattern, rows[i].text) != rows[i].found)
			fail_msg("%s", rows[i].pattern);
}

static void
captures(void **state)
{
	struct slice capture[MATCH_CAPTURES_MAX + 1];
	struct match *m = compile("^(?<n>a+)(x)?(b)()");

	(void)state;
	memset(capture, 0xaa, sizeof capture);
	assert_int_equal(match_captures(m), 4);
	assert_int_equal(match_named(m, "n"), 1);
	assert_int_equal(match_named(m, "m"), 0);
	assert_int_equal(match_find(m, SLICE("aabc"), capture), MATCH_YES);
	assert_true(slice_is(capture[0], "aab"));
	assert_true(slice_is(capture[1], "aa"));
	assert_true(slice_is(capture[2], ""));
	assert_true(slice_is(capture[3], "b"));
	assert_true(slice_is(capture[4], ""));
	assert_true(slice_is(capture[MATCH_CAPTURES_MAX], ""));
	match_free(m);
}

static void
holds_the_limit_of_groups(void **state)
{
	char pattern[2 * MATCH_CAPTURES_MAX + 3];
	char const *why;
	size_t i, at;

	(void)state;
	for (i = 0; i <= MATCH_CAPTURES_MAX; i++)
		memcpy(pattern + 2 * i, "()", 2);
	pattern[2 * i] = '\0';
	assert_null(match_new(slice_from(pattern, 2 * i), &why, &at));
	assert_string_equal(why, "the pattern has too many groups");
	match_free(compile(pattern + 2));
}

static void
says_what_is_wrong(void **state)
{
	static struct {
		char const *pattern;
		size_t at;
	} const rows[] = {
		{ "a(b", 3 }, { "a)b", 1 }, { "[a", 2 }, { "ab\\", 3 },
		{ "a{2,1}", 5 }, { "(?<n>a)(?<n>b)", 12 }, { "\xc3(", 0 },
		{ "ab\\Cd", 4 },
		{ "(((((a{999}){999}){999}){999}){999}){999}", 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		char const *why = NULL;
		size_t at = 99;

		assert_null(match_new(slice_of(rows[i].pattern), &why, &at));
		assert_true(strlen(why) > 5);
		if (rows[i].at) assert_int_equal(at, rows[i].at);
	}
}

static void
knows_what_is_anchored(void **state)
{
	static struct {
		char const *pattern;
		bool anchored;
	} const rows[] = {
		{ "^a", true }, { "\\Aa", true }, { "(^a|^b)", true },
		{ "a", false }, { "^a|b", false }, { "(?m)^a", false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct match *m = compile(rows[i].pattern);

		assert_int_equal(match_is_anchored(m), rows[i].anchored);
		match_free(m);
	}
}

/* Each of these takes time or room that grows with a power of the length, or
 * never ends, where nobody sets a limit. */
static void
none_runs_away(void **state)
{
	static char const *const patterns[] = {
		"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(a*)*$", "^(.*a){20}$",
		"^(([a-z])+.)+[A-Z]([a-z])+$", "(a?){64}a{64}b", "^((a+)*)*$",
		"(?:a+){1,9}(?:a+){1,9}(?:a+){1,9}x$", "(.*)*=(.*)*",
		"^(?:(?:a|a)|(?:a|a))*$", "((((a*)*)*)*)*$(?!)",
		"^(a+?)+?$", "(a+)+\\1$", "^(?R)?a+$b", "((?1)?a)+$x",
		"(?:(?=(a+))a)*x", "^(?:a(?2)|())(a(?1)|a)*x",
		"(?<=a)(a|b|ab)*c", "^(\\w+\\s?)*\\?$"
	};
	enum { LONG = 1 << 20 };
	char *text = malloc(LONG + 1);
	size_t i, limits = 0;

	(void)state;
	memset(text, 'a', LONG);
	text[LONG] = '!';
	for (i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		size_t len;

		for (len = 0; len < 320; len += 63)
			limits += find(patterns[i],
			    slice_from(text + LONG - len, len + 1)) ==
			    MATCH_LIMIT;
		/* the heap has a limit, too: no crash, and it ends */
		find(patterns[i], slice_from(text, LONG + 1));
	}
	free(text);
	assert_true(limits > sizeof patterns / sizeof *patterns);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(searches),
		cmocka_unit_test(captures),
		cmocka_unit_test(holds_the_limit_of_groups),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(knows_what_is_anchored),
		cmocka_unit_test(none_runs_away)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
