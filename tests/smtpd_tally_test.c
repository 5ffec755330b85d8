/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "smtpd/tally.h"

enum { SPAN = 1000 };

static struct tally tally;

static bool
add(char const *address, uint64_t max, int64_t now_ms)
{
	struct tally_who who;

	assert_true(tally_address(&who, slice_of(address)));
	return tally_add(&tally, &who, max, now_ms);
}

static int
setup(void **state)
{
	(void)state;
	tally = (struct tally){ .span_ms = SPAN, .seed = 7 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tally_free(&tally);
	assert_null(tally.entry);
	return 0;
}

static void
counts_to_the_limit(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_true(add("192.0.2.1", 3, 10));
	assert_false(add("192.0.2.1", 3, 10));
	assert_true(add("192.0.2.2", 3, 10));
	/* what was refused did not count, and the limit may change */
	assert_true(add("192.0.2.1", 4, 10));
	assert_false(add("192.0.2.1", 4, 10));
	assert_false(add("192.0.2.1", 3, 10));
	assert_false(add("192.0.2.9", 0, 10));
	assert_true(add("192.0.2.1", UINT64_MAX, 10));
}

static void
a_span_begins_with_the_first(void **state)
{
	(void)state;
	assert_true(add("192.0.2.1", 2, 500));
	assert_true(add("192.0.2.1", 2, 500 + SPAN - 1));
	assert_false(add("192.0.2.1", 2, 500 + SPAN - 1));
	assert_true(add("192.0.2.1", 2, 500 + SPAN));
	assert_true(add("192.0.2.1", 2, 500 + SPAN));
	assert_false(add("192.0.2.1", 2, 500 + 2 * SPAN - 1));
	/* the clock may begin at nothing */
	assert_true(add("192.0.2.5", 1, 0));
	assert_false(add("192.0.2.5", 1, SPAN - 1));
	assert_true(add("192.0.2.5", 1, SPAN));
}

static void
an_ip6_network_is_one(void **state)
{
	struct tally_who who;

	(void)state;
	assert_true(add("2001:db8:1:2::1", 1, 0));
	assert_false(add("2001:db8:1:2:ffff::2", 1, 0));
	assert_true(add("2001:db8:1:3::1", 1, 0));
	assert_true(add("192.0.2.1", 1, 0));
	assert_true(add("192.0.2.2", 1, 0));
	assert_false(tally_address(&who, SLICE("")));
	assert_false(tally_address(&who, SLICE("local")));
}

static bool
add_login(char const *login)
{
	struct tally_who who;

	tally_login(&who, slice_of(login), tally.seed);
	return tally_add(&tally, &who, 1, 0);
}

static void
logins_are_others(void **state)
{
	(void)state;
	assert_true(add_login("anna"));
	assert_false(add_login("anna"));
	assert_true(add_login("bert"));
	assert_true(add_login("192.0.2.1"));
	assert_true(add("192.0.2.1", 1, 0));
}

static bool
add_number(unsigned i)
{
	char text[32];

	snprintf(text, sizeof text, "10.%u.%u.%u", i >> 16, i >> 8 & 255,
	    i & 255);
	return add(text, 1, 0);
}

/* As many as fit are all known; one more, and the oldest is forgotten, and
 * none but him. */
static void
forgets_the_oldest(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < TALLY_MAX; i++)
		assert_true(add_number(i));
	for (i = 0; i < TALLY_MAX; i++)
		assert_false(add_number(i));
	assert_true(add_number(TALLY_MAX));
	for (i = 1; i <= TALLY_MAX; i++)
		assert_false(add_number(i));
	assert_true(add_number(0));
	assert_false(add_number(0));
	assert_true(add_number(1));
	/* round and round */
	for (i = 0; i < 3 * TALLY_MAX; i++)
		assert_true(add_number(100000 + i));
	assert_int_equal(tally.n, TALLY_MAX);
	for (i = 2 * TALLY_MAX; i < 3 * TALLY_MAX; i++)
		assert_false(add_number(100000 + i));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		CASE(counts_to_the_limit),
		CASE(a_span_begins_with_the_first),
		CASE(an_ip6_network_is_one),
		CASE(logins_are_others),
		CASE(forgets_the_oldest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
