/* SPDX-License-Identifier: ISC */
/* What recipients become: aliases, several actions, loops, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "common/expand.h"
#include "common/handover.h"

static char const file[] =
    "final@d    maildir x\n"
    "gone@d     reject 550 5.1.6 \"moved away\"\n"
    "three@d    maildir x, alias final@d both@d, mbox y\n"
    "both@d     maildir x, command /bin/x\n"
    "one@d      alias final@d\n"
    "chain@d    alias link@d\n"
    "link@d     alias FINAL@d Final@d final@d x@Elsewhere.Example "
	"X@elsewhere.example\n"
    "self@d     alias self@d\n"
    "case@d     alias CASE@d\n"
    "keep@d     maildir x, alias keep@d\n"
    "ping@d     alias pong@d final@d\n"
    "pong@d     alias ping@d\n"
    "in@d       alias ping@d\n"
    "diamond@d  alias left@d right@d\n"
    "left@d     alias right@d\n"
    "right@d    alias final@d\n"
    "refused@d  alias gone@d final@d\n"
    "plus@d     alias ${local}+${ext}@e\n"
    "/^(?<n>.*)-list@d$/ alias ${n}@d, maildir ${1}\n"
    "grow@d     alias ${local}+${ext}x@d\n"
    "bad@d      alias ${ext}@d\n"
    "far@d      alias a@${ext}.example\n"
    "office@d from office alias final@d\n"
    "office@d   alias nowhere@e\n"
    "slow@d     alias aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!@z\n"
    "/^(a+)+@z$/ maildir x\n"
    "@all       maildir x, relay h\n"
    "*          mx\n";

/* as "address action address action", or the number of what it is instead */
static void
assert_expands(struct routes const *routes, char const *mailbox,
    char const *groups, char const *wanted)
{
	static char const *const names[] = { "none", "final", NULL, "loop",
		"reject", "limit", "no memory" };
	char got[1024] = "";
	struct expansion e;
	enum expand kind;
	struct addr a;
	size_t i, n = 0;

	assert_true(addr_parse(&a, slice_of(mailbox)));
	kind = expand(routes, &a, slice_of(groups), &e);
	if (kind != EXPAND_TARGETS) {
		assert_string_equal(names[kind], wanted);
		assert_int_equal(e.targets, 0);
	}
	for (i = 0; i < e.targets; i++)
		n += (size_t)snprintf(got + n, sizeof got - n, "%s%.*s %u",
		    n ? " " : "", (int)e.target[i].address.len,
		    e.target[i].address.s, e.target[i].action);
	if (kind == EXPAND_TARGETS) assert_string_equal(got, wanted);
	expansion_free(&e);
	assert_null(e.target);
}

static void
follows_aliases(void **state)
{
	static struct {
		char const *mailbox, *groups, *wanted;
	} const rows[] = {
		{ "final@d", "", "final" },
		{ "final+x@d", "", "final" },
		{ "x@elsewhere", "", "final" },
		{ "gone@d", "", "reject" },
		{ "one@d", "", "final@d 0" },
		{ "three@d", "",
		  "three@d 1 three@d 3 final@d 0 both@d 1 both@d 2" },
		{ "both@d", "", "both@d 1 both@d 2" },
		{ "Both+x@d", "", "Both+x@d 1 Both+x@d 2" },
		{ "chain@d", "", "FINAL@d 0 x@elsewhere.example 0 "
		  "X@elsewhere.example 0" },
		{ "self@d", "", "loop" },
		{ "case@d", "", "loop" },
		{ "keep@d", "", "loop" },
		{ "ping@d", "", "loop" },
		{ "in@d", "", "loop" },
		{ "diamond@d", "", "final@d 0" },
		{ "refused@d", "", "gone@d 0 final@d 0" },
		{ "Plus+A@d", "", "plus+a@e 0" },
		{ "plus@d", "", "plus+@e 0" },
		{ "one-list@d", "", "one-list@d 2 final@d 0" },
		{ "grow@d", "", "reject" },
		{ "bad@d", "", "reject" },
		{ "bad+final@d", "", "final@d 0" },
		{ "bad+\"@d", "", "" },
		{ "far+b@d", "", "a@b.example 0" },
		{ "far+b..c@d", "", "" },
		{ "office@d", "", "nowhere@e 0" },
		{ "office@d", "home office", "final@d 0" },
		{ "office@d", "offices", "nowhere@e 0" },
		{ "slow@d", "", "limit" },
		{ "x@all", "", "x@all 1 x@all 2" }
	};
	struct parse_error error;
	struct routes routes;
	size_t i;

	(void)state;
	if (!routes_parse(&routes, slice_of(file), &error))
		fail_msg("line %u: %s", error.line, error.why);
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (*rows[i].wanted)
			assert_expands(&routes, rows[i].mailbox,
			    rows[i].groups, rows[i].wanted);
	assert_expands(&routes, "\"bad+a b\"@d", "", "\"a b\"@d 0");
	assert_expands(&routes, "\"bad+a@b\"@d", "", "reject");
	assert_expands(&routes, "\"far+b c\"@d", "", "reject");
	routes_free(&routes);
}

