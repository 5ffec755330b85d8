/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "smtpd/hops.h"

/* The same count whole, octet by octet and cut in two anywhere. */
static void
count(char const *text, unsigned expected)
{
	struct slice all = slice_of(text);
	struct hops whole = { .count = 0 }, octets = { .count = 0 };
	size_t i;

	hops_feed(&whole, all);
	assert_int_equal(whole.count, expected);
	for (i = 0; i < all.len; i++)
		hops_feed(&octets, slice_from(all.s + i, 1));
	assert_int_equal(octets.count, expected);
	for (i = 0; i <= all.len; i++) {
		struct hops cut = { .count = 0 };

		hops_feed(&cut, slice_from(all.s, i));
		hops_feed(&cut, slice_skip(all, i));
		assert_int_equal(cut.count, expected);
	}
}

static void
counts_received_fields(void **state)
{
	(void)state;
	count("", 0);
	count("Received:", 1);
	count("Received", 0);
	count("Received: a\r\nrEcEiVeD:\r\nReceived:x\r\n\r\n", 3);
	count("Subject: Received:\r\n Received:\r\n\tReceived: x\r\n", 0);
	count("ReceivedReceived:\r\nXReceived:\r\nReceive: d\r\n", 0);
	count("Received\r\n: x\r\nRec\r\neived: x\r\n", 0);
	count("\r\nReceived: x\r\n", 0);
	count("A: b\r\nReceived: c\r\n\r\nReceived: d\r\n\r\nReceived: e\r\n",
	    1);
}

static void
limit_is_exact(void **state)
{
	struct hops h = { .count = 0 };
	int i;

	(void)state;
	for (i = 1; i < HOPS_LOOP; i++)
		hops_feed(&h, SLICE("Received: x\r\n"));
	assert_false(hops_too_many(&h));
	hops_feed(&h, SLICE("Received:"));
	assert_true(hops_too_many(&h));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(counts_received_fields),
		cmocka_unit_test(limit_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
