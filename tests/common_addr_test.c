/* SPDX-License-Identifier: ISC */
/* Mailboxes and paths: what is one, what isn't, and the way back to text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "common/addr.h"
#include "tests/seed.h"

enum { ROUNDS = 20000, LABEL_MAX = 63, TEXT_ROOM = 1024 };

static void
assert_slice(struct slice got, char const *wanted)
{
	assert_int_equal(got.len, strlen(wanted));
	assert_memory_equal(got.s, wanted, got.len);
}

static void
assert_same(struct addr const *a, struct addr const *b)
{
	assert_true(slice_eq(addr_local(a), addr_local(b)));
	assert_true(slice_eq(addr_domain(a), addr_domain(b)));
}

static void
reads_mailboxes(void **state)
{
	static struct {
		char const *text, *local, *domain, *formatted;
	} const rows[] = {
		{ "a@b", "a", "b", "a@b" },
		{ "John.Doe@MX.Example", "John.Doe", "mx.example",
		  "John.Doe@mx.example" },
		{ "a+x@b", "a+x", "b", "a+x@b" },
		{ "!#$%&'*+-/=?^_`{|}~@b", "!#$%&'*+-/=?^_`{|}~", "b",
		  "!#$%&'*+-/=?^_`{|}~@b" },
		{ "\"a\"@b", "a", "b", "a@b" },
		{ "\"a b\"@b", "a b", "b", "\"a b\"@b" },
		{ "\"a\\b\"@b", "ab", "b", "ab@b" },
		{ "\"a\\\\b\"@b", "a\\b", "b", "\"a\\\\b\"@b" },
		{ "\"\\\"\"@b", "\"", "b", "\"\\\"\"@b" },
		{ "\"a@b\"@c", "a@b", "c", "\"a@b\"@c" },
		{ "\">\"@c", ">", "c", "\">\"@c" },
		{ "\"a..b\"@b", "a..b", "b", "\"a..b\"@b" },
		{ "\".a\"@b", ".a", "b", "\".a\"@b" },
		{ "\"a.\"@b", "a.", "b", "\"a.\"@b" },
		{ "\"\"@b", "", "b", "\"\"@b" },
		{ "a@1.example", "a", "1.example", "a@1.example" },
		{ "a@x--y.example", "a", "x--y.example", "a@x--y.example" },
		{ "a@[192.0.2.1]", "a", "[192.0.2.1]", "a@[192.0.2.1]" },
		{ "a@[IPv6:2001:DB8::1]", "a", "[ipv6:2001:db8::1]",
		  "a@[ipv6:2001:db8::1]" },
		{ "a@[IPv6:2001:db8:0:0:0:0:0:1]", "a", "[ipv6:2001:db8::1]",
		  "a@[ipv6:2001:db8::1]" },
		{ "a@[IPv6:::a0b:c0d]", "a", "[ipv6:::10.11.12.13]",
		  "a@[ipv6:::10.11.12.13]" },
		{ "a@[IPv6:::ffff:192.0.2.1]", "a", "[ipv6:::ffff:192.0.2.1]",
		  "a@[ipv6:::ffff:192.0.2.1]" },
		{ "a@[ipv6:::]", "a", "[ipv6:::]", "a@[ipv6:::]" },
		{ "J\xc3\xbcrgen@b", "J\xc3\xbcrgen", "b",
		  "J\xc3\xbcrgen@b" },
		{ "\"\xc3\xa4 b\"@c", "\xc3\xa4 b", "c",
		  "\"\xc3\xa4 b\"@c" },
		{ "a@B\xc3\xbc" "CHER.Example", "a", "b\xc3\xbc" "cher.example",
		  "a@b\xc3\xbc" "cher.example" },
		{ "a@\xe4\xb8\xad\xe5\x9b\xbd", "a",
		  "\xe4\xb8\xad\xe5\x9b\xbd",
		  "a@\xe4\xb8\xad\xe5\x9b\xbd" },
		{ "\xf0\x9f\x90\x88@b", "\xf0\x9f\x90\x88", "b",
		  "\xf0\x9f\x90\x88@b" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct addr a, again;
		char out[ADDR_TEXT_MAX];
		size_t n;

		assert_true(addr_parse(&a, slice_of(rows[i].text)));
		assert_slice(addr_local(&a), rows[i].local);
		assert_slice(addr_domain(&a), rows[i].domain);
		n = addr_format(&a, out);
		assert_slice(slice_from(out, n), rows[i].formatted);
		assert_true(addr_parse(&again, slice_from(out, n)));
		assert_same(&a, &again);
	}
}

static void
refuses_what_is_none(void **state)
{
	static struct slice const rows[] = {
		SLICE(""), SLICE("a"), SLICE("@"), SLICE("a@"), SLICE("@b"),
		SLICE("a@b."), SLICE("a@.b"), SLICE("a@b..c"), SLICE("a@-b"),
		SLICE("a@b-"), SLICE("a@b-.c"), SLICE("a@b_c"), SLICE("a@b c"),
		SLICE("a@b "), SLICE(" a@b"), SLICE("a @b"), SLICE("a@b,"),
		SLICE("a@b:"), SLICE("a@b>"), SLICE("<a@b>"), SLICE("a@b@c"),
		SLICE(".a@b"), SLICE("a.@b"), SLICE("a..b@c"),
		SLICE("a\"b\"@c"), SLICE("\"a\"b@c"), SLICE("\"a@b"),
		SLICE("\"a\\\"@b"),
		SLICE("\"a\\"), SLICE("\"a"), SLICE("a(x)@b"), SLICE("a,b@c"),
		SLICE("a;b@c"), SLICE("a\\b@c"), SLICE("\"a\0b\"@c"),
		SLICE("\"a\tb\"@c"), SLICE("\"a\x7f\"@c"),
		SLICE("\"a\r\n b\"@c"), SLICE("a\0@b"), SLICE("a@b\0"),
		SLICE("a@b\0.c"), SLICE("a@["), SLICE("a@[]"),
		/* no UTF-8: alone, cut, too long a form, half of a pair, too
		 * large */
		SLICE("\xa4@b"), SLICE("\xc3@b"), SLICE("a\xc3"),
		SLICE("\xc0\xaf@b"), SLICE("\xe0\x80\xaf@b"),
		SLICE("\xed\xa0\x80@b"), SLICE("\xf4\x90\x80\x80@b"),
		SLICE("\xff@b"), SLICE("\"\xa4\"@b"), SLICE("a@\xc3"),
		SLICE("a@\xa4.example"), SLICE("a@b\xc0\xae" "c"),
		/* controls, and what may not be escaped or hyphenated */
		SLICE("a\xc2\x85@b"), SLICE("\"\xc2\x80\"@b"),
		SLICE("a@\xc2\x9f"), SLICE("\"\\\xc3\xa4\"@b"),
		SLICE("a@-\xc3\xa4"), SLICE("a@\xc3\xa4..b"),
		SLICE("a@[\xc3\xa4]"),
		SLICE("a@[192.0.2.1"), SLICE("a@[192.0.2.256]"),
		SLICE("a@[192.0.2]"), SLICE("a@[192.0.2.01]"),
		SLICE("a@[192.0.2.1]x"), SLICE("a@[ 192.0.2.1]"),
		SLICE("a@[2001:db8::1]"), SLICE("a@[IPv6:192.0.2.1]"),
		SLICE("a@[IPv6:2001:db8::1::]"), SLICE("a@[IPv6:]"),
		SLICE("a@[IPv6:fe80::1%eth0]"), SLICE("a@[tag:text]"),
		SLICE("a@[192.0.2.1\0]"), SLICE("a@b.[192.0.2.1]")
	};
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (addr_parse(&a, rows[i]))
			fail_msg("taken: %.*s", (int)rows[i].len, rows[i].s);
}

