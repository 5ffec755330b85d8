/* SPDX-License-Identifier: ISC */
/* Reads the routes file and finds the line for a mailbox; never opens a file,
 * never acts on what it found. */
#include <stdlib.h>
#include "common/routes.h"

/* What a pattern and a mailbox are compared by. An empty local part stands for
 * all of a domain, an empty domain for any; "*" is a domain of that name. */
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

/* FNV-1a: short keys, no secret to keep; who chose the patterns is the
 * operator */
static uint64_t
hash_more(uint64_t hash, struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.s[i]) * 0x100000001b3;
	return hash;
}

static uint64_t
hash_of(struct slice text)
{
	return hash_more(0xcbf29ce484222325, text);
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

/* The first of two lines with one pattern is the only one that can match. */
static bool
index_rows(struct routes *routes)
{
	size_t i;

	routes->slots = 2;
	while (routes->slots < 2 * routes->rows)
		routes->slots *= 2;
	routes->slot = calloc(routes->slots, sizeof *routes->slot);
	if (!routes->slot) return false;
	for (i = 0; i < routes->rows; i++) {
		unsigned *slot = slot_of(routes, key_of(&routes->row[i]));

		if (!*slot) *slot = (unsigned)i + 1;
	}
	return true;
}

struct route const *
routes_find(struct routes const *routes, struct addr const *rcpt)
{
	struct route_mailbox m;
	unsigned first = 0;
	size_t i;

	if (!routes->rows) return NULL;
	route_mailbox(&m, rcpt);
	struct key const keys[] = {
		{ m.local, m.domain },		{ m.base, m.domain },
		{ m.local, SLICE("") },		{ m.base, SLICE("") },
		{ SLICE(""), m.domain },	{ SLICE(""), SLICE("*") }
	};
	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		unsigned found = *slot_of(routes, keys[i]);

		if (found && (!first || found < first)) first = found;
	}
	return first ? &routes->row[first - 1] : NULL;
}

/* The row is counted before it is read, so that routes_free finds all. */
static bool
take_row(struct routes *routes, struct rulefile *f)
{
	struct route *row = rulefile_grow(f, routes->row, routes->rows,
	    sizeof *row);

	if (!row) return false;
	routes->row = row;
	return route_parse(&row[routes->rows++], f);
}

bool
routes_parse(struct routes *routes, struct slice text,
    struct parse_error *error)
{
	struct rulefile f;
	int got;

	*routes = (struct routes){ .hash = hash_of(text) };
	rulefile_begin(&f, text, error);
	while ((got = rulefile_line(&f)) == 1)
		if (!take_row(routes, &f)) goto undo;
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
	*routes = (struct routes){ .rows = 0 };
}
