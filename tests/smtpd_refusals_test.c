/* SPDX-License-Identifier: ISC */
/* Refusals on their way to a queue of our own making: named, added up, and kept
 * while it is away. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "smtpd/pool.h"
#include "tests/smtpd_queue.h"

static struct pool pool;
static struct refusals *refusals = &pool.refusals;

static void
refuse(char const *reply)
{
	refusals_add(refusals, (struct refusals_line){ NULL, 0 },
	    slice_of(reply), SLICE("mx.test"));
}

static void
by_line(unsigned line)
{
	refusals_add(refusals, (struct refusals_line){ "access", line },
	    SLICE("550 5.7.1 go away"), SLICE("mx.test"));
}

/* said - the rule of the only thing to tell */
static void
said(char const *rule, size_t n)
{
	queue.rules = queue.refused = 0;
	refusals_tell(refusals);
	turns(10);
	assert_int_equal(queue.rules, 1);
	assert_int_equal(queue.refused, n);
	assert_string_equal(queue.rule, rule);
}

static void
names(void **state)
{
	(void)state;
	refuse("550 5.7.1 relaying denied");
	refuse("550 5.7.1 relaying denied");
	said("550 5.7.1 relaying denied", 2);
	refuse("421 4.3.2 mx.test too many sessions");
	said("421 4.3.2 too many sessions", 1);
	refuse("550 5.1.1 mx.testament");
	said("550 5.1.1 mx.testament", 1);
	refuse("500");
	said("500", 1);
	by_line(7);
	said("access:7", 1);
}

static void
more_than_fit(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i < REFUSALS_MAX; i++)
		by_line(i);
	assert_int_equal(refusals->rows, REFUSALS_MAX - 1);
	by_line(i);
	by_line(i + 1);
	by_line(1);
	refusals_tell(refusals);
	turns(100);
	assert_int_equal(queue.rules, REFUSALS_MAX);
	assert_int_equal(queue.refused, REFUSALS_MAX + 2);
	assert_string_equal(queue.rule, "other");
}

/* without being asked; what was told is not told again */
static void
by_itself(void **state)
{
	(void)state;
	by_line(1);
	by_line(1);
	while (!queue.rules)
		assert_true(loop_turn(&loop));
	assert_int_equal(queue.refused, 2);
	assert_false(timer_is_armed(&refusals->telling));
	refusals_tell(refusals);
	turns(10);
	assert_int_equal(queue.rules, 1);
	/* the connection serves mail, too */
	assert_int_equal(queue.guests_open, 1);
	assert_int_equal(pool.idles, 1);
}

static void
queue_away(void **state)
{
	(void)state;
	queue_kill();
	by_line(3);
	refusals_tell(refusals);
	turns(10);
	assert_true(timer_is_armed(&refusals->telling));
	queue_start();
	while (!queue.rules)
		assert_true(loop_turn(&loop));
	assert_string_equal(queue.rule, "access:3");
}

static int
connect_nowhere(void *owner)
{
	(void)owner;
	return -1;
}

/* By hand nobody listens. */
static void
no_queue(void **state)
{
	(void)state;
	pool.connect = connect_nowhere;
	by_line(3);
	assert_int_equal(refusals->rows, 0);
	assert_false(timer_is_armed(&refusals->telling));
}

static int
set_up(void **state)
{
	(void)state;
	if (!loop_open(&loop)) return -1;
	queue_start();
	pool = (struct pool){ .loop = &loop, .path = path, .streams_max = 2,
	    .address_max = 2 };
	pool_open(&pool);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	pool_close(&pool);
	queue_kill();
	loop_close(&loop);
	return 0;
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	struct CMUnitTest const tests[] = {
		TEST(names),
		TEST(more_than_fit),
		TEST(by_itself),
		TEST(queue_away),
		TEST(no_queue),
	};
	int failed;

	queue_directory();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	queue_clean_up();
	return failed;
}
