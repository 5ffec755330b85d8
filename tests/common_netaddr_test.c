/* SPDX-License-Identifier: ISC */
/* Addresses and hosts with ports: what is read, what is refused and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "common/netaddr.h"
#include "tests/seed.h"

enum { ROUNDS = 20000 };

static void
reads_addresses(void **state)
{
	static struct {
		char const *text, *formatted;
		bool ip4;
	} const rows[] = {
		{ "0.0.0.0", "0.0.0.0", true },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "255.255.255.255", "255.255.255.255", true },
		{ "::ffff:192.0.2.1", "192.0.2.1", true },
		{ "::FFFF:C000:201", "192.0.2.1", true },
		{ "::", "::", false },
		{ "::1", "::1", false },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1", false },
		{ "1111:2222:3333:4444:5555:6666:77.77.88.88",
		  "1111:2222:3333:4444:5555:6666:4d4d:5858", false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned char octet[NETADDR_OCTETS];
		char text[NETADDR_TEXT_MAX + 1];

		assert_true(netaddr_ip(octet, slice_of(rows[i].text)));
		assert_int_equal(netaddr_is_ip4(octet), rows[i].ip4);
		assert_string_equal(netaddr_ip_format(text, octet),
		    rows[i].formatted);
	}
}

static void
keeps_families_apart(void **state)
{
	static unsigned char const mapped[NETADDR_OCTETS] = {
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1
	};
	unsigned char octet[NETADDR_OCTETS];

	(void)state;
	assert_true(netaddr_ip4(octet, SLICE("192.0.2.1")));
	assert_memory_equal(octet, mapped, sizeof mapped);
	assert_false(netaddr_ip6(octet, SLICE("192.0.2.1")));
	assert_false(netaddr_ip4(octet, SLICE("::1")));
	assert_true(netaddr_ip6(octet, SLICE("::ffff:192.0.2.1")));
	assert_memory_equal(octet, mapped, sizeof mapped);
}

static void
refuses_other_addresses(void **state)
{
	static struct slice const rows[] = {
		SLICE(""), SLICE(" "), SLICE("1"), SLICE("192.0.2"),
		SLICE("192.0.2.1.1"), SLICE("192.0.2.256"),
		SLICE("192.0.2.01"), SLICE("192.0.2.1 "), SLICE(" 192.0.2.1"),
		SLICE("192.0.2.1\0"), SLICE("192.0.2.1\0x"), SLICE("0x7f.1"),
		SLICE("192.0.2.-1"), SLICE("300.1.1.1"), SLICE(":"),
		SLICE(":::"), SLICE("1::2::3"), SLICE("2001:db8::12345"),
		SLICE("fe80::1%eth0"), SLICE("[::1]"), SLICE("mx.example"),
		/* longer than any address, though each part could be in one */
		SLICE("1111:2222:3333:4444:5555:6666:255.255.255.2555")
	};
	unsigned char octet[NETADDR_OCTETS], before[NETADDR_OCTETS];
	size_t i;

	(void)state;
	memset(octet, 0xaa, sizeof octet);
	memset(before, 0xaa, sizeof before);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_false(netaddr_ip(octet, rows[i]));
		assert_memory_equal(octet, before, sizeof before);
	}
}

/* Any 16 octets go to text and back, also those with runs of zeros. */
static void
comes_back_from_text(void **state)
{
	int round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		unsigned char octet[NETADDR_OCTETS], again[NETADDR_OCTETS];
		char text[NETADDR_TEXT_MAX + 1];
		size_t i;

		for (i = 0; i < sizeof octet; i++)
			octet[i] = seed_below(2)
			    ? (unsigned char)seed_below(256) : 0;
		if (!seed_below(4)) {
			memset(octet, 0, 10);
			memset(octet + 10, 0xff, 2);
		}
		netaddr_ip_format(text, octet);
		assert_true(netaddr_ip(again, slice_of(text)));
		assert_memory_equal(again, octet, sizeof octet);
	}
}

/* host_of - len octets, in labels of this length */
static struct slice
host_of(char *out, size_t len, size_t label)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = i % (label + 1) == label ? '.' : 'H';
	return slice_from(out, len);
}

