/* SPDX-License-Identifier: ISC */
/* Reads one line of the access file; never decides by it. */
#include <stdio.h>
#include <stdlib.h>
#include "common/accessline.h"
#include "common/route.h"
#include "common/target.h"

_Static_assert((int)ACCESS_NAME_MAX == (int)ROUTE_GROUP_MAX,
    "routes can name every group");

static char const *const limits[ACCESS_LIMITS] = {
	[ACCESS_CONNECTIONS] = "connections", [ACCESS_RATE] = "rate",
	[ACCESS_MESSAGES] = "messages", [ACCESS_RECIPIENTS] = "recipients"
};

char const *
access_limit_name(enum access_limit limit)
{
	return limits[limit];
}

/* limit_named - its number, or how many there are */
static size_t
limit_named(char const *name)
{
	size_t i;

	for (i = 0; i < ACCESS_LIMITS; i++)
		if (!strcmp(name, limits[i])) break;
	return i;
}

static bool
keep(struct rulefile *f, char **copy)
{
	*copy = strdup(f->word);
	return *copy || rulefile_wrong(f, "out of memory");
}

static bool
is_number(char const *word)
{
	return *word && strspn(word, "0123456789") == strlen(word);
}

/* Words that mean something else where a group may stand. */
static bool
is_reserved(char const *name)
{
	return !strcmp(name, "login") || !strcmp(name, "dnsbl") ||
	    is_number(name) || limit_named(name) < ACCESS_LIMITS;
}

/* group_named - the number of its rule + 1, or 0. Groups are few. */
static unsigned
group_named(struct access const *access, char const *name)
{
	size_t i;

	for (i = 0; i < access->groups; i++) {
		unsigned n = access->group[i];

		if (!strcmp(access->rule[n].name, name)) return n + 1;
	}
	return 0;
}

bool
access_has_group(struct access const *access, char const *name)
{
	return group_named(access, name);
}

/* names_len - of all names with one space between */
static size_t
names_len(struct access const *access)
{
	size_t i, len = 0;

	for (i = 0; i < access->groups; i++)
		len += strlen(access->rule[access->group[i]].name) + !!i;
	return len;
}

static bool
wrong(struct accessline *r, char const *why)
{
	return rulefile_wrong(r->f, why);
}

static void
warn(struct accessline *r, char const *why)
{
	rulefile_warn(&r->access->warnings, r->f->line, r->f->column,
	    r->f->word, why);
}

static bool
take_who(struct accessline *r)
{
	unsigned group = r->f->pattern ? 0 :
	    group_named(r->access, r->f->word);
	size_t len = r->f->len;

	if (group) return who_add_group(&r->access->who, r->f, r->n, group - 1);
	if (!strcmp(r->f->word, "*")) r->everybody = true;
	if (r->f->pattern && (!len || r->f->word[len - 1] != '$'))
		warn(r, "is searched for anywhere in a host name: end it with "
			"\"$\"");
	return who_add(&r->access->who, r->f, r->n, "neither a group named "
	    "above, nor an address, a host or login");
}

/* take_whos - one and all that follow on the line */
static bool
take_whos(struct accessline *r, bool (*take)(struct accessline *r))
{
	int got;

	if (!rulefile_want(r->f, "whom it is about is missing")) return false;
	do {
		if (!take(r)) return false;
	} while ((got = rulefile_word(r->f)) == 1);
	return !got;
}

static bool
take_group(struct accessline *r)
{
	struct access *access = r->access;

	if (!rulefile_want(r->f, "a name is missing")) return false;
	if (r->f->pattern || is_reserved(r->f->word) ||
	    !route_group_valid(slice_from(r->f->word, r->f->len)))
		return wrong(r, "a group can't have this name");
	if (group_named(access, r->f->word))
		return wrong(r, "there is such a group already");
	if (!keep(r->f, &r->rule->name)) return false;
	if (access->groups == ACCESS_GROUPS_MAX)
		return wrong(r, "too many groups");
	if (names_len(access) + !!access->groups + r->f->len >
	    ACCESS_NAMES_MAX)
		return wrong(r, "too many names");
	if (!take_whos(r, take_who)) return false;
	access->group[access->groups++] = r->n; /* none is in itself */
	return true;
}

static bool
take_relay(struct accessline *r)
{
	if (!take_whos(r, take_who)) return false;
	if (r->everybody)
		warn(r, "everybody may send anywhere: an open relay");
	return true;
}

static bool
take_accept(struct accessline *r)
{
	return take_whos(r, take_who);
}

