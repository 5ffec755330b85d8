/* SPDX-License-Identifier: ISC */
/* Follows aliases by the routes as read; reads none itself. Each address is
 * looked at once, in the order in which they were met: no file drives it
 * deep. */
#include <stdlib.h>
#include "common/expand.h"
#include "common/handover.h"
#include "common/hash.h"

enum { SLOTS = 4096 };

_Static_assert((int)SLOTS > 2 * (int)EXPAND_NODES_MAX,
    "the search for a slot ends");
_Static_assert((int)EXPAND_NODES_MAX > (int)HANDOVER_TARGETS_MAX,
    "an alias for the most targets can be followed");

/* An address that was met. */
struct expand_node {
	struct addr addr;
	char text[ADDR_TEXT_MAX];
	size_t len;
	size_t first, edges;	/* where its aliases lead to */
	unsigned led;		/* how often others lead here */
};

struct walk {
	struct routes const *routes;
	struct slice groups;
	struct expansion *out;
	unsigned *edge;		/* nodes, those of one together */
	size_t edges;
	unsigned slot[SLOTS];	/* node + 1 by its text */
	struct routes_match match;	/* of the node at hand */
};

/* room - for one more after n; grows by doubling */
static void *
room(void *list, size_t n, size_t size)
{
	if (n & (n - 1)) return list;
	return reallocarray(list, n ? 2 * n : 1, size);
}

/* is_same - in a domain of ours the case of a local part makes no other
 * mailbox; elsewhere it may (RFC 5321 section 2.4) */
static bool
is_same(struct walk const *w, struct expand_node const *a,
    struct expand_node const *b)
{
	size_t i;

	if (a->len != b->len) return false;
	if (!memcmp(a->text, b->text, a->len)) return true;
	for (i = 0; i < a->len; i++)
		if (slice_lower(a->text[i]) != slice_lower(b->text[i]))
			return false;
	return routes_is_ours(w->routes, addr_domain(&a->addr));
}

static unsigned *
slot_of(struct walk *w, struct expand_node const *node)
{
	uint64_t hash = HASH_START;
	size_t i;

	for (i = 0; i < node->len; i++) {
		char c = slice_lower(node->text[i]);

		hash = hash_more(hash, slice_from(&c, 1));
	}
	for (i = hash % SLOTS; w->slot[i]; i = (i + 1) % SLOTS)
		if (is_same(w, &w->out->node[w->slot[i] - 1], node)) break;
	return &w->slot[i];
}

/* meet - the number of the node with this address, new or not */
static enum expand
meet(struct walk *w, struct addr const *addr, unsigned *number)
{
	struct expansion *out = w->out;
	struct expand_node fresh = { .addr = *addr }, *node;
	unsigned *slot;

	fresh.len = addr_format(addr, fresh.text);
	slot = slot_of(w, &fresh);
	if (!*slot) {
		if (out->nodes == EXPAND_NODES_MAX) return EXPAND_LOOP;
		node = room(out->node, out->nodes, sizeof *node);
		if (!node) return EXPAND_NO_MEMORY;
		out->node = node;
		node[out->nodes++] = fresh;
		*slot = (unsigned)out->nodes;
	}
	*number = *slot - 1;
	return EXPAND_TARGETS;
}

static enum expand
lead(struct walk *w, unsigned from, unsigned to)
{
	unsigned *edge;

	if (w->edges == EXPAND_WORDS_MAX) return EXPAND_LOOP;
	edge = room(w->edge, w->edges, sizeof *edge);
	if (!edge) return EXPAND_NO_MEMORY;
	w->edge = edge;
	edge[w->edges++] = to;
	w->out->node[from].edges++;
	w->out->node[to].led++;
	return EXPAND_TARGETS;
}

/* settle_on - a result; its address is only numbered as long as the nodes may
 * move */
static enum expand
settle_on(struct walk *w, unsigned number, uint32_t action)
{
	struct expansion *out = w->out;
	struct expansion_target *target;

	if (out->targets == HANDOVER_TARGETS_MAX) return EXPAND_LOOP;
	target = room(out->target, out->targets, sizeof *target);
	if (!target) return EXPAND_NO_MEMORY;
	out->target = target;
	target[out->targets++] = (struct expansion_target){
		.address = { .len = number }, .action = action };
	return EXPAND_TARGETS;
}

