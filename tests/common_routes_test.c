/* SPDX-License-Identifier: ISC */
/* Which line decides about a mailbox: by hand, and against a walk through all
 * lines in file order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "common/routes.h"
#include "tests/seed.h"

enum { ROUNDS = 300, ROWS = 40, LOOKUPS = 40, MANY = 20000 };

/* line_for - the number of the line that takes this mailbox, or 0 */
static unsigned
line_for(struct routes const *routes, char const *mailbox)
{
	struct routes_match found;
	struct addr a;

	assert_true(addr_parse(&a, slice_of(mailbox)));
	return routes_find(routes, &a, SLICE(""), &found) == ROUTES_LINE
	    ? found.route->line : 0;
}

static void
finds_the_first_that_takes_it(void **state)
{
	static char const text[] =
	    "# a comment, and a blank line\n"			/* 1 */
	    "\n"
	    "Postmaster@Example.ORG\tmaildir admin/\r\n"	/* 3 */
	    "bob+lists@example.org  maildir bob-lists/\n"	/* 4 */
	    "bob@example.org        maildir bob/\n"		/* 5 */
	    "bob+work@example.org   maildir never/\n"		/* 6 */
	    "bob@example.org        maildir never/\n"		/* 7 */
	    "root@                  maildir root/\n"		/* 8 */
	    "root@example.net       maildir never/\n"		/* 9 */
	    "@example.org           maildir ${local}/\n"	/* 10 */
	    "sue@example.org        maildir never/\n"		/* 11 */
	    "example.net            relay mx.example.net:2525\n"
	    "\"j doe\"@example.com  maildir j/\n"		/* 13 */
	    "@[192.0.2.1]           maildir ${local}/\n";	/* 14 */
	static struct {
		char const *mailbox;
		unsigned line;
	} const rows[] = {
		{ "postmaster@example.org", 3 },
		{ "POSTMASTER@EXAMPLE.ORG", 3 },
		{ "postmaster+x@example.org", 3 },
		{ "bob+lists@example.org", 4 },
		{ "Bob+Lists@example.org", 4 },
		{ "bob+lists+x@example.org", 5 },
		{ "bob+list@example.org", 5 },
		{ "bob@example.org", 5 },
		{ "bob+@example.org", 5 },
		{ "bob+work@example.org", 5 },
		{ "root@example.org", 8 },
		{ "root@anywhere.example", 8 },
		{ "root+x@anywhere.example", 8 },
		{ "root@example.net", 8 },
		{ "sue@example.org", 10 },
		{ "+bob@example.org", 10 },
		{ "\"\"@example.org", 10 },
		{ "x@example.net", 12 },
		{ "\"J Doe\"@example.com", 13 },
		{ "\"j doe+x\"@example.com", 13 },
		{ "a@[192.0.2.1]", 14 },
		{ "a@[192.0.2.2]", 0 },
		{ "a@sub.example.org", 0 },
		{ "a@xexample.org", 0 },
		{ "jdoe@example.com", 0 },
		{ "a@elsewhere.example", 0 }
	};
	struct parse_error error;
	struct routes routes;
	size_t i;

	(void)state;
	assert_true(routes_parse(&routes, slice_of(text), &error));
	assert_int_equal(routes.rows, 12);
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(line_for(&routes, rows[i].mailbox),
		    rows[i].line);
	routes_free(&routes);
}

static void
knows_what_is_foreign(void **state)
{
	struct routes_match found;
	struct parse_error error;
	struct routes routes;
	struct addr a;

	(void)state;
	assert_true(routes_parse(&routes, SLICE("@d maildir x\n"
	    "* relay mx.example\n@late maildir never\n"), &error));
	assert_true(addr_parse(&a, SLICE("a@d")));
	assert_int_equal(routes_find(&routes, &a, SLICE(""), &found),
	    ROUTES_LINE);
	assert_false(route_is_foreign(found.route));
	assert_true(addr_parse(&a, SLICE("a@late")));
	assert_int_equal(routes_find(&routes, &a, SLICE(""), &found),
	    ROUTES_LINE);
	assert_true(route_is_foreign(found.route));
	routes_free(&routes);
}

static void
takes_nothing_without_lines(void **state)
{
	static char const *const texts[] = { "", "\n", "# only this\n" };
	struct routes const zeroed = { .rows = 0 };
	struct parse_error error;
	struct routes routes;
	size_t i;

	(void)state;
	assert_int_equal(line_for(&zeroed, "a@d"), 0);
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_true(routes_parse(&routes, slice_of(texts[i]),
		    &error));
		assert_int_equal(line_for(&routes, "a@d"), 0);
		routes_free(&routes);
	}
}

