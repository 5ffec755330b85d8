/* SPDX-License-Identifier: ISC */
/* What has been counted, and what of it is of late. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "queue/counts.h"

enum { S = 1000, M = 60 * S, H = 60 * M };

static struct command_count got[COUNTED + COUNTS_RULES_MAX];
static size_t told;

static void
keep(void *owner, struct command_count const *count)
{
	assert_null(owner);
	assert_true(told < sizeof got / sizeof *got);
	got[told++] = *count;
}

static void
ask(struct counts const *c, int64_t now_ms)
{
	told = 0;
	counts_tell(c, now_ms, keep, NULL);
}

static void
is(size_t i, uint64_t n, uint64_t minute, uint64_t hour)
{
	assert_int_equal(got[i].n, n);
	assert_int_equal(got[i].minute, minute);
	assert_int_equal(got[i].hour, hour);
}

static void
nothing(void **unused)
{
	struct counts c = { 0 };
	size_t i;

	(void)unused;
	ask(&c, H);
	assert_int_equal(told, COUNTED);
	for (i = 0; i < COUNTED; i++)
		is(i, 0, 0, 0);
	assert_true(slice_is(got[COUNTED_FAILED].name, "failed"));
	assert_int_equal(got[COUNTED_FAILED].of, COUNT_OUTCOME);
	/* nobody wants to know */
	counts_add(NULL, COUNTED_USERS, H);
	counts_refused(NULL, SLICE("x"), 1, H);
}

/* a window forgets what lies as many spans back as it has slots */
static void
windows(void **unused)
{
	int64_t starts[] = { 0, 59 * S, 7 * H + 59 * M + 59 * S };
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct counts c = { 0 };
		int64_t t = starts[i];

		counts_add(&c, COUNTED_USERS, t);
		counts_add(&c, COUNTED_USERS, t);
		ask(&c, t);
		is(COUNTED_USERS, 2, 2, 2);
		is(COUNTED_NETWORK, 0, 0, 0);
		ask(&c, t + 59 * S);
		is(COUNTED_USERS, 2, 2, 2);
		ask(&c, t + 60 * S);
		is(COUNTED_USERS, 2, 0, 2);
		ask(&c, t + 59 * M);
		is(COUNTED_USERS, 2, 0, 2);
		ask(&c, t + 60 * M);
		is(COUNTED_USERS, 2, 0, 0);
		counts_add(&c, COUNTED_USERS, t + 60 * M);
		ask(&c, t + 60 * M);
		is(COUNTED_USERS, 3, 1, 1);
		ask(&c, t + 100 * H);
		is(COUNTED_USERS, 3, 0, 0);
	}
}

/* one a second for two hours: each window is full, and never more than that */
static void
steadily(void **unused)
{
	struct counts c = { 0 };
	int64_t t;

	(void)unused;
	for (t = 0; t < 2 * H; t += S) {
		counts_add(&c, COUNTED_NETWORK, t);
		ask(&c, t);
		assert_int_equal(got[COUNTED_NETWORK].minute,
		    t < M ? t / S + 1 : 60);
		assert_in_range(got[COUNTED_NETWORK].hour,
		    t < H ? t / S + 1 : 59 * 60 + 1,
		    t < H ? t / S + 1 : 60 * 60);
	}
	is(COUNTED_NETWORK, 2 * H / S, 60, 60 * 60);
}

static void
rules(void **unused)
{
	struct counts c = { 0 };
	char name[24];
	int i;

	(void)unused;
	for (i = 0; i < COUNTS_RULES_MAX - 1; i++) {
		snprintf(name, sizeof name, "rule:%d", i);
		counts_refused(&c, slice_of(name), 2, M);
	}
	ask(&c, M);
	assert_int_equal(told, COUNTED + COUNTS_RULES_MAX - 1);
	assert_true(slice_is(got[told - 1].name, name));
	/* one more, and another; those that are known go on */
	counts_refused(&c, SLICE("one"), 3, M);
	counts_refused(&c, SLICE("two"), 4, M);
	counts_refused(&c, SLICE("rule:0"), 5, M);
	ask(&c, M);
	assert_int_equal(told, COUNTED + COUNTS_RULES_MAX);
	is(COUNTED, 7, 7, 7);
	assert_true(slice_is(got[told - 1].name, "other"));
	is(told - 1, 7, 7, 7);
	counts_free(&c);
	ask(&c, M);
	assert_int_equal(told, COUNTED);
}

static void
names(void **unused)
{
	char longer[COMMAND_NAME_MAX + 1];
	struct counts c = { 0 };

	(void)unused;
	memset(longer, 'x', sizeof longer);
	counts_refused(&c, slice_from(longer, COMMAND_NAME_MAX), 1, M);
	counts_refused(&c, slice_from(longer, COMMAND_NAME_MAX + 1), 1, M);
	counts_refused(&c, SLICE("a\n\0b\x7f\xff "), 1, M);
	counts_refused(&c, slice_from(NULL, 0), 1, M);
	ask(&c, M);
	assert_int_equal(told, COUNTED + 3);
	assert_int_equal(got[COUNTED].n, 2);
	assert_int_equal(got[COUNTED].name.len, COMMAND_NAME_MAX);
	assert_true(slice_is(got[COUNTED + 1].name, "a??b?? "));
	assert_int_equal(got[COUNTED + 2].name.len, 0);
	counts_free(&c);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(windows),
		cmocka_unit_test(steadily),
		cmocka_unit_test(rules),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
