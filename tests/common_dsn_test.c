/* SPDX-License-Identifier: ISC */
/* ENVID, ORCPT and NOTIFY: what is taken, at the limits, and what isn't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/dsn.h"

static void
notify(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 256; i++)
		assert_int_equal(dsn_notify_valid(i),
		    i == 1 || (i < 16 && i % 2 == 0));
}

static void
notify_names(void **state)
{
	static struct {
		char const *list;
		unsigned wanted;	/* 0: malformed */
	} const row[] = {
		{ "never", NOTIFY_NEVER }, { "NEVER", NOTIFY_NEVER },
		{ "Success", NOTIFY_SUCCESS },
		{ "delay,failure", NOTIFY_DELAY | NOTIFY_FAILURE },
		{ "success,failure,delay", NOTIFY_ALL & ~NOTIFY_NEVER },
		{ "", 0 }, { ",", 0 }, { "delay,", 0 }, { ",delay", 0 },
		{ "delay,delay", 0 }, { "never,delay", 0 }, { "delay failure", 0 },
		{ "none", 0 }, { "delayed", 0 }, { "dela", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		unsigned got = 77;

		assert_int_equal(dsn_notify_parse(slice_of(row[i].list), &got),
		    row[i].wanted > 0);
		assert_int_equal(got, row[i].wanted ? row[i].wanted : 77);
	}
}

static void
envid(void **state)
{
	static struct {
		char const *given, *wanted;	/* NULL: malformed */
	} const row[] = {
		{ "QQ314159", "QQ314159" }, { "a+2Bb+3D+20c", "a+b= c" },
		{ "<x@y>", "<x@y>" }, { "+7E", "~" }, { "", NULL },
		{ "a b", NULL }, { "a=b", NULL }, { "a+2b", NULL },
		{ "a+2", NULL }, { "a+", NULL }, { "+", NULL },
		{ "+G0", NULL }, { "+0G", NULL }, { "a\x7f", NULL },
		{ "a\tb", NULL }, { "\xc3\xa9", NULL }, { "+00", NULL },
		{ "+0D+0A", NULL }, { "+7F", NULL }, { "+C3+A9", NULL },
	};
	char out[ENVID_MAX];
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		struct slice given = slice_of(row[i].given);

		assert_int_equal(dsn_envid_valid(given), !!row[i].wanted);
		if (!row[i].wanted) continue;
		assert_true(dsn_envid_decode(given, out, &len));
		assert_true(slice_is(slice_from(out, len), row[i].wanted));
	}
	assert_false(dsn_envid_valid(SLICE("a\0b")));
}

