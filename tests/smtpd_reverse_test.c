/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "smtpd/reverse.h"

static char out[REVERSE_MAX + 1];

static char const *
reverse(char const *address, char const *zone)
{
	unsigned char octet[NETADDR_OCTETS];

	assert_true(netaddr_ip(octet, slice_of(address)));
	reverse_format(out, octet, zone);
	return out;
}

static void
goes_backwards(void **state)
{
	(void)state;
	assert_string_equal(reverse("192.0.2.7", NULL),
	    "7.2.0.192.in-addr.arpa");
	assert_string_equal(reverse("255.255.255.255", "bl.example"),
	    "255.255.255.255.bl.example");
	assert_string_equal(reverse("2001:db8::567:89ab", NULL),
	    "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "8.b.d.0.1.0.0.2.ip6.arpa");
	assert_string_equal(reverse("::1", "bl.example"),
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "0.0.0.0.0.0.0.0.bl.example");
}

static void
has_room_for_the_longest(void **state)
{
	char zone[NETADDR_HOST_MAX + 1];

	(void)state;
	memset(zone, 'z', NETADDR_HOST_MAX);
	zone[NETADDR_HOST_MAX] = '\0';
	assert_int_equal(strlen(reverse("2001:db8::1", zone)), REVERSE_MAX);
	assert_string_equal(out + REVERSE_DIGITS_MAX, zone);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(goes_backwards),
		cmocka_unit_test(has_room_for_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