static void
names_line_and_word(void **state)
{
	static struct {
		char const *text;
		unsigned line;
		char const *why;
	} const rows[] = {
		{ "alias", 1, "\"alias\": an action is missing" },
		{ "\n# x\na@d maildir x\nb@d smarthost y\nc@d z\n", 4,
		  "\"smarthost\": there is no such action" },
		{ "a@d maildir x\n..d maildir y", 2,
		  "\"..d\": this is no domain" },
		{ "a@d maildir x\n\"b", 2,
		  "\"b\": the closing quote is missing" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parse_error error = { .line = 0 };
		struct routes routes;

		assert_false(routes_parse(&routes, slice_of(rows[i].text),
		    &error));
		assert_int_equal(error.line, rows[i].line);
		assert_string_equal(error.why, rows[i].why);
		assert_int_equal(routes.rows, 0);
		assert_null(routes.row);
		assert_null(routes.slot);
		routes_free(&routes);
	}
}

static void
hashes_the_text(void **state)
{
	struct parse_error error;
	struct routes a, b, c;

	(void)state;
	assert_true(routes_parse(&a, SLICE("a@d maildir x\n"), &error));
	assert_true(routes_parse(&b, SLICE("a@d maildir x\n"), &error));
	assert_true(routes_parse(&c, SLICE("a@d maildir y\n"), &error));
	assert_true(a.hash == b.hash);
	assert_true(a.hash != c.hash);
	routes_free(&a);
	routes_free(&b);
	routes_free(&c);
}

/* takes - does this line take this mailbox? As the manual page says it. */
static bool
takes(struct route const *route, char const *local, char const *domain)
{
	char const *pattern = route->pattern, *plus = strchr(local, '+');
	size_t base = plus ? (size_t)(plus - local) : strlen(local);
	char const *rest = pattern + route->at;

	if (!strcmp(pattern, "*")) return true;
	if (!*rest) return !strcmp(pattern, domain);
	if (rest[1] && strcmp(rest + 1, domain)) return false;
	if (!route->at) return true;
	if (route->at == strlen(local) && !strncmp(pattern, local, route->at))
		return true;
	return route->at == base && !strncmp(pattern, local, base);
}

static char const *const locals[] = {
	"a", "b", "a+x", "a+x+y", "b+x", "a+", "+x", "ab"
};
static char const *const domains[] = { "d", "e", "d.e" };

static char const *
any_local(void)
{
	return locals[seed_below(sizeof locals / sizeof *locals)];
}

static char const *
any_domain(void)
{
	return domains[seed_below(sizeof domains / sizeof *domains)];
}

static size_t
random_file(char *out)
{
	size_t rows = seed_below(ROWS), n = 0;

	while (rows--) {
		switch (seed_below(12)) {
		case 0:
			n += (size_t)sprintf(out + n, "@%s", any_domain());
			break;
		case 1:
			n += (size_t)sprintf(out + n, "%s", any_domain());
			break;
		case 2:
			n += (size_t)sprintf(out + n, "%s@", any_local());
			break;
		case 3:
			n += (size_t)sprintf(out + n, "%s",
			    seed_below(4) ? "#" : "*");
			break;
		default:
			n += (size_t)sprintf(out + n, "%s@%s", any_local(),
			    any_domain());
		}
		n += (size_t)sprintf(out + n, " maildir x\n");
	}
	return n;
}

static void
agrees_with_a_walk(void **state)
{
	static char text[ROWS * 32];
	int round, lookup;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct slice file = slice_from(text, random_file(text));
		struct parse_error error;
		struct routes routes;

		assert_true(routes_parse(&routes, file, &error));
		for (lookup = 0; lookup < LOOKUPS; lookup++) {
			char const *local = any_local();
			char const *domain = any_domain();
			char mailbox[64];
			unsigned wanted = 0;
			size_t i;

			for (i = 0; i < routes.rows && !wanted; i++)
				if (takes(&routes.row[i], local, domain))
					wanted = routes.row[i].line;
			sprintf(mailbox, "%s@%s", local, domain);
			assert_int_equal(line_for(&routes, mailbox), wanted);
		}
		routes_free(&routes);
	}
}

static void
holds_many_lines(void **state)
{
	char *text = malloc(MANY * 40);
	struct parse_error error;
	struct routes routes;
	char mailbox[40];
	size_t n = 0;
	unsigned i;

	(void)state;
	for (i = 1; i <= MANY; i++)
		n += (size_t)sprintf(text + n, "user%u@d%u maildir x\n", i,
		    i % 7);
	assert_true(routes_parse(&routes, slice_from(text, n), &error));
	free(text);
	assert_int_equal(routes.rows, MANY);
	for (i = 1; i <= MANY; i++) {
		sprintf(mailbox, "user%u@d%u", i, i % 7);
		assert_int_equal(line_for(&routes, mailbox), i);
		sprintf(mailbox, "user%u@d%u", i, (i + 1) % 7);
		assert_int_equal(line_for(&routes, mailbox), 0);
	}
	routes_free(&routes);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(finds_the_first_that_takes_it),
		cmocka_unit_test(knows_what_is_foreign),
		cmocka_unit_test(takes_nothing_without_lines),
		cmocka_unit_test(names_line_and_word),
		cmocka_unit_test(hashes_the_text),
		cmocka_unit_test(agrees_with_a_walk),
		cmocka_unit_test(holds_many_lines)
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
