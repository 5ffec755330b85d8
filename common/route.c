/* SPDX-License-Identifier: ISC */
/* Reads one line of the routes file and expands its argument; never compares
 * it with other lines. */
#include <stdlib.h>
#include "common/netaddr.h"
#include "common/route.h"

_Static_assert((int)RULEFILE_WORD_MAX < (int)ROUTE_PATH_MAX,
    "an argument without variables always fits");

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
	return !strcmp(route->pattern, "*");
}

/* The variables an argument may hold. */
static struct variable {
	char const *text;
	size_t offset;		/* of its value in struct route_mailbox */
} const variables[] = {
	{ "${local}",	offsetof(struct route_mailbox, base) },
	{ "${domain}",	offsetof(struct route_mailbox, domain) },
	{ "${ext}",	offsetof(struct route_mailbox, ext) }
};

/* variable_at - the one that text begins with, or NULL */
static struct variable const *
variable_at(char const *text)
{
	size_t i;

	for (i = 0; i < sizeof variables / sizeof *variables; i++) {
		char const *v = variables[i].text;

		if (!strncmp(text, v, strlen(v))) return &variables[i];
	}
	return NULL;
}

static bool
is_safe_name(struct slice value)
{
	size_t i;

	if (!value.len || value.s[0] == '.') return false;
	for (i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.s[i];

		if (c < ' ' || c == 127 || c == '/') return false;
	}
	return true;
}

bool
route_expand(struct route const *route, struct addr const *rcpt, char *out)
{
	char const *in = route->argument;
	struct route_mailbox m;
	size_t n = 0;

	route_mailbox(&m, rcpt);
	while (*in) {
		struct variable const *v = variable_at(in);
		struct slice piece = slice_from(in, 1);

		if (v) {
			piece = *(struct slice const *)((char const *)&m +
			    v->offset);
			if (!is_safe_name(piece)) return false;
		}
		if (piece.len >= ROUTE_PATH_MAX - n) return false;
		memcpy(out + n, piece.s, piece.len);
		n += piece.len;
		in += v ? strlen(v->text) : 1;
	}
	out[n] = '\0';
	return true;
}

/* keep - a copy of the word; the caller frees it */
static bool
keep(struct rulefile *f, char **copy, char const *word)
{
	*copy = strdup(word);
	return *copy || rulefile_wrong(f, "out of memory");
}

/* is_local - without its quotes. One with "@" in it can't be written here:
 * that is a slip far more often than a mailbox. */
static bool
is_local(struct slice local)
{
	size_t i;

	if (local.len > ADDR_LOCAL_MAX) return false;
	for (i = 0; i < local.len; i++)
		if (local.s[i] < ' ' || local.s[i] > '~' || local.s[i] == '@')
			return false;
	return true;
}

/* "/" begins what will be a regular expression, and whoever writes *@domain
 * means all of it, not a mailbox of that name. */
static bool
take_pattern(struct route *row, struct rulefile *f)
{
	struct slice word = slice_from(f->word, f->len);
	char const *at = strrchr(f->word, '@');
	struct slice local = slice_from(word.s, at ? (size_t)(at - word.s) : 0);
	struct slice domain = at ? slice_skip(word, local.len + 1) : word;

	if (!slice_is(word, "*")) {
		if (word.len && *word.s == '/')
			return rulefile_wrong(f, "no left side may begin so");
		if (slice_is(local, "*"))
			return rulefile_wrong(f, "all of a domain is @domain");
		if (local.len && !is_local(local))
			return rulefile_wrong(f, "this is no local part");
		if (!(at && local.len && !domain.len) &&
		    !addr_domain_valid(domain))
			return rulefile_wrong(f, "this is no domain");
	}
	row->at = at ? local.len : word.len;
	if (!keep(f, &row->pattern, f->word)) return false;
	lower(row->pattern, word);
	return true;
}

static bool
take_maildir(struct route *row, struct rulefile *f)
{
	char const *part, *dollar = f->word;

	if (!f->len) return rulefile_wrong(f, "a directory has a name");
	if (f->word[0] == '/')
		return rulefile_wrong(f, "a directory lies below the mailbox "
					 "root: no \"/\" first");
	for (part = f->word; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (!strncmp(part, "..", 2) && (!part[2] || part[2] == '/'))
			return rulefile_wrong(f, "no \"..\" in a directory");
	}
	for (; (dollar = strchr(dollar, '$')); dollar++)
		if (!variable_at(dollar))
			return rulefile_wrong(f, "after \"$\" only {local}, "
						 "{domain} or {ext}");
	return keep(f, &row->argument, f->word);
}

static bool
take_relay(struct route *row, struct rulefile *f)
{
	struct netaddr to;
	char const *why;

	if (!netaddr_parse(&to, slice_from(f->word, f->len), &why))
		return rulefile_wrong(f, why);
	row->port = to.port;
	return keep(f, &row->argument, to.host);
}

static struct {
	char const *name;
	enum route_action action;
	char const *missing;
	bool (*take)(struct route *row, struct rulefile *f);
} const actions[] = {
	{ "maildir", ROUTE_MAILDIR, "a directory is missing", take_maildir },
	{ "relay",   ROUTE_RELAY,   "a host is missing",      take_relay }
};

static bool
take_action(struct route *row, struct rulefile *f)
{
	size_t i;

	if (!rulefile_want(f, "an action is missing")) return false;
	for (i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(f->word, actions[i].name)) continue;
		row->action = actions[i].action;
		return rulefile_want(f, actions[i].missing) &&
		    actions[i].take(row, f);
	}
	return rulefile_wrong(f, "there is no such action");
}

bool
route_parse(struct route *route, struct rulefile *f)
{
	*route = (struct route){ .line = f->line };
	return take_pattern(route, f) && take_action(route, f) &&
	    rulefile_end(f);
}

void
route_free(struct route *route)
{
	free(route->pattern);
	free(route->argument);
}
