/* SPDX-License-Identifier: ISC */
/* Base64 both ways: RFC 4648's own examples, and what is none. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "common/base64.h"

static struct {
	char const *plain, *coded;
} const pairs[] = {
	{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" }, { "\xff\xfe\xfd", "//79" },
	{ "\xfb\xef", "++8=" },
};

static char const *const none[] = {
	"Z", "Zg", "Zg=", "Zg===", "====", "=Zg=", "Zg==Zg==", "Zm9v\n", "Zm9-",
	"Zh==", "Zm9=", "Z===", " Zg=", "Zm=v",
};

static void
test_pairs(void **state)
{
	char out[32];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct slice plain = slice_of(pairs[i].plain);
		struct slice coded = slice_of(pairs[i].coded);

		n = base64_encode(out, plain);
		assert_true(slice_eq(slice_from(out, n), coded));
		assert_int_equal(n, BASE64_LEN(plain.len));
		assert_true(base64_decode(out, &n, coded));
		assert_true(slice_eq(slice_from(out, n), plain));
	}
}

static void
test_none(void **state)
{
	char out[32];
	size_t i, n = 99;

	(void)state;
	for (i = 0; i < sizeof none / sizeof *none; i++) {
		assert_false(base64_decode(out, &n, slice_of(none[i])));
		assert_int_equal(n, 99);
	}
}

static void
test_all_octets(void **state)
{
	char plain[256], coded[BASE64_LEN(256)], back[256];
	size_t i, len, n;

	(void)state;
	for (i = 0; i < sizeof plain; i++)
		plain[i] = (char)i;
	for (len = 0; len <= sizeof plain; len++) {
		n = base64_encode(coded, slice_from(plain, len));
		assert_true(base64_decode(back, &n, slice_from(coded, n)));
		assert_int_equal(n, len);
		assert_memory_equal(back, plain, len);
	}
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_all_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
