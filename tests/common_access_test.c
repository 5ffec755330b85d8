/* SPDX-License-Identifier: ISC */
/* The access file: what it says of clients, by hand and against a walk through
 * all lines, and what is said of bad lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "common/access.h"
#include "tests/seed.h"

enum { ROUNDS = 5000, FILES = 300, CLIENTS = 40, MANY = 100000 };

static void
parse(struct access *access, char const *text)
{
	struct parse_error error;

	if (!access_parse(access, slice_of(text), &error))
		fail_msg("line %u column %u: %s", error.line, error.column,
		    error.why);
}

static void
decide(struct access const *access, char const *address, char const *name,
    char const *login, struct access_decision *d)
{
	struct who_client const client = { .address = address,
		.name = slice_of(name), .login = slice_of(login) };

	memset(d, 0xaa, sizeof *d);
	access_client(access, &client, d);
}

static void
assert_client(struct access const *access, char const *address,
    char const *groups, bool relay)
{
	struct access_decision d;

	decide(access, address, "", "", &d);
	assert_string_equal(d.groups, groups);
	assert_int_equal(d.relay, relay);
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
	struct access access;
	size_t i;

	(void)state;
	parse(&access, text);
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_client(&access, rows[i].address, rows[i].groups,
		    rows[i].relay);
	access_free(&access);
	assert_client(&access, "192.0.2.7", "", false);
}

static void
knows_hosts_and_logins(void **state)
{
	static char const text[] =
	    "group office /^(a|b)\\.office\\.example$/ .branch.example\n"
	    "group one    mx.example.org login=Anna\n"
	    "group users  login\n"
	    "group nest   one users\n"
	    "relay nest   .wide.example\n";
	static struct {
		char const *name, *login, *groups;
		bool relay;
	} const rows[] = {
		{ "", "", "", false },
		{ "a.office.example", "", "office", false },
		{ "A.Office.Example", "", "office", false },
		{ "c.office.example", "", "", false },
		{ "x.branch.example", "", "office", false },
		{ "x.Y.branch.example", "", "office", false },
		{ "branch.example", "", "", false },
		{ "xbranch.example", "", "", false },
		{ "MX.example.org", "", "one nest", true },
		{ "mx.example.org.x", "", "", false },
		{ "x.mx.example.org", "", "", false },
		{ "x.wide.example", "", "", true },
		{ "", "Anna", "one users nest", true },
		{ "", "anna", "users nest", true },
		{ "b.office.example", "x", "office users nest", true }
	};
	struct access access;
	size_t i;

	(void)state;
	parse(&access, text);
	assert_true(access_wants_name(&access));
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct access_decision d;

		decide(&access, "192.0.2.1", rows[i].name, rows[i].login, &d);
		assert_string_equal(d.groups, rows[i].groups);
		assert_int_equal(d.relay, rows[i].relay);
	}
	access_free(&access);
	parse(&access, "group a login login=x 192.0.2.1\nrelay a\n");
	assert_false(access_wants_name(&access));
	access_free(&access);
}

static void
decides_by_the_first_line(void **state)
{
	static char const text[] =
	    "group good 192.0.2.0/24 .good.example\n"		/* 1 */
	    "refuse 192.0.2.66 .bad.example 550 5.7.1 \"go away\"\n"
	    "accept good\n"					/* 3 */
	    "refuse dnsbl one.example 554 5.7.1 \"one\"\n"
	    "accept 203.0.113.0/24\n"				/* 5 */
	    "refuse dnsbl two.example 450 4.7.1 \"two\"\n"
	    "refuse good 550 5.7.1 \"never\"\n"		/* 7 */
	    "limit 192.0.2.1 connections 7\n"
	    "limit good * rate 3\n"				/* 9 */
	    "limit 192.0.2.1 connections 8\n"
	    "limit login messages none\n"			/* 11 */
	    "limit * messages 5\n"
	    "xclient 192.0.2.2\n"				/* 13 */
	    "proxy 192.0.2.2 2001:db8::/32\n"
	    "refuse 198.51.100.1 451 4.7.0 later\n";		/* 15 */
	struct access_decision d;
	struct access access;

	(void)state;
	parse(&access, text);
	decide(&access, "192.0.2.66", "", "", &d);
	assert_int_equal(d.verdict, ACCESS_REFUSE);
	assert_int_equal(d.refusal.line, 2);
	assert_int_equal(d.refusal.code, 550);
	assert_string_equal(d.refusal.status, "5.7.1");
	assert_string_equal(d.refusal.text, "go away");
	assert_int_equal(d.zones, 0);
	assert_string_equal(d.groups, "good");

	decide(&access, "192.0.2.1", "", "", &d);
	assert_int_equal(d.verdict, ACCESS_ACCEPT);
	assert_int_equal(d.refusal.line, 3);
	assert_int_equal(d.zones, 0);
	assert_int_equal(d.limit_line[ACCESS_CONNECTIONS], 8);
	assert_int_equal(d.limit[ACCESS_CONNECTIONS], 7);
	assert_int_equal(d.limit_line[ACCESS_RATE], 9);
	assert_int_equal(d.limit_line[ACCESS_MESSAGES], 12);
	assert_int_equal(d.limit_line[ACCESS_RECIPIENTS], 0);
	assert_false(d.xclient || d.proxy || d.relay);

	decide(&access, "203.0.113.9", "", "x", &d);
	assert_int_equal(d.verdict, ACCESS_ACCEPT);
	assert_int_equal(d.refusal.line, 5);
	assert_int_equal(d.zones, 1);
	assert_string_equal(d.zone[0].zone, "one.example");
	assert_true(d.limit[ACCESS_MESSAGES] == ACCESS_NO_LIMIT);
	access_listed(&d, 0);
	assert_int_equal(d.verdict, ACCESS_REFUSE);
	assert_int_equal(d.refusal.line, 4);
	assert_string_equal(d.refusal.text, "one");

	decide(&access, "203.0.113.9", "x.bad.example", "", &d);
	assert_int_equal(d.refusal.line, 2);
	assert_int_equal(d.zones, 0);

	decide(&access, "", "", "", &d);
	assert_int_equal(d.verdict, ACCESS_ACCEPT);
	assert_int_equal(d.refusal.line, 0);
	assert_int_equal(d.limit_line[ACCESS_RATE], 9);

	decide(&access, "198.51.100.1", "", "", &d);
	assert_int_equal(d.zones, 2);
	assert_int_equal(d.refusal.line, 15);
	access_listed(&d, 1);
	assert_int_equal(d.refusal.code, 450);
	access_listed(&d, 0);
	assert_int_equal(d.refusal.code, 554);
	access_listed(&d, 1);
	assert_int_equal(d.refusal.line, 4);

	decide(&access, "192.0.2.2", "", "", &d);
	assert_true(d.xclient && d.proxy);
	decide(&access, "2001:db8::5", "", "", &d);
	assert_true(!d.xclient && d.proxy);
	access_free(&access);
}

