/* SPDX-License-Identifier: ISC */
/* Reads the routes file and makes its index; never opens a file. */
#include <stdio.h>
#include <stdlib.h>
#include "common/hash.h"
#include "common/routespart.h"

/* covering - the first row so far that takes all that this one would, + 1, or
 * 0 */
static unsigned
covering(struct routes const *routes, struct route const *row)
{
	struct slice groups = slice_of(row->from ? row->from : "");
	struct route_key all = { SLICE(""), SLICE("*") };
	struct route_key key = row->match ? all : route_key(row);
	struct slice base = slice_from(key.local.s, slice_find(key.local, '+'));
	struct route_key const keys[] = {
		key, { base, key.domain }, { key.local, SLICE("") },
		{ base, SLICE("") }, { SLICE(""), key.domain }, all
	};
	unsigned first = 0;
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].local.len || keys[i].domain.len)
			routes_earliest(routes, keys[i], groups, &first);
	/* what lies below .domain does so below the domains above that */
	routes_earliest_above(routes, slice_skip(key.domain,
	    row->left == ROUTE_SUBDOMAINS), groups, &first);
	return first;
}

static void
add_to_index(struct routes *routes, unsigned n)
{
	struct route *row = &routes->row[n - 1];
	unsigned *at;

	if (row->match) {
		routes->pattern[routes->patterns++] = n;
		return;
	}
	for (at = routes_slot(routes, route_key(row)); *at;
	     at = &routes->row[*at - 1].next)
		;
	*at = n;
	routes->subdomains |= row->left == ROUTE_SUBDOMAINS;
	if (row->left != ROUTE_MAILBOX && row->left != ROUTE_DOMAIN) return;
	at = routes_domain(routes, route_key(row).domain);
	if (!*at) *at = n;
}

/* check_pattern - a pattern is searched for anywhere, which few expect */
static void
check_pattern(struct routes *routes, struct route const *row)
{
	char const *end = row->pattern + strlen(row->pattern);

	if ((match_is_anchored(row->match) || *row->pattern == '@') &&
	    end > row->pattern && end[-1] == '$')
		return;
	rulefile_warn(&routes->warnings, row->line, 0, row->pattern,
	    "is searched for anywhere in an address: begin it with \"^\" and "
	    "end it with \"$\"");
}

/* A row that can never match is left out, but named. */
static bool
index_rows(struct routes *routes)
{
	unsigned i;

	routes->slots = 2;
	while (routes->slots < 2 * routes->rows)
		routes->slots *= 2;
	routes->slot = calloc(routes->slots, sizeof *routes->slot);
	routes->domain = calloc(routes->slots, sizeof *routes->domain);
	if (routes->patterns)
		routes->pattern = calloc(routes->patterns,
		    sizeof *routes->pattern);
	if (!routes->slot || !routes->domain ||
	    (routes->patterns && !routes->pattern))
		return false;
	routes->patterns = 0;
	for (i = 0; i < routes->rows; i++) {
		struct route const *row = &routes->row[i];
		unsigned first = covering(routes, row);
		char why[64];

		if (row->match) check_pattern(routes, row);
		if (!first) {
			add_to_index(routes, i + 1);
			continue;
		}
		snprintf(why, sizeof why, "never matches: line %u takes all "
		    "of it", routes->row[first - 1].line);
		rulefile_warn(&routes->warnings, row->line, 0, row->pattern,
		    why);
	}
	return true;
}

/* The row is counted before it is read, so that routes_free finds all. */
static bool
take_row(struct routes *routes, struct rulefile *f)
{
	struct route *row;

	row = rulefile_grow(f, routes->row, routes->rows, sizeof *row);
	if (!row) return false;
	routes->row = row;
	row += routes->rows++;
	if (!route_parse(row, f)) return false;
	if (!row->match) return true;
	return ++routes->patterns <= ROUTES_PATTERNS_MAX ||
	    rulefile_wrong(f, "too many patterns");
}

bool
routes_parse(struct routes *routes, struct slice text,
    struct parse_error *error)
{
	struct rulefile f;
	int got;

	*routes = (struct routes){ .hash = hash_of(text) };
	rulefile_begin(&f, text, error);
	while (f.patterns = true, (got = rulefile_line(&f)) == 1) {
		f.patterns = false; /* a command begins with a slash, too */
		if (!take_row(routes, &f)) goto undo;
	}
	if (got == -1) goto undo;
	if (index_rows(routes)) return true;
	rulefile_wrong(&f, "out of memory");
undo:
	routes_free(routes);
	return false;
}

void
routes_free(struct routes *routes)
{
	size_t i;

	for (i = 0; i < routes->rows; i++)
		route_free(&routes->row[i]);
	free(routes->row);
	free(routes->slot);
	free(routes->domain);
	free(routes->pattern);
	warnings_free(&routes->warnings);
	*routes = (struct routes){ .rows = 0 };
}
