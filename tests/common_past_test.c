/* SPDX-License-Identifier: ISC */
/* What is remembered of tries, for how long, and what goes on. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "common/past.h"

static struct past past;

static struct past_key
key(unsigned char id, uint32_t rcpt, uint32_t attempt)
{
	struct past_key k = { .rcpt = rcpt, .attempt = attempt };

	k.id.octet[0] = id;
	return k;
}

static void
keep(struct past_key k, uint8_t verdict, char const *words)
{
	struct past_result const result = {
		.verdict = verdict, .dsn = verdict == 0,
		.status = SLICE("2.0.0"), .where = SLICE("box/"),
		.words = slice_of(words)
	};

	assert_true(past_keep(&past, &k, &result));
}

static bool
knows(struct past_key k, uint8_t verdict, char const *words)
{
	struct past_result result;

	if (!past_find(&past, &k, &result)) return false;
	assert_int_equal(result.verdict, verdict);
	assert_int_equal(result.dsn, verdict == 0);
	assert_true(slice_is(result.status, "2.0.0"));
	assert_true(slice_is(result.where, "box/"));
	assert_true(slice_is(result.words, words));
	return true;
}

static int
tear_down(void **state)
{
	(void)state;
	past_free(&past);
	assert_int_equal(past.n, 0);
	assert_null(past.newest);
	return 0;
}

/* Id, recipient and attempt all count. */
static void
test_keys(void **state)
{
	(void)state;
	keep(key(1, 2, 3), 0, "");
	assert_true(knows(key(1, 2, 3), 0, ""));
	assert_false(knows(key(2, 2, 3), 0, ""));
	assert_false(knows(key(1, 3, 3), 0, ""));
	assert_false(knows(key(1, 2, 4), 0, ""));
	assert_false(knows(key(1, 3, 2), 0, ""));
}

static void
test_again(void **state)
{
	(void)state;
	keep(key(1, 0, 0), 1, "first");
	keep(key(2, 0, 0), 1, "second");
	keep(key(3, 0, 0), 1, "third");
	keep(key(2, 0, 0), 2, "better");
	keep(key(1, 0, 0), 2, "better");
	keep(key(1, 0, 0), 0, "best");
	assert_int_equal(past.n, 3);
	assert_true(knows(key(1, 0, 0), 0, "best"));
	assert_true(knows(key(2, 0, 0), 2, "better"));
	assert_true(knows(key(3, 0, 0), 1, "third"));
}

static void
test_limit(void **state)
{
	uint32_t i;

	(void)state;
	for (i = 0; i < PAST_MAX; i++)
		keep(key(1, i, 0), 0, "words");
	assert_true(knows(key(1, 0, 0), 0, "words"));
	keep(key(1, i, 0), 0, "words");
	assert_int_equal(past.n, PAST_MAX);
	assert_false(knows(key(1, 0, 0), 0, "words"));
	for (i = 1; i <= PAST_MAX; i++)
		assert_true(knows(key(1, i, 0), 0, "words"));
}

static void
test_words(void **state)
{
	char words[PAST_WORDS_MAX + 2];

	(void)state;
	memset(words, 'x', sizeof words - 1);
	words[PAST_WORDS_MAX] = '\0';
	keep(key(1, 0, 0), 1, words);
	assert_true(knows(key(1, 0, 0), 1, words));
	words[PAST_WORDS_MAX] = 'x';
	words[PAST_WORDS_MAX + 1] = '\0';
	keep(key(2, 0, 0), 1, words);
	words[PAST_WORDS_MAX] = '\0';
	assert_true(knows(key(2, 0, 0), 1, words));
}

static void
test_going(void **state)
{
	struct past_try one = { .key = key(1, 0, 0) }, two = one,
	    other = { .key = key(1, 1, 0) };

	(void)state;
	assert_null(past_going(&past, &one.key));
	past_begin(&past, &one);
	past_begin(&past, &other);
	assert_ptr_equal(past_going(&past, &two.key), &one);
	past_begin(&past, &two);
	assert_ptr_equal(past_going(&past, &one.key), &two);
	past_end(&past, &two);
	assert_ptr_equal(past_going(&past, &one.key), &one);
	past_end(&past, &one);
	assert_null(past_going(&past, &one.key));
	assert_ptr_equal(past_going(&past, &other.key), &other);
	past_end(&past, &other);
}

#define TEST(f) cmocka_unit_test_teardown(f, tear_down)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(test_keys), TEST(test_again), TEST(test_limit),
		TEST(test_words), TEST(test_going),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