/* Never a match, never a miss. */
static void
says_when_a_pattern_hits_its_limit(void **state)
{
	char name[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.x";
	struct access_decision d;
	struct access access;

	(void)state;
	parse(&access, "relay 192.0.2.1\nrefuse /^(a+)+$/ 550 5.7.1 x\n"
	    "refuse dnsbl a.example 550 5.7.1 x\n");
	decide(&access, "192.0.2.1", name, "", &d);
	assert_int_equal(d.verdict, ACCESS_LIMIT);
	assert_false(d.relay);
	assert_string_equal(d.groups, "");
	assert_int_equal(d.zones, 0);
	decide(&access, "192.0.2.1", "aaaa", "", &d);
	assert_int_equal(d.verdict, ACCESS_REFUSE);
	decide(&access, "192.0.2.1", "", "", &d);
	assert_int_equal(d.verdict, ACCESS_ACCEPT);
	assert_true(d.relay);
	access_free(&access);
}

static void
knows_who_may_be_whom(void **state)
{
	static char const text[] =
	    "senders anna  Anna@example.org @anna.example\n"
	    "senders boss  @example.org\n"
	    "senders boss  x@example.net\n"
	    "senders *     nobody@example.org\n";
	static struct {
		char const *login, *sender;
		unsigned line;
		bool may;
	} const rows[] = {
		{ "anna", "anna@example.org", 1, true },
		{ "anna", "ANNA+x@example.org", 1, true },
		{ "anna", "x@anna.example", 1, true },
		{ "anna", "x@sub.anna.example", 1, false },
		{ "anna", "boss@example.org", 1, false },
		{ "anna", NULL, 1, true },
		{ "boss", "anyone@example.org", 2, true },
		{ "boss", "x@example.net", 2, false },
		{ "Boss", "anyone@example.org", 4, false },
		{ "zoe", "nobody@example.org", 4, true },
		{ "zoe", "zoe@example.org", 4, false },
		{ "", "zoe@example.org", 0, true }
	};
	struct access access;
	size_t i;

	(void)state;
	parse(&access, text);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		unsigned line = 99;
		struct addr a;

		if (rows[i].sender)
			assert_true(addr_parse(&a, slice_of(rows[i].sender)));
		assert_int_equal(access_sender(&access,
		    slice_of(rows[i].login), rows[i].sender ? &a : NULL,
		    &line), rows[i].may);
		assert_int_equal(line, rows[i].line);
	}
	access_free(&access);
}

