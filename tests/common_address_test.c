/* SPDX-License-Identifier: ISC */
/* Address lists, as people write them and as nobody should. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/address.h"
#include "common/token.h"

/* read_list - the addresses with blanks between; "!" and nothing more where
 * the list is bad */
static char const *
read_list(struct slice text)
{
	static char out[8192];
	struct address_list list = address_list(text, SLICE("d.example"));
	struct address got;
	size_t n = 0;
	int more;

	while ((more = address_next(&list, &got)) == 1) {
		if (n) out[n++] = ' ';
		n += addr_format(&got.mailbox, out + n);
		assert_true(n + ADDR_TEXT_MAX + 2 < sizeof out);
	}
	if (more == -1) {
		assert_non_null(list.why);
		out[n++] = '!';
	}
	out[n] = '\0';
	return out;
}

static struct {
	char const *text, *want;
} const rows[] = {
	{ "", "" },
	{ " , ,, ", "" },
	{ "a@b.example", "a@b.example" },
	{ "a@B.Example, c@D.example ,e@f.example",
	  "a@b.example c@d.example e@f.example" },
	{ "root", "root@d.example" },
	{ "root, <bob>, Bob <bob>", "root@d.example bob@d.example "
				    "bob@d.example" },
	{ "John Q. Public <jqp@b.example>", "jqp@b.example" },
	{ "\"Public, John\" <jqp@b.example>", "jqp@b.example" },
	{ "J\xc3\xb6rg <j@b.example>", "j@b.example" },
	{ "\"a b\"@b.example", "\"a b\"@b.example" },
	{ "\"a\\\"b\"@b.example", "\"a\\\"b\"@b.example" },
	{ "\"ab\"@b.example", "ab@b.example" },
	{ "a . b @ c . example", "a.b@c.example" },
	{ "\"a\".b@c.example", "a.b@c.example" },
	{ "a@b.example (comment)", "a@b.example" },
	{ "(c) a (c) @ (c) b.example (c)", "a@b.example" },
	{ "a@b.example (x (y \\) (z)) \\( )", "a@b.example" },
	{ "(a@x.example) b@y.example", "b@y.example" },
	{ "a@\r\n b.example,\r\n\tc@d.example", "a@b.example c@d.example" },
	{ "A Group:a@b.example,c;", "a@b.example c@d.example" },
	{ "A Group: a@b.example, c@d.example ; , e@f.example",
	  "a@b.example c@d.example e@f.example" },
	{ "undisclosed-recipients:;", "" },
	{ "G:;,H: a@b.example;", "a@b.example" },
	{ "<@x.example,@y.example:a@b.example>", "a@b.example" },
	{ "<@x.example:a@b.example>", "a@b.example" },
	{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
	{ "a@[IPv6:2001:db8::1]", "a@[ipv6:2001:db8::1]" },
	{ "a+b=c@d.example", "a+b=c@d.example" },
	{ "a@b.example, John Smith", "a@b.example!" },
	{ "John Smith", "!" },
	{ "<>", "!" },
	{ "Bob <>", "!" },
	{ "a@", "!" },
	{ "@b.example", "!" },
	{ "a@b@c.example", "!" },
	{ "a@b..example", "!" },
	{ "a@b.example.", "!" },
	{ ".a@b.example", "!" },
	{ "a.@b.example", "!" },
	{ "a..b@c.example", "!" },
	{ "a b@c.example", "!" },
	{ "<a@b.example", "!" },
	{ "a@b.example>", "!" },
	{ "a@b.example c@d.example", "!" },
	{ "a@b.example; c@d.example", "!" },
	{ "G:a@b.example", "a@b.example!" },
	{ "G:H:a@b.example;;", "!" },
	{ ":a@b.example;", "!" },
	{ ";", "!" },
	{ "\"a@b.example", "!" },
	{ "(a@b.example", "!" },
	{ "a)@b.example", "!" },
	{ "a@[192.0.2.1", "!" },
	{ "[192.0.2.1]", "!" },
	{ "a\\b@c.example", "!" },
	{ "a\x01@c.example", "!" },
	{ "\xc3\xb6@c.example", "\xc3\xb6@c.example" },
	{ "\xc3@c.example", "!" },
	{ "<@x.example a@b.example>", "!" },
	{ "\"a\\\r\n b\"@c.example", "!" },
	{ "a@b.example\\", "!" },
	{ "(\\", "!" },
	{ "\"\\", "!" },
	{ "[\\", "!" },
};

static void
test_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		/* exactly as long as it is: reading past it would show */
		size_t const len = strlen(rows[i].text);
		char *copy = malloc(len ? len : 1);

		assert_non_null(copy);
		memcpy(copy, rows[i].text, len);
		assert_string_equal(read_list(slice_from(copy, len)),
		    rows[i].want);
		free(copy);
	}
}

