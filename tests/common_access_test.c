/* SPDX-License-Identifier: ISC */
/* The access file: who is in which group and may relay, and what is said of
 * bad lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "common/access.h"
#include "tests/seed.h"

enum { ROUNDS = 5000 };

static void
assert_client(struct access const *access, char const *address,
    char const *groups, bool relay)
{
	struct access_client client;

	memset(&client, 0xaa, sizeof client);
	access_look_up(access, address, &client);
	assert_string_equal(client.groups, groups);
	assert_int_equal(client.relay, relay);
}

static void
looks_up_clients(void **state)
{
	static char const text[] =
	    "# who is who\n"
	    "group office  192.0.2.0/24 2001:db8::/32\n"
	    "group Admins  192.0.2.7 2001:db8::7\n"
	    "group six     ::/0\n"
	    "group four    0.0.0.0/0\n"
	    "relay Admins  198.51.100.128/25 2001:db8:f::/48\n"
	    "accept *\n";
	static struct {
		char const *address, *groups;
		bool relay;
	} const rows[] = {
		{ "192.0.2.0", "office four", false },
		{ "192.0.2.255", "office four", false },
		{ "192.0.1.255", "four", false },
		{ "192.0.3.0", "four", false },
		{ "192.0.2.7", "office Admins four", true },
		{ "::ffff:192.0.2.7", "office Admins four", true },
		{ "198.51.100.127", "four", false },
		{ "198.51.100.128", "four", true },
		{ "198.51.100.255", "four", true },
		{ "198.51.101.0", "four", false },
		{ "2001:db8::1", "office six", false },
		{ "2001:db8::7", "office Admins six", true },
		{ "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "office six",
		  false },
		{ "2001:db8:f::1", "office six", true },
		{ "2001:db7:ffff::", "six", false },
		{ "2001:db9::", "six", false },
		{ "::", "six", false },
		{ "::192.0.2.7", "six", false },
		{ "", "", false },
		{ "unknown", "", false },
		{ "192.0.2.7 ", "", false },
		{ "192.0.2.7x", "", false }
	};
	struct parse_error error;
	struct access access;
	size_t i;

	(void)state;
	assert_true(access_parse(&access, slice_of(text), &error));
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_client(&access, rows[i].address, rows[i].groups,
		    rows[i].relay);
	access_free(&access);
	assert_client(&access, "192.0.2.7", "", false);
}

static void
lets_nobody_relay_by_default(void **state)
{
	static char const *const texts[] = {
		"", "# nothing\n", "accept *", "group a 127.0.0.1"
	};
	struct access const zeroed = { .groups = 0 };
	struct access_client client;
	struct parse_error error;
	struct access access;
	size_t i;

	(void)state;
	assert_client(&zeroed, "127.0.0.1", "", false);
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_true(access_parse(&access, slice_of(texts[i]),
		    &error));
		access_look_up(&access, "127.0.0.1", &client);
		assert_false(client.relay);
		access_free(&access);
	}
}

static void
names_what_is_wrong(void **state)
{
	static char const none[] =
	    ": neither a group named above nor an address";
	static char const name[] = ": a group can't have this name";
	static char const bits[] = ": bits beyond the prefix must be zero";
	static char const prefix[] = ": this is no prefix length";
	static struct {
		char const *text;
		unsigned line;
		char const *word, *why;
	} const rows[] = {
		{ "refuse 192.0.2.1", 1, "refuse", ": there is no such rule" },
		{ "accept *\nlimit * connections 1", 2, "limit",
		  ": there is no such rule" },
		{ "Group a 192.0.2.1", 1, "Group", ": there is no such rule" },
		{ "group", 1, "group", ": a name is missing" },
		{ "group a", 1, "a", ": a network is missing" },
		{ "group a # 192.0.2.1", 1, "a", ": a network is missing" },
		{ "group \"\" 192.0.2.1", 1, "", name },
		{ "group \"a b\" 192.0.2.1", 1, "a b", name },
		{ "group 192.0.2.1 192.0.2.2", 1, "192.0.2.1", name },
		{ "group * 192.0.2.1", 1, "*", name },
		{ "group login 192.0.2.1", 1, "login", name },
		{ "group dnsbl 192.0.2.1", 1, "dnsbl", name },
		{ "group a 192.0.2.1\ngroup a 192.0.2.2", 2, "a",
		  ": there is such a group already" },
		{ "group a 192.0.2.1\ngroup b a", 2, "a", none },
		{ "group a 192.0.2.1, 192.0.2.2", 1, ",", none },
		{ "group a 192.0.2.1 \"b", 1, "b",
		  ": the closing quote is missing" },
		{ "group a /\\.example$/", 1, "/\\.example$/", none },
		{ "group a 192.0.2", 1, "192.0.2", none },
		{ "group a 192.0.2.0/", 1, "192.0.2.0/", prefix },
		{ "group a 192.0.2.0/33", 1, "192.0.2.0/33", prefix },
		{ "group a 192.0.2.0/-1", 1, "192.0.2.0/-1", prefix },
		{ "group a 192.0.2.0/24/24", 1, "192.0.2.0/24/24", prefix },
		{ "group a 192.0.2.0/255.255.255.0", 1,
		  "192.0.2.0/255.255.255.0", prefix },
		{ "group a ::/129", 1, "::/129", prefix },
		{ "group a 192.0.2.1/24", 1, "192.0.2.1/24", bits },
		{ "group a 192.0.2.2/30", 1, "192.0.2.2/30", bits },
		{ "group a 192.0.2.0/0", 1, "192.0.2.0/0", bits },
		{ "group a 2001:db8::1/127", 1, "2001:db8::1/127", bits },
		{ "group a ::1/0", 1, "::1/0", bits },
		{ "relay", 1, "relay", ": a group or a network is missing" },
		{ "relay office", 1, "office", none },
		{ "relay office\ngroup office 192.0.2.1", 1, "office", none },
		{ "group office 192.0.2.1\nrelay Office", 2, "Office", none },
		{ "group office 192.0.2.1\nrelay office login", 2, "login",
		  none },
		{ "relay 192.0.2.1/8", 1, "192.0.2.1/8", bits },
		{ "relay 192.0.2.1 \"b", 1, "b",
		  ": the closing quote is missing" },
		{ "relay *", 1, "*", none },
		{ "accept", 1, "accept", ": \"*\" is missing" },
		{ "accept 192.0.2.1", 1, "192.0.2.1", ": only \"*\" here" },
		{ "accept * x", 1, "x", ": nothing may follow here" },
		{ "\"a", 1, "a", ": the closing quote is missing" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parse_error error = { .line = 0 };
		struct access access;
		char wanted[200];

		assert_false(access_parse(&access, slice_of(rows[i].text),
		    &error));
		snprintf(wanted, sizeof wanted, "\"%s\"%s", rows[i].word,
		    rows[i].why);
		assert_string_equal(error.why, wanted);
		assert_int_equal(error.line, rows[i].line);
		assert_int_equal(access.groups, 0);
		assert_null(access.group);
	}
}

/* One group whose name has this many octets. */
static bool
takes_name(size_t len)
{
	char text[ACCESS_NAME_MAX + 64];
	struct parse_error error;
	struct access access;
	bool good;

	strcpy(text, "group ");
	memset(text + 6, 'n', len);
	strcpy(text + 6 + len, " 192.0.2.1");
	good = access_parse(&access, slice_of(text), &error);
	access_free(&access);
	return good;
}

