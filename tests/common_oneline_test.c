/* SPDX-License-Identifier: ISC */
/* What --maildir and --command say, as the parser of routes reads it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "common/oneline.h"
#include "common/routes.h"

static char line[ONELINE_MAX];

static struct route_act const *
read_back(struct routes *routes)
{
	struct parse_error error;

	assert_true(routes_parse(routes, slice_of(line), &error));
	assert_int_equal(routes->rows, 1);
	assert_int_equal(routes->row->left, ROUTE_ALL);
	assert_int_equal(routes->row->acts, 1);
	return routes->row->act;
}

static void
words_stay_as_they_are(void **state)
{
	char a[] = "a \"b\", #c\\", b[] = "", c[] = "${local}", d[] = "-x";
	char *more[] = { a, b, c, d, NULL };
	struct route_act const *act;
	struct routes routes;

	(void)state;
	assert_true(oneline_routes(line, "command", "/bin/a b", more));
	act = read_back(&routes);
	assert_int_equal(act->kind, ROUTE_COMMAND);
	assert_int_equal(act->words, 5);
	assert_string_equal(act->word[0], "/bin/a b");
	assert_string_equal(act->word[1], a);
	assert_string_equal(act->word[2], b);
	assert_string_equal(act->word[3], c);
	assert_string_equal(act->word[4], d);
	routes_free(&routes);
}

static void
a_directory_has_no_variables(void **state)
{
	struct routes_match found;
	char out[ROUTE_PATH_MAX];
	struct routes routes;
	struct addr a;

	(void)state;
	assert_true(oneline_routes(line, "maildir", "${local} $/", NULL));
	assert_int_equal(read_back(&routes)->kind, ROUTE_MAILDIR);
	assert_true(addr_parse(&a, SLICE("you@a.test")));
	assert_int_equal(routes_find(&routes, &a, SLICE(""), &found),
	    ROUTES_LINE);
	assert_true(route_expand(&found, routes.row->act->word[0], out));
	assert_string_equal(out, "${local} $/");
	routes_free(&routes);
}

static void
no_second_line(void **state)
{
	char end[] = "a\nb", *more[] = { end, NULL };

	(void)state;
	assert_false(oneline_routes(line, "maildir", "a\nb", NULL));
	assert_false(oneline_routes(line, "maildir", "a\rb", NULL));
	assert_false(oneline_routes(line, "command", "/bin/a", more));
}

static void
no_more_than_fits(void **state)
{
	static char word[ONELINE_MAX];
	size_t const around = sizeof "* maildir \"\"\n";

	(void)state;
	memset(word, 'x', ONELINE_MAX - around);
	assert_true(oneline_routes(line, "maildir", word, NULL));
	assert_int_equal(strlen(line), ONELINE_MAX - 1);
	word[ONELINE_MAX - around] = 'x';
	assert_false(oneline_routes(line, "maildir", word, NULL));
}

static void
directories(void **state)
{
	static struct {
		char const *path, *above, *name;
	} const rows[] = {
		{ "a", ".", "a" }, { "a/", ".", "a" }, { "a/b", "a", "b" },
		{ "/a", "/", "a" }, { "/a//b//", "/a", "b" },
		{ "../a", "..", "a" }, { "/", NULL, NULL }, { "", NULL, NULL },
		{ ".", NULL, NULL }, { "a/..", NULL, NULL },
	};
	char above[16], name[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool good = oneline_directory(above, name, rows[i].path);

		assert_int_equal(good, rows[i].name != NULL);
		if (!good) continue;
		assert_string_equal(above, rows[i].above);
		assert_string_equal(name, rows[i].name);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(words_stay_as_they_are),
		cmocka_unit_test(a_directory_has_no_variables),
		cmocka_unit_test(no_second_line),
		cmocka_unit_test(no_more_than_fits),
		cmocka_unit_test(directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