static void
lets_nobody_relay_by_default(void **state)
{
	static char const *const texts[] = { "", "# only this\n",
		"group all 0.0.0.0/0 ::/0\naccept *\n" };
	struct access const zeroed = { .rules = 0 };
	struct access_decision d;
	struct access access;
	size_t i;

	(void)state;
	decide(&zeroed, "127.0.0.1", "x.example", "x", &d);
	assert_false(d.relay);
	assert_int_equal(d.verdict, ACCESS_ACCEPT);
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		parse(&access, texts[i]);
		decide(&access, "127.0.0.1", "", "", &d);
		assert_false(d.relay);
		access_free(&access);
	}
}

static void
warns(void **state)
{
	static struct {
		char const *text, *why;	/* "": of nothing */
		unsigned line;
	} const rows[] = {
		{ "relay *", "\"*\": everybody may send anywhere: an open "
		  "relay", 1 },
		{ "accept *\nrefuse 192.0.2.1 550 5.7.1 x", "\"refuse\": "
		  "decides nothing: line 1 names everybody", 2 },
		{ "limit * rate 3\nlimit 192.0.2.1 rate 2", "\"limit\": "
		  "decides nothing: line 1 names everybody", 2 },
		{ "relay /^x/", "\"^x\": is searched for anywhere in a host "
		  "name: end it with \"$\"", 1 },
		{ "relay 192.0.2.1\nlimit * rate 3\nlimit * messages 3\n"
		  "group a *\ngroup b *\nrefuse /\\.x$/ 550 5.7.1 x\n"
		  "accept *", "", 0 }
	};
	struct access access;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		parse(&access, rows[i].text);
		assert_int_equal(access.warnings.n, !!*rows[i].why);
		if (access.warnings.n) {
			assert_string_equal(access.warnings.at[0].why,
			    rows[i].why);
			assert_int_equal(access.warnings.at[0].line,
			    rows[i].line);
		}
		access_free(&access);
	}
}