/* Where "@domain" has to go. */
static void
test_bare(void **state)
{
	static struct {
		char const *text;
		size_t end;	/* 0: not bare */
	} const bare[] = {
		{ "root", 4 }, { " root (x)", 5 }, { "Bob <bob (x) >", 8 },
		{ "\"a b\"", 5 }, { "G: a . b ;", 8 }, { "a@b.example", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bare / sizeof *bare; i++) {
		struct address_list list =
		    address_list(slice_of(bare[i].text), SLICE("d.example"));
		struct address got;

		assert_int_equal(address_next(&list, &got), 1);
		assert_int_equal(got.bare, bare[i].end != 0);
		if (got.bare) assert_int_equal(got.end, bare[i].end);
	}
}

/* nested - "a@b.example" behind comments this deep */
static struct slice
nested(char *out, size_t depth)
{
	memset(out, '(', depth);
	memset(out + depth, ')', depth);
	memcpy(out + 2 * depth, "a@b.example", 11);
	return slice_from(out, 2 * depth + 11);
}

static void
test_comment_depth(void **state)
{
	char *text = malloc(2 * 100000 + 11);

	(void)state;
	assert_non_null(text);
	assert_string_equal(read_list(nested(text, TOKEN_COMMENT_DEPTH)),
	    "a@b.example");
	assert_string_equal(read_list(nested(text,
	    TOKEN_COMMENT_DEPTH + 1)), "!");
	assert_string_equal(read_list(nested(text, 100000)), "!");
	memset(text, '(', 200000);
	assert_string_equal(read_list(slice_from(text, 200000)), "!");
	free(text);
}

/* Many short comments are no deep ones, and cost no more than their octets. */
static void
test_many_comments(void **state)
{
	size_t const n = 100000;
	char *text = malloc(2 * n + 11);
	size_t i;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < n; i++)
		memcpy(text + 2 * i, "()", 2);
	memcpy(text + 2 * n, "a@b.example", 11);
	assert_string_equal(read_list(slice_from(text, 2 * n + 11)),
	    "a@b.example");
	free(text);
}

static void
test_lengths(void **state)
{
	char text[2048];
	size_t n;

	(void)state;
	for (n = ADDR_LOCAL_MAX; n <= ADDR_LOCAL_MAX + 1; n++) {
		memset(text, 'a', n);
		memcpy(text + n, "@b.example", 10);
		assert_int_equal(*read_list(slice_from(text, n + 10)),
		    n > ADDR_LOCAL_MAX ? '!' : 'a');
	}
	memset(text, 'a', sizeof text);
	memcpy(text, "a@", 2);
	for (n = 63; n < 255; n += 64)
		text[2 + n] = '.';
	assert_int_equal(*read_list(slice_from(text, 2 + ADDR_DOMAIN_MAX)),
	    'a');
	text[2 + 255] = '.';
	assert_int_equal(*read_list(slice_from(text, 2 + 257)), '!');
	/* a name may be as long as it likes */
	memset(text, 'n', 1000);
	memcpy(text + 1000, " <a@b.example>", 14);
	assert_string_equal(read_list(slice_from(text, 1014)), "a@b.example");
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_comment_depth),
		cmocka_unit_test(test_many_comments),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