static void
holds_the_limits_of_names(void **state)
{
	char text[NETADDR_HOST_MAX + 1];
	struct netaddr a;
	char const *why;

	(void)state;
	assert_true(netaddr_name(host_of(text, NETADDR_LABEL_MAX,
	    NETADDR_LABEL_MAX)));
	assert_false(netaddr_name(host_of(text, NETADDR_LABEL_MAX + 1,
	    NETADDR_LABEL_MAX + 1)));
	assert_true(netaddr_name(host_of(text, NETADDR_HOST_MAX, 60)));
	assert_false(netaddr_name(host_of(text, NETADDR_HOST_MAX + 1, 60)));

	assert_true(netaddr_parse(&a, host_of(text, NETADDR_HOST_MAX, 60),
	    &why));
	assert_int_equal(strlen(a.host), NETADDR_HOST_MAX);
	assert_int_equal(a.host[0], 'h');
	assert_false(netaddr_parse(&a, host_of(text, NETADDR_HOST_MAX + 1, 60),
	    &why));
}

static void
reads_hosts_and_ports(void **state)
{
	static struct {
		char const *text, *host;
		unsigned port;
	} const rows[] = {
		{ "192.0.2.1", "192.0.2.1", 0 },
		{ "192.0.2.1:25", "192.0.2.1", 25 },
		{ "[192.0.2.1]:25", "192.0.2.1", 25 },
		{ "2001:DB8::1", "2001:db8::1", 0 },
		{ "2001:db8::25", "2001:db8::25", 0 },
		{ "::1", "::1", 0 },
		{ "::", "::", 0 },
		{ "[::1]", "::1", 0 },
		{ "[2001:db8:0::1]:587", "2001:db8::1", 587 },
		{ "::ffff:192.0.2.1", "192.0.2.1", 0 },
		{ "host.example", "host.example", 0 },
		{ "Host.Example:25", "host.example", 25 },
		{ "localhost:1", "localhost", 1 },
		{ "localhost:65535", "localhost", 65535 },
		{ "4mail.example:0025", "4mail.example", 25 },
		{ "1.example", "1.example", 0 },
		{ "mx1", "mx1", 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct netaddr a;
		char const *why = NULL;

		assert_true(netaddr_parse(&a, slice_of(rows[i].text), &why));
		assert_string_equal(a.host, rows[i].host);
		assert_int_equal(a.port, rows[i].port);
	}
}

static void
refuses_other_hosts(void **state)
{
	static char const host[] = "neither an address nor a host name";
	static char const port[] = "a port is a number from 1 to 65535";
	static char const brackets[] = "no address in brackets";
	static char const after[] = "only :PORT may follow the brackets";
	static struct {
		struct slice text;
		char const *why;
	} const rows[] = {
		{ SLICE(""), host },
		{ SLICE(":25"), host },
		{ SLICE("host name"), host },
		{ SLICE("host.example."), host },
		{ SLICE(".example"), host },
		{ SLICE("-x.example"), host },
		{ SLICE("x-.example"), host },
		{ SLICE("host\0:25"), host },
		{ SLICE("300.1.1.1"), host },
		{ SLICE("192.0.2:25"), host },
		{ SLICE("25"), host },
		{ SLICE("1:2:3"), host },
		{ SLICE("host:25:25"), host },
		{ SLICE("::1]:25"), host },
		{ SLICE("host:"), port },
		{ SLICE("host:0"), port },
		{ SLICE("host:65536"), port },
		{ SLICE("host:-1"), port },
		{ SLICE("host:smtp"), port },
		{ SLICE("host: 25"), port },
		{ SLICE("[::1]:"), port },
		{ SLICE("[::1]:65536"), port },
		{ SLICE("["), brackets },
		{ SLICE("[]"), brackets },
		{ SLICE("[::1"), brackets },
		{ SLICE("[host.example]:25"), brackets },
		{ SLICE("[::1]25"), after },
		{ SLICE("[::1]]"), after }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct netaddr a = { .host = "before", .port = 7 };
		char const *why = NULL;

		assert_false(netaddr_parse(&a, rows[i].text, &why));
		assert_string_equal(why, rows[i].why);
		assert_string_equal(a.host, "before");
		assert_int_equal(a.port, 7);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(reads_addresses),
		cmocka_unit_test(keeps_families_apart),
		cmocka_unit_test(refuses_other_addresses),
		cmocka_unit_test(comes_back_from_text),
		cmocka_unit_test(holds_the_limits_of_names),
		cmocka_unit_test(reads_hosts_and_ports),
		cmocka_unit_test(refuses_other_hosts)
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
