/* SPDX-License-Identifier: ISC */
/* One line of the routes file: what it may say, and the path that comes of
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "common/route.h"

static bool
parse(struct route *route, struct slice text, struct parse_error *error)
{
	struct rulefile f;

	rulefile_begin(&f, text, error);
	assert_int_equal(rulefile_line(&f), 1);
	return route_parse(route, &f);
}

static void
reads_lines(void **state)
{
	static struct {
		char const *text, *pattern;
		size_t at;
		enum route_action action;
		char const *argument;
		unsigned port;
	} const rows[] = {
		{ "A.b@D.Example maildir Box/ # the first", "a.b@d.example", 3,
		  ROUTE_MAILDIR, "Box/", 0 },
		{ "@d.example\tmaildir ${local}/", "@d.example", 0,
		  ROUTE_MAILDIR, "${local}/", 0 },
		{ "d.example maildir ${domain}/${local}/${ext}", "d.example",
		  9, ROUTE_MAILDIR, "${domain}/${local}/${ext}", 0 },
		{ "root@ maildir root", "root@", 4, ROUTE_MAILDIR, "root", 0 },
		{ "@[192.0.2.1] maildir x", "@[192.0.2.1]", 0, ROUTE_MAILDIR,
		  "x", 0 },
		{ "a@[IPv6:::1] maildir x", "a@[ipv6:::1]", 1, ROUTE_MAILDIR,
		  "x", 0 },
		{ "* relay MX.Example", "*", 1, ROUTE_RELAY, "mx.example", 0 },
		{ "a@d relay [2001:DB8::1]:587", "a@d", 1, ROUTE_RELAY,
		  "2001:db8::1", 587 },
		{ "\"J. Doe\"@d maildir \"my mail\"", "j. doe@d", 6,
		  ROUTE_MAILDIR, "my mail", 0 },
		{ "a+X@d maildir ...", "a+x@d", 3, ROUTE_MAILDIR, "...", 0 },
		{ "a@d maildir ..a/b../.c", "a@d", 1, ROUTE_MAILDIR,
		  "..a/b../.c", 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parse_error error;
		struct route route;

		assert_true(parse(&route, slice_of(rows[i].text), &error));
		assert_string_equal(route.pattern, rows[i].pattern);
		assert_int_equal(route.at, rows[i].at);
		assert_int_equal(route.action, rows[i].action);
		assert_string_equal(route.argument, rows[i].argument);
		assert_int_equal(route.port, rows[i].port);
		assert_int_equal(route.line, 1);
		assert_int_equal(route_is_foreign(&route),
		    rows[i].pattern[0] == '*');
		route_free(&route);
	}
}

static void
names_what_is_wrong(void **state)
{
	static struct {
		char const *text, *why;
	} const rows[] = {
		/* left sides */
		{ "/^a@d$/ maildir x",
		  "\"/^a@d$/\": no left side may begin so" },
		{ "*@d maildir x", "\"*@d\": all of a domain is @domain" },
		{ ".d maildir x", "\".d\": this is no domain" },
		{ "@.d maildir x", "\"@.d\": this is no domain" },
		{ "a@.d maildir x", "\"a@.d\": this is no domain" },
		{ "@ maildir x", "\"@\": this is no domain" },
		{ "d. maildir x", "\"d.\": this is no domain" },
		{ "a@d@ maildir x", "\"a@d@\": this is no local part" },
		{ "a@@d maildir x", "\"a@@d\": this is no local part" },
		{ "\"a@b\"@d maildir x", "\"a@b@d\": this is no local part" },
		{ "a@b_c maildir x", "\"a@b_c\": this is no domain" },
		{ "a@[192.0.2.256] maildir x",
		  "\"a@[192.0.2.256]\": this is no domain" },
		{ "a@* maildir x", "\"a@*\": this is no domain" },
		{ "\"\" maildir x", "\"\": this is no domain" },
		{ ", maildir x", "\",\": this is no domain" },
		{ "\xc3\xa4@d maildir x",
		  "\"\xc3\xa4@d\": this is no local part" },
		/* right sides */
		{ "a@d", "\"a@d\": an action is missing" },
		{ "a@d # maildir x", "\"a@d\": an action is missing" },
		{ "a@d alias b@d", "\"alias\": there is no such action" },
		{ "a@d command x", "\"command\": there is no such action" },
		{ "a@d from office maildir x",
		  "\"from\": there is no such action" },
		{ "a@d Maildir x", "\"Maildir\": there is no such action" },
		{ "a@d \"\"", "\"\": there is no such action" },
		{ "a@d maildir", "\"maildir\": a directory is missing" },
		{ "a@d relay", "\"relay\": a host is missing" },
		{ "a@d maildir x y", "\"y\": nothing may follow here" },
		{ "a@d maildir x, relay y", "\",\": nothing may follow here" },
		{ "a@d relay x 25", "\"25\": nothing may follow here" },
		{ "a@d maildir \"x", "\"x\": the closing quote is missing" },
		/* directories */
		{ "a@d maildir \"\"", "\"\": a directory has a name" },
		{ "a@d maildir /x", "\"/x\": a directory lies below the "
				    "mailbox root: no \"/\" first" },
		{ "a@d maildir ..", "\"..\": no \"..\" in a directory" },
		{ "a@d maildir ../x", "\"../x\": no \"..\" in a directory" },
		{ "a@d maildir x/..", "\"x/..\": no \"..\" in a directory" },
		{ "a@d maildir x//../y",
		  "\"x//../y\": no \"..\" in a directory" },
		{ "a@d maildir x/../", "\"x/../\": no \"..\" in a directory" },
		{ "a@d maildir ${other}", "\"${other}\": after \"$\" only "
					  "{local}, {domain} or {ext}" },
		{ "a@d maildir ${local}/${x}",
		  "\"${local}/${x}\": after \"$\" only {local}, {domain} or "
		  "{ext}" },
		{ "a@d maildir ${local", "\"${local\": after \"$\" only "
					 "{local}, {domain} or {ext}" },
		{ "a@d maildir x$", "\"x$\": after \"$\" only {local}, "
				    "{domain} or {ext}" },
		{ "a@d maildir $local", "\"$local\": after \"$\" only "
					"{local}, {domain} or {ext}" },
		/* hosts */
		{ "a@d relay x_y", "\"x_y\": neither an address nor a host "
				   "name" },
		{ "a@d relay mx:0",
		  "\"mx:0\": a port is a number from 1 to 65535" },
		{ "a@d relay ${domain}",
		  "\"${domain}\": neither an address nor a host name" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parse_error error = { .line = 0 };
		struct route route;

		assert_false(parse(&route, slice_of(rows[i].text), &error));
		route_free(&route);
		assert_int_equal(error.line, 1);
		assert_string_equal(error.why, rows[i].why);
	}
}

