/* SPDX-License-Identifier: ISC */
/* Asks routing.c, which decides live, and prints its answers. */
#include <stdio.h>
#include "send/explain.h"
#include "send/routing.h"

static char const *
value_of(char const *fact, char const *name)
{
	size_t n = strlen(name);

	return !strncmp(fact, name, n) && fact[n] == '=' ? fact + n + 1 : NULL;
}

static void
explain_destination(struct destination const *to, char const *action)
{
	if (to->channel == CHANNEL_LOCAL) {
		printf("  %s: local delivers it\n", action);
		return;
	}
	printf("  %s: remote sends it to %s", action, to->host);
	if (to->port) printf(" port %u", to->port);
	printf("\n");
}

static void
explain_way(enum sched_way way, struct sched_route const *r,
    size_t targets)
{
	int status = (int)r->status.len, words = (int)r->words.len;

	switch (way) {
	case WAY_THERE:
		explain_destination(&r->to, r->action);
		break;
	case WAY_DONE:
		printf("  %s: nothing remains to be done\n", r->action);
		break;
	case WAY_TARGETS:
		printf("  expands to %zu\n", targets);
		break;
	case WAY_NONE:
		printf("  waits for a route, then fails: 5.4.4\n");
		break;
	case WAY_LATER:
		printf("  waits: %.*s %.*s\n", status, r->status.s, words,
		    r->words.s);
		break;
	case WAY_NEVER:
		printf("  fails: %.*s %.*s\n", status, r->status.s, words,
		    r->words.s);
		break;
	case WAY_SHORT:
		printf("  waits: out of memory\n");
		break;
	}
}

/* An expansion is of final addresses: none of those expands again. */
static void
explain_rcpt(struct routes const *routes, struct slice address,
    struct slice groups, uint32_t action, bool last)
{
	struct sched_route r;
	struct expansion e;
	enum sched_way way = routing_find(routes, address, groups, action, &r,
	    &e);
	size_t i;

	printf("rcpt %.*s", (int)address.len, address.s);
	if (action) printf(", action %u", (unsigned)action);
	printf("\n");
	if (r.line)
		printf("  line %u of the routes takes it\n", r.line);
	else if (way == WAY_NONE)
		printf("  no line of the routes takes it\n");
	explain_way(way, &r, e.targets);
	for (i = 0; i < e.targets && !last; i++)
		explain_rcpt(routes, e.target[i].address, groups,
		    e.target[i].action, true);
	expansion_free(&e);
}

/* false: too many, or a name that can't be one */
static bool
add_group(char *groups, size_t *len, char const *name)
{
	struct slice group = slice_of(name);

	if (!route_group_valid(group) ||
	    group.len + 1 > SUBMIT_GROUPS_MAX - *len)
		return false;
	if (*len) groups[(*len)++] = ' ';
	memcpy(groups + *len, group.s, group.len);
	*len += group.len;
	return true;
}

char const *
explain_facts(struct routes const *routes, char *const *facts)
{
	char groups[SUBMIT_GROUPS_MAX];
	size_t i, len = 0;
	struct addr addr;

	for (i = 0; facts[i]; i++) {
		char const *rcpt = value_of(facts[i], "rcpt");
		char const *group = value_of(facts[i], "group");

		if (group ? !add_group(groups, &len, group) :
		    !rcpt || !addr_parse(&addr, slice_of(rcpt)))
			return facts[i];
	}
	for (i = 0; facts[i]; i++) {
		char const *rcpt = value_of(facts[i], "rcpt");

		if (rcpt)
			explain_rcpt(routes, slice_of(rcpt),
			    slice_from(groups, len), 0, false);
	}
	return NULL;
}
