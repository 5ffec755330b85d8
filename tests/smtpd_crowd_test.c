/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "smtpd/crowd.h"

static struct crowd crowd;

static bool
join(struct crowd_member *m, char const *address)
{
	return crowd_join(&crowd, m, slice_of(address), 2);
}

static void
counts_to_the_limit(void **state)
{
	struct crowd_member m[4] = { { .at = NULL } };

	(void)state;
	assert_true(join(&m[0], "192.0.2.1"));
	assert_true(crowd_has_room(&crowd, SLICE("192.0.2.1"), 2));
	assert_true(join(&m[1], "192.0.2.1"));
	assert_false(crowd_has_room(&crowd, SLICE("192.0.2.1"), 2));
	assert_true(crowd_has_room(&crowd, SLICE("nobody"), 0));
	assert_false(join(&m[2], "192.0.2.1"));
	assert_true(join(&m[3], "192.0.2.2"));
	crowd_leave(&m[2]);	/* has not joined */
	assert_false(join(&m[2], "192.0.2.1"));
	crowd_leave(&m[0]);
	crowd_leave(&m[0]);
	assert_true(join(&m[2], "192.0.2.1"));
	assert_false(join(&m[0], "192.0.2.1"));
	crowd_leave(&m[1]);
	crowd_leave(&m[2]);
	crowd_leave(&m[3]);
}

static void
counts_ip6_by_network(void **state)
{
	struct crowd_member m[4] = { { .at = NULL } };

	(void)state;
	assert_true(join(&m[0], "2001:db8:1:2::1"));
	assert_true(join(&m[1], "2001:db8:1:2:ffff::2"));
	assert_false(join(&m[2], "2001:db8:1:2::3"));
	assert_true(join(&m[2], "2001:db8:1:3::1"));
	/* not to be mixed up with what it looks like in sixteen octets */
	assert_true(join(&m[3], "192.0.2.1"));
	crowd_leave(&m[0]);
	crowd_leave(&m[1]);
	crowd_leave(&m[2]);
	crowd_leave(&m[3]);
}

static void
leaves_others_alone(void **state)
{
	struct crowd_member m[4] = { { .at = NULL } };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_true(join(&m[i], i % 2 ? "" : "local"));
	for (i = 0; i < 4; i++)
		crowd_leave(&m[i]);
}

/* More of them than there are buckets: none is lost in a chain. */
static void
knows_many(void **state)
{
	enum { MANY = 3 * CROWD_BUCKETS };
	static struct crowd_member m[MANY], one;
	char text[32];
	unsigned i, round;

	(void)state;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < MANY; i++) {
			snprintf(text, sizeof text, "10.0.%u.%u",
			    i / 2 / 256, i / 2 % 256);
			assert_true(join(&m[i], text));
			if (i % 2) assert_false(join(&one, text));
		}
		for (i = 0; i < MANY; i++)
			crowd_leave(&m[(i * 7) % MANY]);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(counts_to_the_limit),
		cmocka_unit_test(counts_ip6_by_network),
		cmocka_unit_test(leaves_others_alone),
		cmocka_unit_test(knows_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