/* Groups that all hold one client: their names fill its list to total. */
static bool
takes_names(size_t total)
{
	char text[ACCESS_NAMES_MAX * 4];
	struct access_client client;
	struct parse_error error;
	struct access access;
	size_t n = 0, left = total, i;
	bool good;

	for (i = 0; left; i++) {
		size_t len = left - !!i;

		/* never leave one octet: a space and no name */
		if (len > ACCESS_NAME_MAX) len = ACCESS_NAME_MAX - 2;
		n += (size_t)sprintf(text + n, "group %0*zu ::1\n", (int)len,
		    i);
		left -= len + !!i;
	}
	good = access_parse(&access, slice_from(text, n), &error);
	if (good) {
		access_look_up(&access, "::1", &client);
		assert_int_equal(strlen(client.groups), total);
	}
	access_free(&access);
	return good;
}

static void
holds_the_limits_of_names(void **state)
{
	(void)state;
	assert_true(takes_name(ACCESS_NAME_MAX));
	assert_false(takes_name(ACCESS_NAME_MAX + 1));
	assert_true(takes_names(ACCESS_NAMES_MAX));
	assert_false(takes_names(ACCESS_NAMES_MAX + 1));
}

static bool
bit(unsigned char const *octet, unsigned n)
{
	return octet[n / 8] >> (7 - n % 8) & 1;
}

/* Random networks and clients near their edges, bit by bit. */
static void
agrees_with_a_count_of_bits(void **state)
{
	int round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		unsigned char net[NETADDR_OCTETS], client[NETADDR_OCTETS];
		char net_text[NETADDR_TEXT_MAX + 1];
		char client_text[NETADDR_TEXT_MAX + 1], text[128];
		unsigned bits, flipped, i;
		bool ip4 = seed_below(2);
		struct parse_error error;
		struct access access;

		bits = (unsigned)seed_below(ip4 ? 33 : 129);
		memset(net, 0, 10);
		memset(net + 10, 0xff, 2);
		for (i = ip4 ? 12 : 0; i < sizeof net; i++)
			net[i] = (unsigned char)seed_below(256);
		if (!ip4) net[0] = 0x20;
		memcpy(client, net, sizeof client);
		flipped = (unsigned)seed_below(ip4 ? 32 : 124) + (ip4 ? 96 : 4);
		client[flipped / 8] ^= (unsigned char)(0x80 >> flipped % 8);
		for (i = bits + (ip4 ? 96 : 0); i < 128; i++)
			net[i / 8] &= (unsigned char)~(0x80 >> i % 8);
		sprintf(text, "relay %s/%u", netaddr_ip_format(net_text, net),
		    bits);
		assert_true(access_parse(&access, slice_of(text), &error));
		netaddr_ip_format(client_text, client);
		assert_client(&access, client_text, "",
		    flipped >= bits + (ip4 ? 96 : 0));
		assert_int_equal(access.group[0].net[0].bits,
		    bits + (ip4 ? 96 : 0));
		for (i = 0; i < access.group[0].net[0].bits; i++)
			assert_int_equal(bit(client, i) != bit(net, i),
			    i == flipped);
		access_free(&access);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(looks_up_clients),
		cmocka_unit_test(lets_nobody_relay_by_default),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(holds_the_limits_of_names),
		cmocka_unit_test(agrees_with_a_count_of_bits)
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