static void
limits(void **state)
{
	char text[ORCPT_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_true(dsn_envid_valid(slice_from(text, ENVID_MAX)));
	assert_false(dsn_envid_valid(slice_from(text, ENVID_MAX + 1)));
	memcpy(text, "rfc822;", 7);
	assert_true(dsn_orcpt_valid(slice_from(text, ORCPT_MAX)));
	assert_false(dsn_orcpt_valid(slice_from(text, ORCPT_MAX + 1)));
	memcpy(text, "utf-8;", 6);
	assert_true(dsn_orcpt_valid(slice_from(text, ORCPT_MAX)));
	assert_false(dsn_orcpt_valid(slice_from(text, ORCPT_MAX + 1)));
}

static void
orcpt(void **state)
{
	static struct {
		char const *given, *type, *wanted;
	} const row[] = {
		{ "rfc822;a@b.test", "rfc822", "a@b.test" },
		{ "RFC822;a+2Bx@b", "RFC822", "a+x@b" },
		{ "x-y;+2F", "x-y", "/" }, { "rfc822;a;b", "rfc822", "a;b" },
		{ "utf-8;a@b", "utf-8", "a@b" },
		{ "UTF-8;\\x{E9}@b", "UTF-8", "\xc3\xa9@b" },
		{ "utf-8;\xc3\xa9@b", "utf-8", "\xc3\xa9@b" },
		{ "utf-8;\\x{1F600}", "utf-8", "\xf0\x9f\x98\x80" },
		{ "utf-8;\\x{10FFFF}\\x{2B}", "utf-8", "\xf4\x8f\xbf\xbf+" },
	};
	static char const *const bad[] = {
		"", "rfc822", "rfc822;", ";a@b", "rfc 822;a", "rfc_822;a",
		"rfc822;\xc3\xa9", "rfc822;a b", "rfc822;a=b", "rfc822;+0A",
		"rfc\r822;a", "utf-8;", "utf-8;a+2Bb", "utf-8;a=b",
		"utf-8;a b", "utf-8;a\\b", "utf-8;\\x{}", "utf-8;\\x{A}",
		"utf-8;\\x{e9}", "utf-8;\\x{E9", "utf-8;\\x{E9@b}",
		"utf-8;\\x{0A}", "utf-8;\\x{85}", "utf-8;\\x{D800}",
		"utf-8;\\x{110000}", "utf-8;\\x{00000041}", "utf-8;\xe9@b",
		"utf-8;a\tb", "utf-8;\xc2\x85", "utf-8;\xc0\x80",
	};
	char out[ORCPT_MAX];
	struct slice type;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		assert_true(dsn_orcpt_decode(slice_of(row[i].given), &type,
		    out, &len));
		assert_true(slice_is(type, row[i].type));
		assert_true(slice_is(slice_from(out, len), row[i].wanted));
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(dsn_orcpt_valid(slice_of(bad[i])));
	assert_false(dsn_orcpt_valid(SLICE("rfc822;a\0")));
	assert_false(dsn_orcpt_valid(SLICE("utf-8;a\0")));
}

/* What is made of an address stands for that address. */
static void
encoded(void **state)
{
	static struct {
		char const *address, *wanted;
	} const row[] = {
		{ "a@b.test", "rfc822;a@b.test" },
		{ "a+x=y@b.test", "rfc822;a+2Bx+3Dy@b.test" },
		{ "\"a \\\"b\"@c", "rfc822;\"a+20\\\"b\"@c" },
		{ "j\xc3\xb6rg+x@b", "utf-8;j\\x{F6}rg\\x{2B}x@b" },
		{ "\xe4\xb8\xad@b", "utf-8;\\x{4E2D}@b" },
	};
	static char const *const bad[] = { "", "a\r\n", "\xff@b", "\x7f" };
	char made[ORCPT_MAX], out[ORCPT_MAX];
	struct slice type;
	size_t i, n, len;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		n = dsn_orcpt_encode(slice_of(row[i].address), made);
		assert_true(slice_is(slice_from(made, n), row[i].wanted));
		assert_true(dsn_orcpt_decode(slice_from(made, n), &type, out,
		    &len));
		assert_true(slice_is(slice_from(out, len), row[i].address));
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(dsn_orcpt_encode(slice_of(bad[i]), made), 0);
}

static void
encoded_at_the_limit(void **state)
{
	char address[ORCPT_MAX], made[ORCPT_MAX];
	size_t n = ORCPT_MAX - 7;

	(void)state;
	memset(address, 'a', sizeof address);
	assert_int_equal(dsn_orcpt_encode(slice_from(address, n), made),
	    ORCPT_MAX);
	assert_int_equal(dsn_orcpt_encode(slice_from(address, n + 1), made),
	    0);
	address[0] = '+';	/* three octets now */
	assert_int_equal(dsn_orcpt_encode(slice_from(address, n - 2), made),
	    ORCPT_MAX);
	assert_int_equal(dsn_orcpt_encode(slice_from(address, n - 1), made),
	    0);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(notify),
		cmocka_unit_test(notify_names),
		cmocka_unit_test(envid),
		cmocka_unit_test(limits),
		cmocka_unit_test(orcpt),
		cmocka_unit_test(encoded),
		cmocka_unit_test(encoded_at_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
