/* SPDX-License-Identifier: ISC */
/* Reads the routes file and finds the line for a mailbox; never opens a file,
 * never acts on what it found. */
#include <stdio.h>
#include <stdlib.h>
#include "common/hash.h"
#include "common/routes.h"
#include "common/target.h"

_Static_assert((int)RULEFILE_WORD_MAX < (int)ROUTE_PATH_MAX,
    "a word without variables always fits");

/* What a left side and a mailbox are compared by. An empty local part stands
 * for all of a domain, an empty domain for any; "*" is a domain of that name,
 * and one with a dot before it stands for the sub-domains. */
struct key {
	struct slice local;
	struct slice domain;
};

static struct key
key_of(struct route const *route)
{
	struct slice pattern = slice_of(route->pattern);

	if (route->at == pattern.len)
		return (struct key){ .local = SLICE(""), .domain = pattern };
	return (struct key){ .local = slice_from(pattern.s, route->at),
			     .domain = slice_skip(pattern, route->at + 1) };
}

/* slot_of - where the key stands, or the empty slot where it would; half of
 * all slots are empty, so the search ends */
static unsigned *
slot_of(struct routes const *routes, struct key key)
{
	uint64_t hash = hash_more(hash_of(key.local), SLICE("@"));
	size_t mask = routes->slots - 1;
	size_t i = hash_more(hash, key.domain) & mask;

	for (; routes->slot[i]; i = (i + 1) & mask) {
		struct key held = key_of(&routes->row[routes->slot[i] - 1]);

		if (slice_eq(held.local, key.local) &&
		    slice_eq(held.domain, key.domain))
			break;
	}
	return &routes->slot[i];
}

/* domain_of - the same by the domain alone */
static unsigned *
domain_of(struct routes const *routes, struct slice domain)
{
	size_t mask = routes->slots - 1;
	size_t i = hash_of(domain) & mask;

	for (; routes->domain[i]; i = (i + 1) & mask) {
		unsigned row = routes->domain[i] - 1;

		if (slice_eq(key_of(&routes->row[row]).domain, domain)) break;
	}
	return &routes->domain[i];
}

static bool
is_in(struct slice groups, char const *name)
{
	if (!name) return true;
	while (groups.len) {
		size_t n = slice_find(groups, ' ');

		if (slice_is(slice_from(groups.s, n), name)) return true;
		groups = slice_skip(groups, n + 1);
	}
	return false;
}

/* earliest - the first row of this key that takes mail of these groups, when
 * it stands before that in *first, which is 0 for none */
static void
earliest(struct routes const *routes, struct key key, struct slice groups,
    unsigned *first)
{
	unsigned row = *slot_of(routes, key);

	for (; row && (!*first || row < *first);
	     row = routes->row[row - 1].next) {
		if (!is_in(groups, routes->row[row - 1].from)) continue;
		*first = row;
	}
}

static void
earliest_above(struct routes const *routes, struct slice domain,
    struct slice groups, unsigned *first)
{
	if (!routes->subdomains) return;
	while (domain.len) {
		domain = slice_skip(domain, slice_find(domain, '.'));
		if (!domain.len) return;
		earliest(routes, (struct key){ SLICE(""), domain }, groups,
		    first);
		domain = slice_skip(domain, 1);
	}
}

/* plain - the first row without a pattern that takes the mailbox, + 1, or 0 */
static unsigned
plain(struct routes const *routes, struct route_mailbox const *m,
    struct slice groups)
{
	struct key const keys[] = {
		{ m->local, m->domain },	{ m->base, m->domain },
		{ m->local, SLICE("") },	{ m->base, SLICE("") },
		{ SLICE(""), m->domain },	{ SLICE(""), SLICE("*") }
	};
	unsigned first = 0;
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		earliest(routes, keys[i], groups, &first);
	earliest_above(routes, m->domain, groups, &first);
	return first;
}

static void
set_subject(struct routes_match *found, struct addr const *rcpt)
{
	memcpy(found->subject, rcpt->local, rcpt->local_len);
	found->subject_len = rcpt->local_len;
	if (!rcpt->domain_len) return;
	found->subject[found->subject_len++] = '@';
	memcpy(found->subject + found->subject_len, rcpt->domain,
	    rcpt->domain_len);
	found->subject_len += rcpt->domain_len;
}