static void
names_what_is_wrong(void **state)
{
	static char const none[] =
	    ": neither a group named above, nor an address, a host or login";
	static char const whom[] = ": whom it is about is missing";
	static char const name[] = ": a group can't have this name";
	static char const bits[] = ": bits beyond the prefix must be zero";
	static char const prefix[] = ": no prefix length";
	static struct {
		char const *text;
		unsigned line;
		char const *word, *why;
	} const rows[] = {
		{ "accept *\nallow *", 2, "allow",
		  ": there is no such rule" },
		{ "/accept/ *", 1, "accept", ": there is no such rule" },
		{ "Group a 192.0.2.1", 1, "Group", ": there is no such rule" },
		{ "group", 1, "group", ": a name is missing" },
		{ "group a", 1, "a", ": whom it is about is missing" },
		{ "group a # 192.0.2.1", 1, "a", ": whom it is about is missing" },
		{ "group \"\" 192.0.2.1", 1, "", name },
		{ "group \"a b\" 192.0.2.1", 1, "a b", name },
		{ "group 192.0.2.1 192.0.2.2", 1, "192.0.2.1", name },
		{ "group * 192.0.2.1", 1, "*", name },
		{ "group login 192.0.2.1", 1, "login", name },
		{ "group dnsbl 192.0.2.1", 1, "dnsbl", name },
		{ "group a 192.0.2.1\ngroup a 192.0.2.2", 2, "a",
		  ": there is such a group already" },
		{ "group a 192.0.2.1, 192.0.2.2", 1, ",", none },
		{ "group a 192.0.2.1 \"b", 1, "b",
		  ": the closing quote is missing" },
		{ "group connections 192.0.2.1", 1, "connections", name },
		{ "group 554 192.0.2.1", 1, "554", name },
		{ "group /x/ 192.0.2.1", 1, "x", name },
		{ "group a a", 1, "a", none },
		{ "group a /(/", 1, "(", ": missing closing parenthesis" },
		{ "group a /x", 1, "x", ": the closing slash is missing" },
		{ "group a example", 1, "example", none },
		{ "group a .", 1, ".", none },
		{ "group a .x..y", 1, ".x..y", none },
		{ "group a login=", 1, "login=", none },
		{ "group a 192.0.2.256", 1, "192.0.2.256", none },
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
		{ "relay", 1, "relay", ": whom it is about is missing" },
		{ "relay office", 1, "office", none },
		{ "relay office\ngroup office 192.0.2.1", 1, "office", none },
		{ "group office 192.0.2.1\nrelay Office", 2, "Office", none },
		{ "relay 192.0.2.1/8", 1, "192.0.2.1/8", bits },
		{ "relay 192.0.2.1 \"b", 1, "b",
		  ": the closing quote is missing" },
		{ "relay dnsbl", 1, "dnsbl", none },
		{ "accept", 1, "accept", whom },
		{ "accept office", 1, "office", none },
		{ "refuse", 1, "refuse", whom },
		{ "refuse 192.0.2.1", 1, "192.0.2.1", ": a code is missing" },
		{ "refuse 192.0.2.1 250 2.0.0 x", 1, "250",
		  ": a code is 4xx or 5xx, but not 421" },
		{ "refuse 192.0.2.1 550", 1, "550",
		  ": a status like 5.7.1 is missing" },
		{ "refuse 192.0.2.1 550 4.7.1 x", 1, "4.7.1", ": a status is "
		  "like 5.7.1, and of the class of the code" },
		{ "refuse 192.0.2.1 550 5.7.1", 1, "5.7.1",
		  ": a text is missing" },
		{ "refuse 192.0.2.1 550 5.7.1 x y", 1, "y",
		  ": nothing may follow here" },
		{ "refuse 550 5.7.1 x", 1, "550", none },
		{ "refuse dnsbl", 1, "dnsbl", ": a zone is missing" },
		{ "refuse dnsbl x 550 5.7.1 x", 1, "x",
		  ": this is no domain" },
		{ "refuse dnsbl x.y.", 1, "x.y.", ": this is no domain" },
		{ "refuse dnsbl x.y", 1, "x.y", ": a code is missing" },
		{ "refuse dnsbl x.y z", 1, "z",
		  ": a code is 4xx or 5xx, but not 421" },
		{ "limit", 1, "limit", whom },
		{ "limit *", 1, "*", ": what it limits is missing" },
		{ "limit * size 3", 1, "size", none },
		{ "limit * rate", 1, "rate", ": a number is missing" },
		{ "limit * rate 0", 1, "0",
		  ": a limit is a number from 1 on, or none" },
		{ "limit * rate 4294967296", 1, "4294967296",
		  ": a limit is a number from 1 on, or none" },
		{ "limit * rate 1 x", 1, "x", ": nothing may follow here" },
		{ "senders", 1, "senders", ": a login is missing" },
		{ "senders \"\" x@d", 1, "", ": this is no login" },
		{ "senders a", 1, "a", whom },
		{ "senders a b", 1, "b",
		  ": neither an address nor @ and a domain" },
		{ "senders a @", 1, "@",
		  ": neither an address nor @ and a domain" },
		{ "xclient", 1, "xclient", whom },
		{ "group a ::1\nxclient a", 2, "a",
		  ": neither an address nor a network" },
		{ "proxy *", 1, "*", ": neither an address nor a network" },
		{ "\"a", 1, "a", ": the closing quote is missing" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parse_error error = { .line = 0 };
		struct access access;
		char wanted[200];

		if (access_parse(&access, slice_of(rows[i].text), &error))
			fail_msg("no mistake is seen in: %s", rows[i].text);
		snprintf(wanted, sizeof wanted, "\"%s\"%s", rows[i].word,
		    rows[i].why);
		assert_string_equal(error.why, wanted);
		assert_int_equal(error.line, rows[i].line);
		assert_int_equal(access.rules, 0);
		assert_null(access.rule);
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
	struct access_decision d;
	struct parse_error error;
	struct access access;
	size_t n = 0, left = total, i;
	bool good;

	for (i = 0; left; i++) {
		size_t len = left - !!i;

		/* never leave one octet: a space and no name */
		if (len > ACCESS_NAME_MAX) len = ACCESS_NAME_MAX - 2;
		n += (size_t)sprintf(text + n, "group g%0*zu ::1\n",
		    (int)len - 1, i);
		left -= len + !!i;
	}
	good = access_parse(&access, slice_from(text, n), &error);
	if (good) {
		decide(&access, "::1", "", "", &d);
		assert_int_equal(strlen(d.groups), total);
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
		for (i = 0; i < bits + (ip4 ? 96 : 0); i++)
			assert_int_equal(bit(client, i) != bit(net, i),
			    i == flipped);
		access_free(&access);
	}
}

static void
holds_the_limits_of_zones_and_senders(void **state)
{
	size_t n, i, at;

	(void)state;
	for (n = ACCESS_ZONES_MAX; n <= ACCESS_ZONES_MAX + 1; n++) {
		char text[64 * (ACCESS_ZONES_MAX + 1)];
		struct parse_error error;
		struct access access;

		for (i = at = 0; i < n; i++)
			at += (size_t)sprintf(text + at,
			    "refuse dnsbl z%zu.example 550 5.7.1 x\n", i);
		assert_int_equal(access_parse(&access, slice_of(text),
		    &error), n == ACCESS_ZONES_MAX);
		access_free(&access);
	}
	for (n = ACCESS_SENDERS_MAX; n <= ACCESS_SENDERS_MAX + 1; n++) {
		static char text[16 * (ACCESS_SENDERS_MAX + 2)];
		struct parse_error error;
		struct access access;

		at = (size_t)sprintf(text, "senders a");
		for (i = 0; i < n; i++)
			at += (size_t)sprintf(text + at, " s%zu@d", i);
		assert_int_equal(access_parse(&access, slice_of(text),
		    &error), n == ACCESS_SENDERS_MAX);
		access_free(&access);
	}
}

static void
holds_the_limit_of_groups(void **state)
{
	size_t n, i, at;

	(void)state;
	for (n = ACCESS_GROUPS_MAX; n <= ACCESS_GROUPS_MAX + 1; n++) {
		static char text[32 * (ACCESS_GROUPS_MAX + 1)];
		struct parse_error error;
		struct access_decision d;
		struct access access;
		bool good;

		/* each is in the next, names of two and three octets */
		for (i = at = 0; i < n; i++)
			at += (size_t)sprintf(text + at, i
			    ? "group %c%zx %c%zx\n" : "group %c%zx ::1\n",
			    'g', i, 'g', i - 1);
		good = access_parse(&access, slice_of(text), &error);
		assert_int_equal(good, n == ACCESS_GROUPS_MAX);
		if (good) decide(&access, "::1", "", "", &d);
		if (good) assert_int_equal(strlen(d.groups),
		    16 * 3 + 240 * 4 - 1);
		access_free(&access);
	}
}

/* Many networks in one line would not fit: a line each. */
static void
holds_many_networks(void **state)
{
	char *text = malloc(64 * (MANY + 1)), address[32];
	struct access_decision d;
	struct access access;
	size_t n = 0, i;

	(void)state;
	for (i = 0; i < MANY; i++)
		n += (size_t)sprintf(text + n,
		    "refuse 10.%zu.%zu.0/24 550 5.7.1 \"go away\"\n",
		    i / 256 % 256, i % 256);
	strcpy(text + n, "accept *\n");
	parse(&access, text);
	free(text);
	for (i = 0; i < 65536; i += 97) {
		sprintf(address, "10.%zu.%zu.%zu", i / 256, i % 256, i % 251);
		decide(&access, address, "", "", &d);
		assert_int_equal(d.verdict, ACCESS_REFUSE);
		assert_int_equal(d.refusal.line, i + 1);
	}
	decide(&access, "11.0.0.0", "", "", &d);
	assert_int_equal(d.refusal.line, MANY + 1);
	access_free(&access);
}

/* A line as the model reads it: words of a few kinds that overlap. */
static char const *const words[] = { "*", "login", "login=a", "login=b",
	"192.0.2.1", "192.0.2.0/24", "192.0.0.0/16", "0.0.0.0/0",
	"2001:db8::1", "2001:db8::/32", ".d.example", "h.d.example",
	"/^h/", "/e$/" };
enum { WORDS = sizeof words / sizeof *words, LINES = 12 };

struct client {
	char const *address, *name, *login;
};

static bool
names(size_t word, struct client const *c)
{
	bool ip4 = strchr(c->address, '.');

	switch (word) {
	case 0: return true;
	case 1: return *c->login;
	case 2: return !strcmp(c->login, "a");
	case 3: return !strcmp(c->login, "b");
	case 4: return !strcmp(c->address, "192.0.2.1");
	case 5: return !strncmp(c->address, "192.0.2.", 8);
	case 6: return !strncmp(c->address, "192.0.", 6);
	case 7: return ip4;
	case 8: return !strcmp(c->address, "2001:db8::1");
	case 9: return !strncmp(c->address, "2001:db8:", 9);
	case 10: return strlen(c->name) > 10 &&
	    !strcmp(c->name + strlen(c->name) - 10, ".d.example");
	case 11: return !strcmp(c->name, "h.d.example");
	case 12: return *c->name == 'h';
	default: return *c->name && c->name[strlen(c->name) - 1] == 'e';
	}
}

struct line {
	unsigned kind;		/* group, relay, refuse, accept, limit */
	size_t word, group;	/* group: LINES for none */
};

static bool
is_meant(struct line const *line, size_t n, struct client const *c)
{
	if (names(line[n].word, c)) return true;
	return line[n].group < LINES && is_meant(line, line[n].group, c);
}

static char const *const addresses[] = { "192.0.2.1", "192.0.2.2",
	"192.0.3.1", "198.51.100.1", "2001:db8::1", "2001:db8::2", "::1", "" };
static char const *const hosts[] = { "", "h.d.example", "x.d.example",
	"d.example", "h.test" };
static char const *const logins[] = { "", "a", "b", "c" };

static void
check_client(struct access const *access, struct line const *line, size_t n)
{
	struct client const c = { addresses[seed_below(8)],
		hosts[seed_below(5)], logins[seed_below(4)] };
	unsigned relay = 0, admission = 0, limit = 0;
	struct access_decision d;
	char groups[256] = "";
	size_t i;

	decide(access, c.address, c.name, c.login, &d);
	for (i = 0; i < n; i++) {
		unsigned kind = line[i].kind, *first = kind == 1 ? &relay :
		    kind == 4 ? &limit : &admission;

		if (!is_meant(line, i, &c)) continue;
		if (kind)
			*first = *first ? *first : (unsigned)i + 1;
		else
			sprintf(groups + strlen(groups), "%sg%zu",
			    *groups ? " " : "", i);
	}
	assert_string_equal(d.groups, groups);
	assert_int_equal(d.relay, relay != 0);
	assert_int_equal(d.relay_line, relay);
	assert_int_equal(d.limit_line[ACCESS_RATE], limit);
	if (limit) assert_int_equal(d.limit[ACCESS_RATE], limit);
	assert_int_equal(d.refusal.line, admission);
	assert_int_equal(d.verdict, admission &&
	    line[admission - 1].kind == 2 ? ACCESS_REFUSE : ACCESS_ACCEPT);
}

static void
agrees_with_a_walk(void **state)
{
	static char const *const kinds[] = { "group", "relay", "refuse",
		"accept", "limit" };
	int round, i;

	(void)state;
	for (round = 0; round < FILES; round++) {
		struct line line[LINES];
		char text[LINES * 80], group[16];
		struct access access;
		size_t at = 0, n;

		for (n = 0; n < LINES; n++) {
			line[n] = (struct line){ (unsigned)seed_below(5),
				seed_below(WORDS), seed_below(2 * LINES) };
			if (line[n].group >= n || line[line[n].group].kind)
				line[n].group = LINES;
			at += (size_t)sprintf(text + at, "%s ",
			    kinds[line[n].kind]);
			if (!line[n].kind)
				at += (size_t)sprintf(text + at, "g%zu ", n);
			*group = '\0';
			if (line[n].group < LINES)
				sprintf(group, " g%zu", line[n].group);
			at += (size_t)sprintf(text + at, "%s%s",
			    words[line[n].word], group);
			if (line[n].kind == 2)
				at += (size_t)sprintf(text + at,
				    " 550 5.7.1 x");
			if (line[n].kind == 4)
				at += (size_t)sprintf(text + at, " rate %zu",
				    n + 1);
			at += (size_t)sprintf(text + at, "\n");
		}
		parse(&access, text);
		for (i = 0; i < CLIENTS; i++)
			check_client(&access, line, LINES);
		access_free(&access);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(looks_up_clients),
		cmocka_unit_test(knows_hosts_and_logins),
		cmocka_unit_test(decides_by_the_first_line),
		cmocka_unit_test(says_when_a_pattern_hits_its_limit),
		cmocka_unit_test(knows_who_may_be_whom),
		cmocka_unit_test(warns),
		cmocka_unit_test(lets_nobody_relay_by_default),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(holds_the_limits_of_names),
		cmocka_unit_test(holds_the_limits_of_zones_and_senders),
		cmocka_unit_test(holds_the_limit_of_groups),
		cmocka_unit_test(holds_many_networks),
		cmocka_unit_test(agrees_with_a_count_of_bits),
		cmocka_unit_test(agrees_with_a_walk)
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
