/* SPDX-License-Identifier: ISC */
/* Finds the line for a mailbox, and what its words become; never acts on what
 * it found. */
#include "common/hash.h"
#include "common/routespart.h"
#include "common/target.h"

_Static_assert((int)RULEFILE_WORD_MAX < (int)ROUTE_PATH_MAX,
    "a word without variables always fits");

struct route_key
route_key(struct route const *route)
{
	struct slice pattern = slice_of(route->pattern);

	if (route->at == pattern.len)
		return (struct route_key){ .local = SLICE(""),
					   .domain = pattern };
	return (struct route_key){ .local = slice_from(pattern.s, route->at),
			     .domain = slice_skip(pattern, route->at + 1) };
}

/* Half of all slots are empty, so the search ends. */
unsigned *
routes_slot(struct routes const *routes, struct route_key key)
{
	uint64_t hash = hash_more(hash_of(key.local), SLICE("@"));
	size_t mask = routes->slots - 1;
	size_t i = hash_more(hash, key.domain) & mask;

	for (; routes->slot[i]; i = (i + 1) & mask) {
		struct route_key held =
		    route_key(&routes->row[routes->slot[i] - 1]);

		if (slice_eq(held.local, key.local) &&
		    slice_eq(held.domain, key.domain))
			break;
	}
	return &routes->slot[i];
}

unsigned *
routes_domain(struct routes const *routes, struct slice domain)
{
	size_t mask = routes->slots - 1;
	size_t i = hash_of(domain) & mask;

	for (; routes->domain[i]; i = (i + 1) & mask) {
		unsigned row = routes->domain[i] - 1;

		if (slice_eq(route_key(&routes->row[row]).domain, domain))
			break;
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

void
routes_earliest(struct routes const *routes, struct route_key key,
    struct slice groups, unsigned *first)
{
	unsigned row = *routes_slot(routes, key);

	for (; row && (!*first || row < *first);
	     row = routes->row[row - 1].next) {
		if (!is_in(groups, routes->row[row - 1].from)) continue;
		*first = row;
	}
}

void
routes_earliest_above(struct routes const *routes, struct slice domain,
    struct slice groups, unsigned *first)
{
	if (!routes->subdomains) return;
	while (domain.len) {
		domain = slice_skip(domain, slice_find(domain, '.'));
		if (!domain.len) return;
		routes_earliest(routes,
		    (struct route_key){ SLICE(""), domain }, groups, first);
		domain = slice_skip(domain, 1);
	}
}

/* plain - the first row without a pattern that takes the mailbox, + 1, or 0 */
static unsigned
plain(struct routes const *routes, struct route_mailbox const *m,
    struct slice groups)
{
	struct route_key const keys[] = {
		{ m->local, m->domain },	{ m->base, m->domain },
		{ m->local, SLICE("") },	{ m->base, SLICE("") },
		{ SLICE(""), m->domain },	{ SLICE(""), SLICE("*") }
	};
	unsigned first = 0;
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		routes_earliest(routes, keys[i], groups, &first);
	routes_earliest_above(routes, m->domain, groups, &first);
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
	if (*routes_domain(routes, domain)) return true;
	if (!routes->subdomains) return false;
	while (domain.len && !above) {
		domain = slice_skip(domain, slice_find(domain, '.'));
		if (domain.len)
			above = *routes_slot(routes,
			    (struct route_key){ SLICE(""), domain });
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
