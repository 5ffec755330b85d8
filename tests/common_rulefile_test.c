/* SPDX-License-Identifier: ISC */
/* Lines, words, quotes and comments of rule files, and what is said of bad
 * ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "common/rulefile.h"

enum { ROOM = 256 };

/* read_all - words as "[word]", lines as "N:", the error as "!N why" */
static void
read_all(char *out, struct slice text)
{
	struct parse_error error = { .line = 0 };
	struct rulefile f;
	int got;

	*out = '\0';
	rulefile_begin(&f, text, &error);
	f.patterns = true;
	while ((got = rulefile_line(&f)) == 1) {
		out += sprintf(out, "%u:", f.line);
		do {
			assert_int_equal(f.len, strlen(f.word));
			out += sprintf(out, f.pattern ? "/%s/" : f.comma
			    ? "(%s)" : "[%s]", f.word);
		} while ((got = rulefile_word(&f)) == 1);
		if (got) break;
	}
	if (got) sprintf(out, "!%u %s", error.line, error.why);
}

static void
splits_files(void **state)
{
	static struct {
		struct slice text;
		char const *wanted;
	} const rows[] = {
		{ SLICE(""), "" },
		{ SLICE("\n\r\n \t\n"), "" },
		{ SLICE("# a comment"), "" },
		{ SLICE("a"), "1:[a]" },
		{ SLICE("\xef\xbb\xbf" "a b\n\xef\xbb\xbf"),
		  "1:[a][b]2:[\xef\xbb\xbf]" },
		{ SLICE("\xef\xbb"), "1:[\xef\xbb]" },
		{ SLICE("a b\nc\n"), "1:[a][b]2:[c]" },
		{ SLICE("\n\n \ta\tb \r\n\nc\r\n"), "3:[a][b]5:[c]" },
		{ SLICE("a #b c\nd"), "1:[a]2:[d]" },
		{ SLICE("a#b #c"), "1:[a#b]" },
		{ SLICE("a \"#b\""), "1:[a][#b]" },
		{ SLICE("a \"b c\" d"), "1:[a][b c][d]" },
		{ SLICE("\"a b\"@c"), "1:[a b@c]" },
		{ SLICE("a \"\" b"), "1:[a][][b]" },
		{ SLICE("\"a\"\"b\""), "1:[ab]" },
		{ SLICE("\"a\\\"b\\\\c\\d\""), "1:[a\"b\\cd]" },
		{ SLICE("a\\b\\ c"), "1:[a\\b\\][c]" },
		{ SLICE("a,b ,c, \"d,e\""), "1:[a](,)[b](,)[c](,)[d,e]" },
		{ SLICE("\"\",a \",\""), "1:[](,)[a][,]" },
		{ SLICE("a \"b\tc\""), "1:[a][b\tc]" },
		{ SLICE("/a b,\"#\\/\\\\/ /c/ d/e/ \"/f/\""),
		  "1:/a b,\"#\\/\\\\//c/[d/e/][/f/]" },
		{ SLICE("//"), "1://" },
		{ SLICE("/a"), "!1 \"a\": the closing slash is missing" },
		{ SLICE("/a\\/"), "!1 \"a\\/\": the closing slash is "
		  "missing" },
		{ SLICE("/a/b"),
		  "!1 \"a\": only a blank may follow a pattern" },
		{ SLICE("\xc3\xa4 b"), "1:[\xc3\xa4][b]" },
		{ SLICE("a\n b \"c d\ne"),
		  "1:[a]2:[b]!2 \"c d\": the closing quote is missing" },
		{ SLICE("\"a\\"), "!1 \"a\\\": the closing quote is missing" },
		{ SLICE("a b\001c"),
		  "1:[a]!1 \"b\": a control octet comes next" },
		{ SLICE("a b\0c"),
		  "1:[a]!1 \"b\": a control octet comes next" },
		{ SLICE("a\x7f"), "!1 \"a\": a control octet comes next" },
		{ SLICE("a\rb\n"), "!1 \"a\": a control octet comes next" },
		{ SLICE("a b\r\r\n"),
		  "1:[a]!1 \"b\": a control octet comes next" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[ROOM];

		read_all(out, rows[i].text);
		assert_string_equal(out, rows[i].wanted);
	}
}

static void
holds_the_limit_of_words(void **state)
{
	char text[RULEFILE_WORD_MAX + 1];
	struct parse_error error;
	struct rulefile f;

	(void)state;
	memset(text, 'x', sizeof text);
	rulefile_begin(&f, slice_from(text, RULEFILE_WORD_MAX), &error);
	assert_int_equal(rulefile_line(&f), 1);
	assert_int_equal(f.len, RULEFILE_WORD_MAX);

	rulefile_begin(&f, slice_from(text, RULEFILE_WORD_MAX + 1), &error);
	assert_int_equal(rulefile_line(&f), -1);
	assert_int_equal(error.line, 1);
	assert_non_null(strstr(error.why, "xxx...\": the word is too long"));
}

static void
holds_the_limit_of_lines(void **state)
{
	size_t n;

	(void)state;
	for (n = RULEFILE_LINES_MAX; n <= RULEFILE_LINES_MAX + 1; n++) {
		struct parse_error error = { .line = 0 };
		char *text = malloc(n);
		struct rulefile f;

		memset(text, '\n', n - 1);
		text[n - 1] = 'x';
		rulefile_begin(&f, slice_from(text, n), &error);
		assert_int_equal(rulefile_line(&f),
		    n == RULEFILE_LINES_MAX ? 1 : -1);
		assert_int_equal(f.line, n);
		free(text);
		if (n > RULEFILE_LINES_MAX)
			assert_string_equal(error.why,
			    "\"\": too many lines");
	}
}

static void
says_what_is_missing_or_too_much(void **state)
{
	struct parse_error error = { .line = 0 };
	struct rulefile f;

	(void)state;
	rulefile_begin(&f, SLICE("\na b\n"), &error);
	assert_int_equal(rulefile_line(&f), 1);
	assert_true(rulefile_want(&f, "no second word"));
	assert_string_equal(f.word, "b");
	assert_true(rulefile_end(&f));
	assert_false(rulefile_want(&f, "no third word"));
	assert_int_equal(error.line, 2);
	assert_string_equal(error.why, "\"b\": no third word");

	rulefile_begin(&f, SLICE("a b"), &error);
	assert_int_equal(rulefile_line(&f), 1);
	assert_false(rulefile_end(&f));
	assert_int_equal(error.line, 1);
	assert_string_equal(error.why, "\"b\": nothing may follow here");

	/* a word that is broken is neither there nor missing */
	rulefile_begin(&f, SLICE("a \"b"), &error);
	assert_int_equal(rulefile_line(&f), 1);
	assert_false(rulefile_want(&f, "no second word"));
	assert_string_equal(error.why, "\"b\": the closing quote is missing");
	rulefile_begin(&f, SLICE("a \"b"), &error);
	assert_int_equal(rulefile_line(&f), 1);
	assert_false(rulefile_end(&f));
	assert_string_equal(error.why, "\"b\": the closing quote is missing");
}

/* ASan ends a process that asks for too much, unless told that it may. */
char const *__asan_default_options(void);

char const *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* An element at a time, as its callers do; a sanitizer sees what is beyond. */
static void
grows_lists(void **state)
{
	struct parse_error error;
	struct rulefile f;
	size_t *list = NULL;
	size_t n;

	(void)state;
	rulefile_begin(&f, SLICE(""), &error);
	for (n = 0; n < 1000; n++) {
		list = rulefile_grow(&f, list, n, sizeof *list);
		assert_non_null(list);
		list[n] = n;
	}
	for (n = 0; n < 1000; n++)
		assert_int_equal(list[n], n);
	free(list);

	assert_null(rulefile_grow(&f, NULL, 0, SIZE_MAX));
	assert_string_equal(error.why, "\"\": out of memory");
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(splits_files),
		cmocka_unit_test(holds_the_limit_of_words),
		cmocka_unit_test(holds_the_limit_of_lines),
		cmocka_unit_test(says_what_is_missing_or_too_much),
		cmocka_unit_test(grows_lists)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