/* domain_of - labels of this length, the last one shorter, len octets in all */
static void
domain_of(char *out, size_t len, size_t label)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = i % (label + 1) == label ? '.' : 'd';
}

static bool
takes(size_t local, size_t domain, size_t label)
{
	char text[TEXT_ROOM];
	struct addr a;

	memset(text, 'x', local);
	text[local] = '@';
	domain_of(text + local + 1, domain, label);
	return addr_parse(&a, slice_from(text, local + 1 + domain));
}

static void
holds_the_limits(void **state)
{
	(void)state;
	assert_true(takes(ADDR_LOCAL_MAX, 5, LABEL_MAX));
	assert_false(takes(ADDR_LOCAL_MAX + 1, 5, LABEL_MAX));
	assert_true(takes(1, ADDR_DOMAIN_MAX, 60));
	assert_false(takes(1, ADDR_DOMAIN_MAX + 1, 60));
	assert_true(takes(1, LABEL_MAX, LABEL_MAX));
	assert_false(takes(1, LABEL_MAX + 1, LABEL_MAX + 1));
}

/* Octets count, also where several are one character; in a label of a domain,
 * characters do. */
static void
holds_the_limits_of_utf8(void **state)
{
	char text[TEXT_ROOM];
	struct addr a;
	size_t i, n;

	(void)state;
	for (n = 0; n < ADDR_LOCAL_MAX; n += 2)
		memcpy(text + n, "\xc3\xa4", 2);
	memcpy(text + n, "@bx", 3);
	assert_true(addr_parse(&a, slice_from(text, n + 2)));
	assert_false(addr_is_ascii(&a));
	text[0] = 'a';
	text[1] = 'b';
	memcpy(text + n, "c@b", 3);
	assert_false(addr_parse(&a, slice_from(text, n + 3)));
	for (i = 0; i <= 1; i++) {
		memcpy(text, "a@", 2);
		for (n = 2; n < 2 + 2 * (LABEL_MAX + i); n += 2)
			memcpy(text + n, "\xc3\xa4", 2);
		assert_int_equal(addr_parse(&a, slice_from(text, n)), !i);
	}
	assert_true(addr_parse(&a, SLICE("a@b")));
	assert_true(addr_is_ascii(&a));
	assert_true(addr_parse(&a, SLICE("a@\xc3\xa4")));
	assert_false(addr_is_ascii(&a));
}