static void
holds_the_limit_of_local_parts(void **state)
{
	size_t len;

	(void)state;
	for (len = ADDR_LOCAL_MAX; len <= ADDR_LOCAL_MAX + 1; len++) {
		struct parse_error error;
		struct route route;
		char text[128];
		bool good;

		memset(text, 'x', len);
		strcpy(text + len, "@d maildir y");
		good = parse(&route, slice_of(text), &error);
		route_free(&route);
		assert_int_equal(good, len == ADDR_LOCAL_MAX);
	}
}

/* mailbox - what a peer could send, also what addr_parse would not let by */
static struct addr
mailbox(struct slice local, char const *domain)
{
	struct addr a;

	memcpy(a.local, local.s, local.len);
	a.local_len = (unsigned short)local.len;
	memcpy(a.domain, domain, strlen(domain));
	a.domain_len = (unsigned short)strlen(domain);
	return a;
}

static bool
expand(char const *argument, struct slice local, char const *domain,
    char *out)
{
	char text[RULEFILE_WORD_MAX + 32];
	struct parse_error error;
	struct addr a = mailbox(local, domain);
	struct route route;
	bool good;

	snprintf(text, sizeof text, "* maildir \"%s\"", argument);
	assert_true(parse(&route, slice_of(text), &error));
	good = route_expand(&route, &a, out);
	route_free(&route);
	return good;
}