static void
says_why_it_rejects(void **state)
{
	struct parse_error error;
	struct expansion e;
	struct routes routes;
	struct addr a;

	(void)state;
	assert_true(routes_parse(&routes, slice_of(file), &error));
	assert_true(addr_parse(&a, SLICE("gone@d")));
	assert_int_equal(expand(&routes, &a, SLICE(""), &e), EXPAND_REJECT);
	assert_int_equal(e.code, 550);
	assert_string_equal(e.status, "5.1.6");
	assert_string_equal(e.text, "moved away");
	expansion_free(&e);
	assert_true(addr_parse(&a, SLICE("bad@d")));
	assert_int_equal(expand(&routes, &a, SLICE(""), &e), EXPAND_REJECT);
	assert_string_equal(e.status, "5.1.3");
	expansion_free(&e);
	routes_free(&routes);
}

static void
takes_nothing_without_lines(void **state)
{
	struct routes const none = { .rows = 0 };

	(void)state;
	assert_expands(&none, "a@d", "", "none");
}

/* text_of - lines that make "all" n targets: fan aliases of as many words */
static char *
text_of(size_t n, size_t fan)
{
	char *text = malloc(64 * (n + 100));
	size_t at = 0, i, k;

	at += (size_t)sprintf(text, "all@d alias");
	for (i = 0; i < n; i += fan)
		at += (size_t)sprintf(text + at, " part%zu@d", i);
	for (i = 0; i < n; i += fan) {
		at += (size_t)sprintf(text + at, "\npart%zu@d alias", i);
		for (k = i; k < i + fan && k < n; k++)
			at += (size_t)sprintf(text + at, " t%zu@e", k);
	}
	strcpy(text + at, "\n");
	return text;
}

static enum expand
expand_all(char *text, size_t *targets)
{
	struct parse_error error;
	struct routes routes;
	struct expansion e;
	enum expand got;
	struct addr a;

	if (!routes_parse(&routes, slice_of(text), &error))
		fail_msg("line %u: %s", error.line, error.why);
	assert_true(addr_parse(&a, SLICE("all@d")));
	got = expand(&routes, &a, SLICE(""), &e);
	*targets = e.targets;
	expansion_free(&e);
	routes_free(&routes);
	free(text);
	return got;
}

static void
holds_the_limit_of_targets(void **state)
{
	size_t targets;

	(void)state;
	assert_int_equal(expand_all(text_of(HANDOVER_TARGETS_MAX, 100),
	    &targets), EXPAND_TARGETS);
	assert_int_equal(targets, HANDOVER_TARGETS_MAX);
	assert_int_equal(expand_all(text_of(HANDOVER_TARGETS_MAX + 1, 100),
	    &targets), EXPAND_LOOP);
	assert_int_equal(targets, 0);
}

/* A chain of n aliases, and its end: n + 1 nodes. */
static void
holds_the_limit_of_nodes(void **state)
{
	size_t n, i, targets;

	(void)state;
	for (n = EXPAND_NODES_MAX - 1; n <= EXPAND_NODES_MAX; n++) {
		char *text = malloc(64 * (n + 1));
		size_t at = (size_t)sprintf(text, "all@d alias a1@d\n");

		for (i = 1; i < n; i++)
			at += (size_t)sprintf(text + at,
			    "a%zu@d alias a%zu@d\n", i, i + 1);
		assert_int_equal(expand_all(text, &targets),
		    n < EXPAND_NODES_MAX ? EXPAND_TARGETS : EXPAND_LOOP);
	}
}

/* Few nodes, but each leads to all others after it; the recipient leads to the
 * first as often as it takes to have n words in all. */
static char *
words(size_t n)
{
	enum { NODES = 250 };
	char *text = malloc(8 * n);
	size_t at = (size_t)sprintf(text, "all@d alias"), i, k;

	n -= NODES * (NODES - 1) / 2;
	for (i = 0; i < n; i++) {
		char const *more = i % 900 ? "" : ", alias";

		if (i) at += (size_t)sprintf(text + at, "%s", more);
		at += (size_t)sprintf(text + at, " a0@d");
	}
	for (i = 0; i + 1 < NODES; i++) {
		at += (size_t)sprintf(text + at, "\na%zu@d alias", i);
		for (k = i + 1; k < NODES; k++)
			at += (size_t)sprintf(text + at, " a%zu@d", k);
	}
	strcpy(text + at, "\n");
	return text;
}

static void
holds_the_limit_of_words(void **state)
{
	size_t targets;

	(void)state;
	assert_int_equal(expand_all(words(EXPAND_WORDS_MAX), &targets),
	    EXPAND_TARGETS);
	assert_int_equal(targets, 1);
	assert_int_equal(expand_all(words(EXPAND_WORDS_MAX + 1), &targets),
	    EXPAND_LOOP);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(follows_aliases),
		cmocka_unit_test(says_why_it_rejects),
		cmocka_unit_test(takes_nothing_without_lines),
		cmocka_unit_test(holds_the_limit_of_targets),
		cmocka_unit_test(holds_the_limit_of_nodes),
		cmocka_unit_test(holds_the_limit_of_words)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