/* The longest text there is, and one octet more of local part. */
static void
counts_what_is_kept(void **state)
{
	char text[TEXT_ROOM], out[ADDR_TEXT_MAX];
	size_t n, escaped;
	struct addr a;

	(void)state;
	for (escaped = ADDR_LOCAL_MAX; escaped <= ADDR_LOCAL_MAX + 1;
	    escaped++) {
		text[0] = '"';
		for (n = 1; n < 1 + 2 * escaped; n++)
			text[n] = n % 2 ? '\\' : '"';
		text[n++] = '"';
		text[n++] = '@';
		domain_of(text + n, ADDR_DOMAIN_MAX, LABEL_MAX);
		n += ADDR_DOMAIN_MAX;
		if (escaped > ADDR_LOCAL_MAX) {
			assert_false(addr_parse(&a, slice_from(text, n)));
			continue;
		}
		assert_int_equal(n, ADDR_TEXT_MAX);
		assert_true(addr_parse(&a, slice_from(text, n)));
		assert_int_equal(addr_format(&a, out), ADDR_TEXT_MAX);
		assert_memory_equal(out, text, ADDR_TEXT_MAX);
	}
}

static void
reads_paths(void **state)
{
	static struct {
		char const *text;
		enum addr_path path;
		char const *local, *domain, *rest;
	} const rows[] = {
		{ "<>", ADDR_PATH_NULL, "", "", "" },
		{ "<> SIZE=1", ADDR_PATH_NULL, "", "", " SIZE=1" },
		{ "<a@b>", ADDR_PATH_MAILBOX, "a", "b", "" },
		{ "<a@b> SIZE=1", ADDR_PATH_MAILBOX, "a", "b", " SIZE=1" },
		{ "<a@b>>", ADDR_PATH_MAILBOX, "a", "b", ">" },
		{ "<\">\"@b>", ADDR_PATH_MAILBOX, ">", "b", "" },
		{ "<a@[IPv6:::1]>x", ADDR_PATH_MAILBOX, "a", "[ipv6:::1]",
		  "x" },
		{ "<@x.example:a@b>", ADDR_PATH_MAILBOX, "a", "b", "" },
		{ "<@x,@[192.0.2.1],@[IPv6:::1]:a@b>", ADDR_PATH_MAILBOX, "a",
		  "b", "" },
		{ "<postmaster>", ADDR_PATH_POSTMASTER, "postmaster", "", "" },
		{ "<PostMaster> x", ADDR_PATH_POSTMASTER, "PostMaster", "",
		  " x" },
		{ "<postmaster@b>", ADDR_PATH_MAILBOX, "postmaster", "b", "" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct addr a = { .local_len = 0, .domain_len = 0 };
		struct slice rest;

		assert_int_equal(addr_path_parse(&a, slice_of(rows[i].text),
		    &rest), rows[i].path);
		assert_slice(addr_local(&a), rows[i].local);
		assert_slice(addr_domain(&a), rows[i].domain);
		assert_slice(rest, rows[i].rest);
	}
}

static void
refuses_what_is_no_path(void **state)
{
	static char const *const rows[] = {
		"", "<", ">", "a@b", "<a@b", "<a>", "< >", " <a@b>", "< a@b>",
		"<a@b >", "<<a@b>>", "<@>", "<@b>", "<@b:>", "<@b:a>",
		"<@b,:a@c>", "<@b,c:a@d>", "<,@b:a@c>", "<@b;a@c>", "<:a@b>",
		"<@b.:a@c>", "<@b:postmaster>", "<@b a@c>",
		"<@[192.0.2.1]a@c>", "<postmaster", "<postmaster >",
		"<postmaste>", "<\"postmaster\">", "<@:a@b>"
	};
	struct slice rest;
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (addr_path_parse(&a, slice_of(rows[i]), &rest))
			fail_msg("taken: %s", rows[i]);
}

static void
writes_the_bare_postmaster(void **state)
{
	char out[ADDR_TEXT_MAX];
	struct slice rest;
	struct addr a;

	(void)state;
	assert_int_equal(addr_path_parse(&a, SLICE("<Postmaster>"), &rest),
	    ADDR_PATH_POSTMASTER);
	assert_slice(slice_from(out, addr_format(&a, out)), "Postmaster");
}

static void
knows_domains(void **state)
{
	(void)state;
	assert_true(addr_domain_valid(SLICE("localhost")));
	assert_true(addr_domain_valid(SLICE("MX.Example")));
	assert_true(addr_domain_valid(SLICE("[192.0.2.1]")));
	assert_true(addr_domain_valid(SLICE("[IPv6:2001:db8::1]")));
	assert_false(addr_domain_valid(SLICE("")));
	assert_false(addr_domain_valid(SLICE("[")));
	assert_false(addr_domain_valid(SLICE("]")));
	assert_false(addr_domain_valid(SLICE("[]")));
	assert_false(addr_domain_valid(SLICE("mx.example.")));
	assert_false(addr_domain_valid(SLICE("mx example")));
	assert_false(addr_domain_valid(SLICE("[192.0.2.1")));
	assert_false(addr_domain_valid(SLICE("192.0.2.1]")));
}

/* Any local part that can be kept goes to text and back. */
static void
comes_back_from_text(void **state)
{
	char out[ADDR_TEXT_MAX];
	struct addr a, again;
	int round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		size_t i;

		a.local_len = (unsigned short)seed_below(ADDR_LOCAL_MAX + 1);
		for (i = 0; i < a.local_len; i++)
			a.local[i] = seed_below(3)
			    ? "ab.+"[seed_below(4)]
			    : (char)(' ' + seed_below('~' - ' ' + 1));
		a.domain_len = (unsigned short)(1 + 2 * seed_below(9));
		domain_of(a.domain, a.domain_len, 1);
		assert_true(addr_parse(&again,
		    slice_from(out, addr_format(&a, out))));
		assert_same(&a, &again);
	}
}

