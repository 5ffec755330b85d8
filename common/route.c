/* SPDX-License-Identifier: ISC */
/* Reads one line of the routes file; never compares it with other lines. */
#include <stdio.h>
#include <stdlib.h>
#include "common/route.h"
#include "common/target.h"

static void
lower(char *out, struct slice in)
{
	size_t i;

	for (i = 0; i < in.len; i++)
		out[i] = slice_lower(in.s[i]);
}

void
route_mailbox(struct route_mailbox *m, struct addr const *a)
{
	lower(m->octet, addr_local(a));
	m->local = slice_from(m->octet, a->local_len);
	m->base = slice_from(m->octet, slice_find(m->local, '+'));
	m->ext = slice_skip(m->local, m->base.len + 1);
	m->domain = addr_domain(a);
}

bool
route_is_foreign(struct route const *route)
{
	return route->left == ROUTE_ALL;
}

bool
route_group_valid(struct slice name)
{
	size_t i;

	if (!name.len || name.len > ROUTE_GROUP_MAX) return false;
	for (i = 0; i < name.len; i++) {
		char c = slice_lower(name.s[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			return false;
	}
	return true;
}

/* keep - a copy of the word; the caller frees it */
static bool
keep(struct rulefile *f, char **copy)
{
	*copy = strdup(f->word);
	return *copy || rulefile_wrong(f, "out of memory");
}

static bool
take_expression(struct route *row, struct rulefile *f)
{
	char const *why;
	char text[200];
	size_t at;

	row->left = ROUTE_PATTERN;
	row->at = f->len;
	if (!keep(f, &row->pattern)) return false;
	row->match = match_new(slice_from(f->word, f->len), &why, &at);
	if (row->match) return true;
	snprintf(text, sizeof text, "%s", why);
	f->column += (unsigned)at + 1; /* and the slash */
	return rulefile_wrong(f, text);
}

/* Whoever writes *@domain means all of it, not a mailbox of that name. */
static bool
take_plain(struct route *row, struct rulefile *f)
{
	struct slice word = slice_from(f->word, f->len);
	char const *at = strrchr(f->word, '@');
	struct slice local = slice_from(word.s, at ? (size_t)(at - word.s) : 0);
	struct slice domain = at ? slice_skip(word, local.len + 1) : word;

	row->left = !local.len ? ROUTE_DOMAIN : domain.len ? ROUTE_MAILBOX :
	    ROUTE_LOCAL;
	if (slice_is(word, "*")) {
		row->left = ROUTE_ALL;
		return true;
	}
	if (slice_is(local, "*"))
		return rulefile_wrong(f, "all of a domain is @domain");
	if (local.len && !target_local_valid(local))
		return rulefile_wrong(f, "this is no local part");
	if (!at && word.len > 1 && *word.s == '.' && word.s[1] != '[') {
		row->left = ROUTE_SUBDOMAINS;
		domain = slice_skip(word, 1);
	}
	if (row->left != ROUTE_LOCAL && !target_domain_valid(domain))
		return rulefile_wrong(f, "this is no domain");
	return true;
}

static bool
take_left(struct route *row, struct rulefile *f)
{
	char text[RULEFILE_WORD_MAX + ADDR_DOMAIN_MAX + 1];
	struct slice word = slice_from(f->word, f->len);
	char const *at = strrchr(f->word, '@');
	size_t n = at ? (size_t)(at - f->word) + 1 : 0;
	struct addr a;

	if (f->comma) return rulefile_wrong(f, "this is no domain");
	if (f->pattern) return take_expression(row, f);
	if (!take_plain(row, f)) return false;
	/* the domain as addresses have it */
	lower(text, word);
	if (target_domain_parse(&a, slice_skip(word, n))) {
		memcpy(text + n, a.domain, a.domain_len);
		word.len = n + a.domain_len;
	}
	text[word.len] = '\0';
	row->at = at ? n - 1 : word.len;
	row->pattern = strdup(text);
	return row->pattern || rulefile_wrong(f, "out of memory");
}

static struct route_act *
add_act(struct route *row, struct rulefile *f)
{
	struct route_act *act;

	if (row->acts == ROUTE_ACTS_MAX) {
		rulefile_wrong(f, "too many actions");
		return NULL;
	}
	act = rulefile_grow(f, row->act, row->acts, sizeof *act);
	if (!act) return NULL;
	row->act = act;
	return &act[row->acts++];
}

/* take_from - from GROUP, where the line has it */
static bool
take_from(struct route *row, struct rulefile *f)
{
	struct slice rest = f->rest;

	if (!slice_is(slice_word(&rest), "from")) return true;
	if (!rulefile_want(f, "from is missing") ||
	    !rulefile_want(f, "a group is missing"))
		return false;
	if (!route_group_valid(slice_from(f->word, f->len)))
		return rulefile_wrong(f, "no group can have this name");
	return keep(f, &row->from);
}

/* A refusal is said, or mail thrown away, instead of anything else. */
static bool
stands_alone(enum route_action kind)
{
	return kind == ROUTE_REJECT || kind == ROUTE_DISCARD;
}

static bool
take_actions(struct route *row, struct rulefile *f)
{
	bool more;

	do {
		struct route_act *act = add_act(row, f);

		more = false;
		if (!act || !action_parse(act, f, row->match, &more))
			return false;
		if (stands_alone(act->kind) && (more || row->acts > 1))
			return rulefile_wrong(f, "reject and discard stand "
						 "alone");
	} while (more);
	return true;
}

bool
route_parse(struct route *route, struct rulefile *f)
{
	*route = (struct route){ .line = f->line };
	return take_left(route, f) && take_from(route, f) &&
	    take_actions(route, f);
}

void
route_free(struct route *route)
{
	size_t i;

	for (i = 0; i < route->acts; i++)
		action_free(&route->act[i]);
	free(route->act);
	free(route->from);
	match_free(route->match);
	free(route->pattern);
}
