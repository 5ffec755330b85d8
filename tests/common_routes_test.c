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

static void
knows_groups_domains_and_patterns(void **state)
{
	static char const text[] =
	    "/^List-(?<name>[a-z0-9-]+)@lists\\.example$/ maildir ${name}\n"
	    "a@d from office maildir x\n"			/* 2 */
	    "a@d from home   maildir x\n"
	    "a@d             maildir x\n"			/* 4 */
	    ".d              maildir x\n"
	    ".x.d            maildir never\n"			/* 6 */
	    "@e from home    maildir x\n"
	    "/@e$/           maildir x\n"			/* 8 */
	    "b@e             maildir x\n"
	    "/^.{3}@f$/ from office maildir x\n"		/* 10 */
	    "abc@f           maildir x\n"
	    "\xc3\xa4@\xc3\xb6.example maildir x\n"		/* 12 */
	    ".[x.y           maildir x\n";
	static struct {
		char const *mailbox, *groups;
		unsigned line;
	} const rows[] = {
		{ "List-a@lists.example", "", 1 },
		{ "List-a@Lists.Example", "", 1 },
		{ "list-a@lists.example", "", 0 },
		{ "xList-a@lists.example", "", 0 },
		{ "\"List-a\"@lists.example", "", 1 },
		{ "a@d", "", 4 },
		{ "a@d", "home", 3 },
		{ "a+x@d", "home", 3 },
		{ "a@d", "home office", 2 },
		{ "a@d", "office", 2 },
		{ "a@d", "offices", 4 },
		{ "a@d", "offic", 4 },
		{ "b@d", "", 0 },
		{ "a@x.d", "", 5 },
		{ "b@y.x.d", "", 5 },
		{ "a@xd", "", 0 },
		{ "b@e", "", 8 },
		{ "b@e", "home", 7 },
		{ "\"b@e\"@z", "", 0 },
		{ "abc@f", "", 11 },
		{ "abc@f", "office", 10 },
		{ "ab@f", "office", 0 },
		{ "\xc3\xa4@\xc3\xb6.example", "", 12 },
		{ "\xc3\xa4@\xc3\xb6.EXAMPLE", "", 12 },
		{ "\xc3\x84@\xc3\xb6.example", "", 0 }
	};
	struct parse_error error;
	struct routes routes;
	size_t i;

	(void)state;
	assert_false(routes_parse(&routes, slice_of(text), &error));
	assert_int_equal(error.line, 13);
	assert_true(routes_parse(&routes, slice_from(text,
	    (size_t)(strstr(text, ".[x.y") - text)), &error));
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct routes_match found;
		unsigned line = 0;
		struct addr a;

		assert_true(addr_parse(&a, slice_of(rows[i].mailbox)));
		if (routes_find(&routes, &a, slice_of(rows[i].groups),
		    &found) == ROUTES_LINE)
			line = found.route->line;
		if (line != rows[i].line)
			fail_msg("%s from \"%s\": line %u", rows[i].mailbox,
			    rows[i].groups, line);
	}
	assert_int_equal(routes.warnings.n, 1);
	assert_int_equal(routes.warnings.at[0].line, 6);
	routes_free(&routes);
}

static void
knows_which_domains_are_ours(void **state)
{
	static char const text[] = "a@one maildir x\n@two maildir x\n"
	    "three relay x\n.four maildir x\nlocal@ maildir x\n"
	    "b@five from office maildir x\n/@six$/ maildir x\n"
	    "@[192.0.2.1] maildir x\n* mx\n";
	static struct {
		char const *domain;
		bool ours;
	} const rows[] = {
		{ "one", true }, { "two", true }, { "three", true },
		{ "four", false }, { "x.four", true }, { "x.y.four", true },
		{ "xfour", false }, { "five", true }, { "six", false },
		{ "seven", false }, { "local", false }, { "*", false },
		{ "x.one", false }, { "[192.0.2.1]", true }, { "", false },
		{ ".four", true }
	};
	struct routes const none = { .rows = 0 };
	struct parse_error error;
	struct routes routes;
	size_t i;

	(void)state;
	assert_true(routes_parse(&routes, slice_of(text), &error));
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice domain = slice_of(rows[i].domain);

		assert_int_equal(routes_is_ours(&routes, domain),
		    rows[i].ours);
		assert_false(routes_is_ours(&none, domain));
	}
	routes_free(&routes);
}