/* Text made of what the grammar is made of: whatever is taken comes back. */
static void
stands_random_text(void **state)
{
	static char const octets[] = "ab1.-@\"\\[]:,<> \t";
	char text[24], out[ADDR_TEXT_MAX];
	struct addr a, again;
	unsigned taken = 0;
	int round;

	(void)state;
	for (round = 0; round < 20 * ROUNDS; round++) {
		size_t i, len = seed_below(sizeof text);

		for (i = 0; i < len; i++)
			text[i] = octets[seed_below(i % 2 ? 7 : 16)];
		if (!addr_parse(&a, slice_from(text, len))) continue;
		taken++;
		assert_true(addr_parse(&again,
		    slice_from(out, addr_format(&a, out))));
		assert_same(&a, &again);
	}
	assert_true(taken > 100);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(reads_mailboxes),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(holds_the_limits),
		cmocka_unit_test(holds_the_limits_of_utf8),
		cmocka_unit_test(counts_what_is_kept),
		cmocka_unit_test(reads_paths),
		cmocka_unit_test(refuses_what_is_no_path),
		cmocka_unit_test(writes_the_bare_postmaster),
		cmocka_unit_test(knows_domains),
		cmocka_unit_test(comes_back_from_text),
		cmocka_unit_test(stands_random_text)
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
