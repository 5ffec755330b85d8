/* SPDX-License-Identifier: ISC */
/* Names and passwords at their limits; users files; who has tried too often. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "common/base64.h"
#include "smtpd/failures.h"
#include "smtpd/sasl.h"
#include "smtpd/users.h"

/* plain - what becomes of a PLAIN answer with such lengths */
static int
plain(struct sasl *s, size_t other, size_t name, size_t password)
{
	char octets[1024], text[BASE64_LEN(sizeof octets)];
	size_t n = 0;

	memset(octets, 'x', sizeof octets);
	octets[n += other] = '\0';
	octets[n += name + 1] = '\0';
	n += password + 1;
	assert_true(sasl_begin(s, SLICE("plain")));
	return sasl_take(s, slice_from(text,
	    base64_encode(text, slice_from(octets, n))));
}

static void
texts_have_limits(void **state)
{
	struct sasl s;

	(void)state;
	assert_int_equal(plain(&s, 0, 1, 1), 1);
	assert_int_equal(plain(&s, 255, 255, 255), 1);
	assert_int_equal(strlen(s.name), 255);
	assert_int_equal(strlen(s.password), 255);
	assert_int_equal(plain(&s, 0, 256, 1), -1);
	assert_int_equal(plain(&s, 0, 1, 256), -1);
	assert_int_equal(plain(&s, 256, 255, 255), -1);
	assert_int_equal(plain(&s, 1, 2, 1), -1);
	assert_int_equal(plain(&s, 0, 0, 1), -1);
	assert_int_equal(plain(&s, 0, 1, 0), -1);
}

static char const file[] = "# comment\n\nann:$y$1:more:yet\nbob:$6$2\n"
    "bob:$6$3\n";

static void
users_are_found(void **state)
{
	struct slice hash;

	(void)state;
	assert_int_equal(users_wrong(slice_of(file)), 0);
	assert_true(users_find(slice_of(file), SLICE("ann"), &hash));
	assert_true(slice_is(hash, "$y$1"));
	assert_true(users_find(slice_of(file), SLICE("bob"), &hash));
	assert_true(slice_is(hash, "$6$2"));
	/* one that looks as much like work */
	assert_false(users_find(slice_of(file), SLICE("bo"), &hash));
	assert_true(slice_is(hash, "$y$1"));
	assert_false(users_find(slice_of(file), SLICE("# comment"), &hash));
	assert_false(users_find(SLICE(""), SLICE("ann"), &hash));
	assert_int_equal(hash.len, 0);
}

static void
mistakes_are_named(void **state)
{
	(void)state;
	assert_int_equal(users_wrong(SLICE("a:b\nbob\n")), 2);
	assert_int_equal(users_wrong(SLICE(":b\n")), 1);
	assert_int_equal(users_wrong(SLICE("\n\nb:")), 3);
	assert_int_equal(users_wrong(SLICE("b::x")), 1);
	assert_int_equal(users_wrong(SLICE("b: $6$x")), 1);
}

static void
failures_count_and_pass(void **state)
{
	struct failures *f = calloc(1, sizeof *f);
	struct slice address = SLICE("2001:db8::1");
	unsigned i;

	(void)state;
	assert_non_null(f);
	for (i = 0; i < FAILURES_MAX; i++) {
		assert_false(failures_too_many(f, address, 5));
		failures_add(f, address, 5);
	}
	assert_true(failures_too_many(f, address, 5));
	assert_true(failures_too_many(f, SLICE("2001:db8::2"), 5));
	assert_false(failures_too_many(f, SLICE("2001:db8:0:1::1"), 5));
	assert_false(failures_too_many(f, SLICE("192.0.2.1"), 5));
	assert_true(failures_too_many(f, address, 5 + FAILURES_MS - 1));
	assert_false(failures_too_many(f, address, 5 + FAILURES_MS));
	failures_add(f, address, 5 + FAILURES_MS);
	assert_false(failures_too_many(f, address, 5 + FAILURES_MS));
	free(f);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(texts_have_limits),
		cmocka_unit_test(users_are_found),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(failures_count_and_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