/* One that hits its limit before any line takes the mailbox: neither a match
 * nor a miss. */
static void
says_when_a_pattern_hits_its_limit(void **state)
{
	static char const text[] = "early@d maildir x\n"
	    "/^(a+)+$/ maildir x\nlate@d maildir x\n@z maildir x\n";
	static char const mailbox[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaa@z";
	struct routes_match found;
	struct parse_error error;
	struct routes routes;
	struct addr a;

	(void)state;
	assert_true(routes_parse(&routes, slice_of(text), &error));
	assert_int_equal(line_for(&routes, "early@d"), 1);
	assert_int_equal(line_for(&routes, "late@d"), 3);
	assert_true(addr_parse(&a, slice_of(mailbox)));
	assert_int_equal(routes_find(&routes, &a, SLICE(""), &found),
	    ROUTES_LIMIT);
	assert_null(found.route);
	/* octets that are no UTF-8, which a peer may send: the same */
	a.local[0] = '\xff';
	assert_int_equal(routes_find(&routes, &a, SLICE(""), &found),
	    ROUTES_LIMIT);
	routes_free(&routes);
}

static void
expands_captures(void **state)
{
	static struct {
		char const *word, *mailbox, *path, *argument;
	} const rows[] = {
		{ "${n}/${2}", "one-two@d", "one/two", "one/two" },
		{ "${1}", "One-two@d", "One", "One" },
		{ "${local}", "One-two@d", "one-two", "one-two" },
		{ "${n}", "-two@d", NULL, "" },
		{ "${2}", "\"one-..\"@d", NULL, NULL },
		{ "${n}", "\"../x-b\"@d", NULL, NULL },
		{ "${2}", "a--b@d", "b", "b" },
		{ "${3}", "a-b+-x@d", "-x", NULL },
		{ "${3}", "a-b@d", NULL, "" },
		{ "x${3}", "a-b@d", NULL, "x" },
		{ "$$${n}$$", "a-b@d", "$a$", "$a$" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[256], out[ROUTE_PATH_MAX];
		struct routes_match found;
		struct parse_error error;
		struct routes routes;
		struct addr a;
		char const *word;

		snprintf(text, sizeof text, "/^(?<n>.*)-([^+]*)(\\+(.*))?@d$/ "
		    "command /x \"%s\"\n", rows[i].word);
		if (strstr(rows[i].word, "${3}")) {
			/* the group within the group */
			snprintf(text, sizeof text, "/^(.*?)-([^+]*)(?:\\+"
			    "(.*))?@d$/ command /x \"%s\"\n", rows[i].word);
		}
		assert_true(routes_parse(&routes, slice_of(text), &error));
		assert_true(addr_parse(&a, slice_of(rows[i].mailbox)));
		assert_int_equal(routes_find(&routes, &a, SLICE(""), &found),
		    ROUTES_LINE);
		word = found.route->act->word[1];
		assert_int_equal(route_expand(&found, word, out),
		    rows[i].path != NULL);
		if (rows[i].path) assert_string_equal(out, rows[i].path);
		assert_int_equal(route_expand_argument(&found, word, out),
		    rows[i].argument != NULL);
		if (rows[i].argument)
			assert_string_equal(out, rows[i].argument);
		routes_free(&routes);
	}
}

static void
warns(void **state)
{
	static struct {
		char const *text, *why;	/* "": of nothing */
	} const rows[] = {
		{ "a@d maildir x\na@d maildir y", "\"a@d\": never matches: "
		  "line 1 takes all of it" },
		{ "@d maildir x\nA+b@d maildir y", "\"a+b@d\": never "
		  "matches: line 1 takes all of it" },
		{ "a@d maildir x\na+b@d maildir y", "\"a+b@d\": never "
		  "matches: line 1 takes all of it" },
		{ "d maildir x\n@d maildir y", "\"@d\": never matches: "
		  "line 1 takes all of it" },
		{ "a@ maildir x\na@d maildir y", "\"a@d\": never matches: "
		  "line 1 takes all of it" },
		{ "a@ maildir x\na+b@ maildir y", "\"a+b@\": never matches: "
		  "line 1 takes all of it" },
		{ ".d maildir x\na@x.d maildir y", "\"a@x.d\": never "
		  "matches: line 1 takes all of it" },
		{ ".d maildir x\n.x.d maildir y", "\".x.d\": never matches: "
		  "line 1 takes all of it" },
		{ "* mx\n/^a$/ maildir y", "\"^a$\": never matches: line 1 "
		  "takes all of it" },
		{ "* mx\na@ maildir y", "\"a@\": never matches: line 1 takes "
		  "all of it" },
		{ "* mx\n.d maildir y", "\".d\": never matches: line 1 takes "
		  "all of it" },
		{ "a@d from x maildir x\na@d from x maildir y", "\"a@d\": "
		  "never matches: line 1 takes all of it" },
		{ "/a@d$/ maildir x", "\"a@d$\": is searched for anywhere in "
		  "an address: begin it with \"^\" and end it with \"$\"" },
		{ "/^a@d/ maildir x", "\"^a@d\": is searched for anywhere in "
		  "an address: begin it with \"^\" and end it with \"$\"" },
		{ "a+b@d maildir x\na@d maildir x\n@d maildir x\n"
		  "@x.d maildir x\n.d maildir x\na@ maildir x\n"
		  "@e from x maildir x\n@e from y maildir x\n@e maildir x\n"
		  "/^a@f$/ maildir x\n/@g$/ maildir x\nb@f maildir x\n"
		  "/^x$/ from x maildir x\n* from x mx\n* mx", "" }
	};
	struct parse_error error;
	struct routes routes;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(routes_parse(&routes, slice_of(rows[i].text),
		    &error));
		if (routes.warnings.n != !!*rows[i].why)
			fail_msg("%s", rows[i].text);
		if (routes.warnings.n)
			assert_string_equal(routes.warnings.at[0].why,
			    rows[i].why);
		routes_free(&routes);
	}
}

static void
holds_the_limits(void **state)
{
	static char text[32 * (ROUTES_PATTERNS_MAX + 1)];
	struct parse_error error;
	struct routes routes;
	size_t n, i, at;
	char *many;

	(void)state;
	for (n = ROUTES_PATTERNS_MAX; n <= ROUTES_PATTERNS_MAX + 1; n++) {
		for (i = at = 0; i < n; i++)
			at += (size_t)sprintf(text + at,
			    "/^a%zu@d$/ maildir x\n", i);
		assert_int_equal(routes_parse(&routes, slice_from(text, at),
		    &error), n == ROUTES_PATTERNS_MAX);
		routes_free(&routes);
	}
	for (n = ROUTE_ACTS_MAX; n <= ROUTE_ACTS_MAX + 1; n++) {
		at = (size_t)sprintf(text, "a@d maildir x");
		for (i = 1; i < n; i++)
			at += (size_t)sprintf(text + at, ", maildir x%zu", i);
		assert_int_equal(routes_parse(&routes, slice_from(text, at),
		    &error), n == ROUTE_ACTS_MAX);
		routes_free(&routes);
	}
	for (n = ACTION_WORDS_MAX; n <= ACTION_WORDS_MAX + 1; n++) {
		at = (size_t)sprintf(text, "a@d command /x");
		for (i = 1; i < n; i++)
			at += (size_t)sprintf(text + at, " y");
		assert_int_equal(routes_parse(&routes, slice_from(text, at),
		    &error), n == ACTION_WORDS_MAX);
		routes_free(&routes);
	}
	many = malloc(RULEFILE_LINE_MAX + 2);
	memset(many, ' ', RULEFILE_LINE_MAX + 2);
	memcpy(many, "a@d maildir x", 13);
	assert_true(routes_parse(&routes, slice_from(many, RULEFILE_LINE_MAX),
	    &error));
	routes_free(&routes);
	assert_false(routes_parse(&routes, slice_from(many,
	    RULEFILE_LINE_MAX + 1), &error));
	assert_string_equal(error.why, "\"\": the line is too long");
	free(many);
	/* warnings beyond the most that are kept are no mistake */
	for (i = at = 0; i < RULEFILE_WARNINGS_MAX + 2; i++)
		at += (size_t)sprintf(text + at, "a@d maildir x\n");
	assert_true(routes_parse(&routes, slice_from(text, at), &error));
	assert_int_equal(routes.warnings.n, RULEFILE_WARNINGS_MAX);
	routes_free(&routes);
}

/* Lines as the manual page has them, and who they are for. */
struct line {
	enum route_left left;
	char const *local, *domain, *from;
};

static char const *const locals[] = {
	"a", "b", "a+x", "a+x+y", "b+x", "a+", "+x", "ab"
};
static char const *const domains[] = { "d", "e", "d.e", "d.d.e" };
static char const *const groups[] = { "", "x", "y", "x y" };

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

static bool
takes_local(struct line const *line, char const *local)
{
	size_t len = strlen(line->local);

	return !strcmp(line->local, local) ||
	    (!strncmp(line->local, local, len) && local[len] == '+' &&
	    !strchr(line->local, '+'));
}

static bool
takes(struct line const *line, char const *local, char const *domain,
    char const *in)
{
	size_t len = strlen(domain), tail = strlen(line->domain);

	if (line->from && !strchr(in, *line->from)) return false;
	switch (line->left) {
	case ROUTE_ALL: return true;
	case ROUTE_LOCAL: return takes_local(line, local);
	case ROUTE_DOMAIN: return !strcmp(line->domain, domain);
	case ROUTE_SUBDOMAINS:
		return len > tail && domain[len - tail - 1] == '.' &&
		    !strcmp(domain + len - tail, line->domain);
	case ROUTE_PATTERN:	/* begins with the one, ends with the other */
		return !strncmp(line->local, local, strlen(line->local)) &&
		    len >= tail && !strcmp(domain + len - tail, line->domain);
	case ROUTE_MAILBOX: break;
	}
	return !strcmp(line->domain, domain) && takes_local(line, local);
}

static size_t
random_line(char *out, struct line *line)
{
	size_t n = 0;

	*line = (struct line){ (enum route_left)seed_below(ROUTE_ALL),
		any_local(), any_domain(), NULL };
	if (!seed_below(ROWS)) line->left = ROUTE_ALL;
	if (!seed_below(3)) line->from = seed_below(2) ? "x" : "y";
	switch (line->left) {
	case ROUTE_MAILBOX:
		n = (size_t)sprintf(out, "%s@%s", line->local, line->domain);
		break;
	case ROUTE_DOMAIN:
		n = (size_t)sprintf(out, "@%s", line->domain);
		break;
	case ROUTE_SUBDOMAINS:
		n = (size_t)sprintf(out, ".%s", line->domain);
		break;
	case ROUTE_LOCAL:
		n = (size_t)sprintf(out, "%s@", line->local);
		break;
	case ROUTE_PATTERN:
		n = (size_t)sprintf(out, "/^\\Q%s\\E.*@.*%s$/", line->local,
		    line->domain);
		break;
	case ROUTE_ALL:
		n = (size_t)sprintf(out, "*");
	}
	if (line->from) n += (size_t)sprintf(out + n, " from %s", line->from);
	return n + (size_t)sprintf(out + n, " maildir x\n");
}

static void
agrees_with_a_walk(void **state)
{
	static char text[ROWS * 64];
	int round, lookup;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		size_t rows = seed_below(ROWS), n = 0, i;
		struct line line[ROWS];
		struct parse_error error;
		struct routes routes;

		for (i = 0; i < rows; i++)
			n += random_line(text + n, &line[i]);
		if (!routes_parse(&routes, slice_from(text, n), &error))
			fail_msg("line %u: %s", error.line, error.why);
		for (lookup = 0; lookup < LOOKUPS; lookup++) {
			char const *in = groups[seed_below(4)];
			char const *local = any_local();
			char const *domain = any_domain();
			struct routes_match found;
			char mailbox[64];
			struct addr a;

			for (i = 0; i < rows; i++)
				if (takes(&line[i], local, domain, in)) break;
			sprintf(mailbox, "%s@%s", local, domain);
			assert_true(addr_parse(&a, slice_of(mailbox)));
			if (routes_find(&routes, &a, slice_of(in), &found) ==
			    ROUTES_NONE)
				assert_int_equal(i, rows);
			else
				assert_int_equal(found.route->line, i + 1);
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
		cmocka_unit_test(knows_groups_domains_and_patterns),
		cmocka_unit_test(knows_which_domains_are_ours),
		cmocka_unit_test(says_when_a_pattern_hits_its_limit),
		cmocka_unit_test(expands_captures),
		cmocka_unit_test(warns),
		cmocka_unit_test(holds_the_limits),
		cmocka_unit_test(agrees_with_a_walk),
		cmocka_unit_test(holds_many_lines)
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
