/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "smtpd/trust.h"

static void
holds_its_networks(void **state)
{
	struct trust t = { .networks = 0 };
	char const *why;

	(void)state;
	assert_false(trust_holds(&t, SLICE("127.0.0.1")));
	assert_true(trust_add(&t, SLICE("127.0.0.0/8,192.0.2.1"), &why));
	assert_true(trust_add(&t, SLICE("2001:db8::/33"), &why));
	assert_true(trust_holds(&t, SLICE("127.255.0.1")));
	assert_true(trust_holds(&t, SLICE("192.0.2.1")));
	assert_false(trust_holds(&t, SLICE("192.0.2.2")));
	assert_false(trust_holds(&t, SLICE("128.0.0.1")));
	assert_true(trust_holds(&t, SLICE("2001:db8:7fff::1")));
	assert_false(trust_holds(&t, SLICE("2001:db8:8000::1")));
	assert_false(trust_holds(&t, SLICE("")));
	assert_false(trust_holds(&t, SLICE("localhost")));
}

static void
everybody_of_a_family(void **state)
{
	struct trust four = { .networks = 0 }, six = { .networks = 0 };
	char const *why;

	(void)state;
	assert_true(trust_add(&four, SLICE("0.0.0.0/0"), &why));
	assert_true(trust_add(&six, SLICE("::/0"), &why));
	assert_true(trust_holds(&four, SLICE("192.0.2.1")));
	assert_false(trust_holds(&four, SLICE("2001:db8::1")));
	assert_true(trust_holds(&six, SLICE("2001:db8::1")));
	assert_false(trust_holds(&six, SLICE("192.0.2.1")));
}

static void
refuses_what_is_none(void **state)
{
	char const *const rows[] = { "", ",", "192.0.2.1,", ",192.0.2.1",
		"192.0.2.1,,192.0.2.2", "192.0.2.1/33", "192.0.2.0/23/",
		"192.0.2.1/24", "192.0.2.0/", "::/129", "::1/64", "localhost",
		"192.0.2", "192.0.2.1 ", "/8" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct trust t = { .networks = 0 };
		char const *why = NULL;

		if (trust_add(&t, slice_of(rows[i]), &why))
			fail_msg("taken: %s", rows[i]);
		assert_non_null(why);
	}
}

static void
the_limit_is_exact(void **state)
{
	struct trust t = { .networks = 0 };
	char const *why;
	size_t i;

	(void)state;
	for (i = 0; i < TRUST_MAX; i++)
		assert_true(trust_add(&t, SLICE("192.0.2.1"), &why));
	assert_false(trust_add(&t, SLICE("192.0.2.1"), &why));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(holds_its_networks),
		cmocka_unit_test(everybody_of_a_family),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(the_limit_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