/* searched - a row with a pattern before the first that was found so far */
static enum routes_found
searched(struct routes const *routes, struct slice groups, unsigned *first,
    struct routes_match *found)
{
	struct slice subject = slice_from(found->subject, found->subject_len);
	size_t i;

	for (i = 0; i < routes->patterns; i++) {
		unsigned n = routes->pattern[i];
		struct route const *row = &routes->row[n - 1];

		if (*first && n > *first) break;
		if (!is_in(groups, row->from)) continue;
		switch (match_find(row->match, subject,
		    found->variables.capture)) {
		case MATCH_NO: continue;
		case MATCH_LIMIT: return ROUTES_LIMIT;
		case MATCH_YES: break;
		}
		*first = n;
		break;
	}
	return *first ? ROUTES_LINE : ROUTES_NONE;
}

enum routes_found
routes_find(struct routes const *routes, struct addr const *rcpt,
    struct slice groups, struct routes_match *found)
{
	struct route_mailbox *m = &found->mailbox;
	enum routes_found got;
	unsigned first;

	found->route = NULL;
	if (!routes->rows) return ROUTES_NONE;
	route_mailbox(m, rcpt);
	set_subject(found, rcpt);
	first = plain(routes, m, groups);
	got = searched(routes, groups, &first, found);
	if (got != ROUTES_LINE) return got;
	found->route = &routes->row[first - 1];
	found->variables.local = m->base;
	found->variables.ext = m->ext;
	found->variables.domain = m->domain;
	found->variables.match = found->route->match;
	return ROUTES_LINE;
}

bool
routes_is_ours(struct routes const *routes, struct slice domain)
{
	unsigned above = 0;

	if (!routes->rows || !domain.len) return false;
	/* any group: what it is for a client that may not is no one's else */
	if (*domain_of(routes, domain)) return true;
	if (!routes->subdomains) return false;
	while (domain.len && !above) {
		domain = slice_skip(domain, slice_find(domain, '.'));
		if (domain.len)
			above = *slot_of(routes,
			    (struct key){ SLICE(""), domain });
		domain = slice_skip(domain, 1);
	}
	return above;
}

bool
route_expand(struct routes_match const *found, char const *word, char *out)
{
	return variable_expand(&found->variables, VARIABLE_PATH,
	    slice_of(word), out, ROUTE_PATH_MAX);
}

bool
route_expand_argument(struct routes_match const *found, char const *word,
    char *out)
{
	return variable_expand(&found->variables, VARIABLE_ARGUMENT,
	    slice_of(word), out, ROUTE_PATH_MAX);
}

/* A value that brings an "@" of its own moves nothing: of two, target_parse takes
 * none. */
bool
route_target(struct routes_match const *found, char const *word,
    struct addr *target)
{
	char out[ADDR_LOCAL_MAX + 1 + ADDR_DOMAIN_MAX + 1];

	return variable_expand(&found->variables, VARIABLE_ADDRESS,
	    slice_of(word), out, sizeof out) &&
	    target_parse(target, slice_of(out));
}

/* Reading */

/* covering - the first row so far that takes all that this one would, + 1, or
 * 0 */
static unsigned
covering(struct routes const *routes, struct route const *row)
{
	struct slice groups = slice_of(row->from ? row->from : "");
	struct key all = { SLICE(""), SLICE("*") };
	struct key key = row->match ? all : key_of(row);
	struct slice base = slice_from(key.local.s, slice_find(key.local, '+'));
	struct key const keys[] = {
		key, { base, key.domain }, { key.local, SLICE("") },
		{ base, SLICE("") }, { SLICE(""), key.domain }, all
	};
	unsigned first = 0;
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i].local.len || keys[i].domain.len)
			earliest(routes, keys[i], groups, &first);
	/* what lies below .domain does so below the domains above that */
	earliest_above(routes, slice_skip(key.domain,
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
	for (at = slot_of(routes, key_of(row)); *at;
	     at = &routes->row[*at - 1].next)
		;
	*at = n;
	routes->subdomains |= row->left == ROUTE_SUBDOMAINS;
	if (row->left != ROUTE_MAILBOX && row->left != ROUTE_DOMAIN) return;
	at = domain_of(routes, key_of(row).domain);
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