static void
expands(void **state)
{
	static struct {
		char const *argument, *local, *wanted;
	} const rows[] = {
		{ "box/", "a", "box/" },
		{ "${local}/", "Bob", "bob/" },
		{ "${local}/", "Bob+Lists+c", "bob/" },
		{ "${local}/${ext}", "Bob+Lists+c", "bob/lists+c" },
		{ "${domain}/${local}", "bob", "d.example/bob" },
		{ "${local}${local}x", "b", "bbx" },
		{ ".${local}", "bob", ".bob" },
		{ "${local}", "a..b", "a..b" },
		{ "${local}", "a b", "a b" },
		{ "${local}", "$", "$" },
		{ "${local}", "${local}", "${local}" },
		/* not used, so it need not be safe */
		{ "box", "../x", "box" },
		{ "${local}", "bob+../x", "bob" }
	};
	char out[ROUTE_PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(expand(rows[i].argument, slice_of(rows[i].local),
		    "d.example", out));
		assert_string_equal(out, rows[i].wanted);
	}
}

static void
refuses_unsafe_names(void **state)
{
	static struct {
		char const *argument;
		struct slice local;
		char const *domain;
	} const rows[] = {
		{ "${local}", SLICE(""), "d" },
		{ "${local}", SLICE("+x"), "d" },
		{ "${local}", SLICE("."), "d" },
		{ "${local}", SLICE(".."), "d" },
		{ "${local}", SLICE(".a"), "d" },
		{ "${local}", SLICE("a/b"), "d" },
		{ "${local}", SLICE("/"), "d" },
		{ "${local}", SLICE("../x"), "d" },
		{ "${local}", SLICE("a\nb"), "d" },
		{ "${local}", SLICE("a\0b"), "d" },
		{ "${local}", SLICE("a\x7f"), "d" },
		{ "x/.${local}", SLICE("."), "d" },
		{ "x/${local}/${ext}", SLICE("a"), "d" },
		{ "x/${ext}", SLICE("a+"), "d" },
		{ "x/${ext}", SLICE("a+.."), "d" },
		{ "x/${ext}", SLICE("a+b/c"), "d" },
		{ "${domain}", SLICE("a"), "" },
		{ "${domain}", SLICE("a"), ".." },
		{ "${domain}", SLICE("a"), "d/e" }
	};
	char out[ROUTE_PATH_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_false(expand(rows[i].argument, rows[i].local,
		    rows[i].domain, out));
}

static void
holds_the_limit_of_paths(void **state)
{
	char argument[RULEFILE_WORD_MAX + 1], out[ROUTE_PATH_MAX];
	size_t len = ROUTE_PATH_MAX - 1 - ADDR_LOCAL_MAX;
	struct slice local;

	(void)state;
	memset(argument, 'x', len);
	strcpy(argument + len, "${local}");
	local = slice_from(argument, ADDR_LOCAL_MAX);
	assert_true(expand(argument, local, "d", out));
	assert_int_equal(strlen(out), ROUTE_PATH_MAX - 1);
	strcpy(argument + len, "x${local}");
	assert_false(expand(argument, local, "d", out));
	strcpy(argument + len, "${local}x");
	assert_false(expand(argument, local, "d", out));
}

static void
splits_mailboxes(void **state)
{
	struct addr a = mailbox(SLICE("A+B+c"), "d");
	struct route_mailbox m;

	(void)state;
	route_mailbox(&m, &a);
	assert_true(slice_is(m.local, "a+b+c"));
	assert_true(slice_is(m.base, "a"));
	assert_true(slice_is(m.ext, "b+c"));
	assert_true(slice_is(m.domain, "d"));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(names_what_is_wrong),
		cmocka_unit_test(holds_the_limit_of_local_parts),
		cmocka_unit_test(expands),
		cmocka_unit_test(refuses_unsafe_names),
		cmocka_unit_test(holds_the_limit_of_paths),
		cmocka_unit_test(splits_mailboxes)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