static bool
take_zone(struct accessline *r)
{
	struct access *access = r->access;
	struct slice zone;

	if (!rulefile_want(r->f, "a zone is missing")) return false;
	zone = slice_from(r->f->word, r->f->len);
	if (r->f->pattern || slice_find(zone, '.') == zone.len ||
	    !netaddr_name(zone))
		return wrong(r, "this is no domain");
	if (access->zones == ACCESS_ZONES_MAX)
		return wrong(r, "too many zones");
	if (!keep(r->f, &r->rule->name)) return false;
	access->zone[access->zones++] = r->n;
	return rulefile_want(r->f, "a code is missing");
}

/* take_refusal - CODE STATUS "text", where the word is the first */
static bool
take_refusal(struct accessline *r)
{
	struct access_rule *rule = r->rule;

	return rulefile_code(r->f, &rule->code) &&
	    rulefile_want(r->f, "a status like 5.7.1 is missing") &&
	    rulefile_status(r->f, rule->code) &&
	    keep(r->f, &rule->status) &&
	    rulefile_want(r->f, "a text is missing") &&
	    rulefile_text(r->f, ACCESS_TEXT_MAX) &&
	    keep(r->f, &rule->text) && rulefile_end(r->f);
}

static bool
take_refuse(struct accessline *r)
{
	if (!rulefile_want(r->f, "whom it is about is missing")) return false;
	if (!r->f->pattern && !strcmp(r->f->word, "dnsbl")) {
		if (!take_zone(r)) return false;
		return take_refusal(r);
	}
	do {
		if (!take_who(r) || !rulefile_want(r->f, "a code is missing"))
			return false;
	} while (r->f->pattern || !is_number(r->f->word));
	return take_refusal(r);
}

static bool
take_limit(struct accessline *r)
{
	unsigned long long number;
	size_t what;

	if (!rulefile_want(r->f, "whom it is about is missing")) return false;
	do {
		if (!take_who(r) ||
		    !rulefile_want(r->f, "what it limits is missing"))
			return false;
		what = r->f->pattern ? ACCESS_LIMITS :
		    limit_named(r->f->word);
	} while (what == ACCESS_LIMITS);
	r->rule->what = (enum access_limit)what;
	if (!rulefile_want(r->f, "a number is missing")) return false;
	r->rule->number = ACCESS_NO_LIMIT;
	if (strcmp(r->f->word, "none")) {
		if (!slice_number(slice_from(r->f->word, r->f->len),
		    UINT32_MAX, &number) || !number)
			return wrong(r, "a limit is a number from 1 on, or "
					"none");
		r->rule->number = number;
	}
	return rulefile_end(r->f);
}

static bool
take_sender(struct accessline *r)
{
	struct access_rule *rule = r->rule;
	struct slice word = slice_from(r->f->word, r->f->len);
	struct addr *a;
	size_t i;

	if (rule->senders == ACCESS_SENDERS_MAX)
		return wrong(r, "too many senders");
	a = rulefile_grow(r->f, rule->sender, rule->senders, sizeof *a);
	if (!a) return false;
	rule->sender = a;
	a += rule->senders++;
	if (r->f->pattern || !(*r->f->word == '@'
	    ? target_domain_parse(a, slice_skip(word, 1))
	    : target_parse(a, word)))
		return wrong(r, "neither an address nor @ and a domain");
	for (i = 0; i < a->local_len; i++)
		a->local[i] = slice_lower(a->local[i]);
	return true;
}

static bool
take_senders(struct accessline *r)
{
	if (!rulefile_want(r->f, "a login is missing")) return false;
	r->everybody = !r->f->pattern && !strcmp(r->f->word, "*");
	return who_add_login(&r->access->who, r->f, r->n) &&
	    take_whos(r, take_sender);
}

static bool
take_network(struct accessline *r)
{
	return who_add_network(&r->access->who, r->f, r->n);
}

static bool
take_trusted(struct accessline *r)
{
	return take_whos(r, take_network);
}

static struct {
	char const *name;
	bool (*take)(struct accessline *r);
} const kinds[] = {
	[RULE_GROUP] =   { "group",   take_group },
	[RULE_RELAY] =   { "relay",   take_relay },
	[RULE_REFUSE] =  { "refuse",  take_refuse },
	[RULE_ACCEPT] =  { "accept",  take_accept },
	[RULE_LIMIT] =   { "limit",   take_limit },
	[RULE_SENDERS] = { "senders", take_senders },
	[RULE_XCLIENT] = { "xclient", take_trusted },
	[RULE_PROXY] =   { "proxy",   take_trusted }
};

char const *
accessline_kind(enum accessrule_kind kind)
{
	return kinds[kind].name;
}

bool
accessline_take(struct accessline *l)
{
	struct rulefile *f = l->f;
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (f->pattern || strcmp(f->word, kinds[i].name)) continue;
		l->rule->kind = (enum accessrule_kind)i;
		return kinds[i].take(l);
	}
	return wrong(l, "there is no such rule");
}