static enum expand
reject(struct expansion *out, unsigned code, char const *status,
    char const *text)
{
	out->code = code;
	out->status = status;
	out->text = text;
	return EXPAND_REJECT;
}

static enum expand
follow_alias(struct walk *w, unsigned number, struct route_act const *act)
{
	enum expand got = EXPAND_TARGETS;
	struct addr addr;
	unsigned to;
	size_t i;

	for (i = 0; i < act->words && got == EXPAND_TARGETS; i++) {
		if (!route_target(&w->match, act->word[i], &addr))
			return reject(w->out, 550, "5.1.3", "an alias of this "
			    "recipient makes no valid address");
		got = meet(w, &addr, &to);
		if (got == EXPAND_TARGETS) got = lead(w, number, to);
	}
	return got;
}

static enum expand
follow_line(struct walk *w, unsigned number)
{
	struct route const *route = w->match.route;
	enum expand got = EXPAND_TARGETS;
	size_t i;

	w->out->node[number].first = w->edges;
	for (i = 0; i < route->acts && got == EXPAND_TARGETS; i++) {
		struct route_act const *act = &route->act[i];

		got = act->kind == ROUTE_ALIAS ? follow_alias(w, number, act)
		    : settle_on(w, number,
		    route->acts > 1 ? (uint32_t)i + 1 : 0);
	}
	return got;
}

/* look_at - the first node, the recipient, decides whether there is anything
 * to expand at all */
static enum expand
look_at(struct walk *w, unsigned number)
{
	struct addr const addr = w->out->node[number].addr;
	struct route const *route;
	struct route_act const *act;

	switch (routes_find(w->routes, &addr, w->groups, &w->match)) {
	case ROUTES_LIMIT: return EXPAND_LIMIT;
	case ROUTES_NONE:
		return number ? settle_on(w, number, 0) : EXPAND_NONE;
	case ROUTES_LINE: break;
	}
	route = w->match.route;
	act = route->act;
	if (number || route->acts > 1 || act->kind == ROUTE_ALIAS)
		return follow_line(w, number);
	return act->kind != ROUTE_REJECT ? EXPAND_FINAL :
	    reject(w->out, act->code, act->status, act->text);
}

/* has_loop - take away nodes that no other leads to, until none is left, or
 * each of the rest has one before it */
static enum expand
has_loop(struct walk *w, bool *loop)
{
	struct expansion *out = w->out;
	unsigned *ready = calloc(out->nodes, sizeof *ready);
	size_t done = 0, n = 0, i;

	if (!ready) return EXPAND_NO_MEMORY;
	if (!out->node[0].led) ready[n++] = 0; /* all others are led to */
	for (; done < n; done++) {
		struct expand_node const *node = &out->node[ready[done]];

		for (i = 0; i < node->edges; i++) {
			unsigned to = w->edge[node->first + i];

			if (!--out->node[to].led) ready[n++] = to;
		}
	}
	free(ready);
	*loop = n < out->nodes;
	return EXPAND_TARGETS;
}

static enum expand
walk(struct walk *w, struct addr const *rcpt)
{
	enum expand got;
	bool loop = false;
	unsigned number;

	got = meet(w, rcpt, &number);
	for (; got == EXPAND_TARGETS && number < w->out->nodes; number++)
		got = look_at(w, number);
	if (got == EXPAND_TARGETS) got = has_loop(w, &loop);
	return loop ? EXPAND_LOOP : got;
}

enum expand
expand(struct routes const *routes, struct addr const *rcpt,
    struct slice groups, struct expansion *out)
{
	struct walk w = { .routes = routes, .groups = groups, .out = out };
	enum expand got;
	size_t i;

	*out = (struct expansion){ .targets = 0 };
	got = walk(&w, rcpt);
	free(w.edge);
	if (got != EXPAND_TARGETS) out->targets = 0;
	for (i = 0; i < out->targets; i++) {
		struct slice *address = &out->target[i].address;
		struct expand_node const *node = &out->node[address->len];

		*address = slice_from(node->text, node->len);
	}
	return got;
}

void
expansion_free(struct expansion *e)
{
	free(e->target);
	free(e->node);
	*e = (struct expansion){ .targets = 0 };
}
