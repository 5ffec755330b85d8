/* SPDX-License-Identifier: ISC */
/* Tells what a client may do, by the access file as read; never asks DNS. */
#include "common/accessrule.h"
#include "common/route.h"

/* What is found on the way: the first line for each question. */
struct finding {
	struct access const *access;
	struct access_decision *decision;
	struct access_rule const *admission;	/* accept or refuse */
	bool in[ACCESS_GROUPS_MAX];
	unsigned next[ACCESS_GROUPS_MAX];	/* groups to follow */
	size_t n;
};

static void
found_group(struct finding *f, unsigned n)
{
	size_t i = 0;

	while (f->access->group[i] != n)
		i++;
	if (f->in[i]) return;
	f->in[i] = true;
	f->next[f->n++] = n;
}

static void
first(unsigned *line, struct access_rule const *rule)
{
	if (!*line || rule->line < *line) *line = rule->line;
}

static void
found(void *owner, unsigned n)
{
	struct finding *f = owner;
	struct access_decision *d = f->decision;
	struct access_rule const *rule = &f->access->rule[n];

	switch (rule->kind) {
	case RULE_GROUP:
		found_group(f, n);
		return;
	case RULE_RELAY:
		d->relay = true;
		first(&d->relay_line, rule);
		return;
	case RULE_LIMIT:
		first(&d->limit_line[rule->what], rule);
		if (d->limit_line[rule->what] == rule->line)
			d->limit[rule->what] = rule->number;
		return;
	case RULE_XCLIENT:
		d->xclient = true;
		return;
	case RULE_PROXY:
		d->proxy = true;
		return;
	case RULE_REFUSE:
	case RULE_ACCEPT:
		if (!f->admission || rule->line < f->admission->line)
			f->admission = rule;
		return;
	case RULE_SENDERS:
		return;
	}
}

static void
name_groups(struct finding const *f)
{
	char *at = f->decision->groups;
	size_t i, len;

	for (i = 0; i < f->access->groups; i++) {
		char const *name = f->access->rule[f->access->group[i]].name;

		if (!f->in[i]) continue;
		if (at > f->decision->groups) *at++ = ' ';
		len = strlen(name);
		memcpy(at, name, len + 1);
		at += len;
	}
}

static struct access_refusal
refusal_of(struct access_rule const *rule)
{
	return (struct access_refusal){ .line = rule->line,
		.code = rule->code, .status = rule->status,
		.text = rule->text };
}

/* name_zones - the ones whose lines come before the one that decides */
static void
name_zones(struct finding const *f)
{
	struct access_decision *d = f->decision;
	size_t i;

	for (i = 0; i < f->access->zones; i++) {
		struct access_rule const *rule =
		    &f->access->rule[f->access->zone[i]];

		if (f->admission && rule->line > f->admission->line) return;
		d->zone[d->zones++] = (struct access_zone){
			.zone = rule->name, .refusal = refusal_of(rule) };
	}
}

void
access_client(struct access const *access, struct who_client const *client,
    struct access_decision *decision)
{
	struct finding f = { .access = access, .decision = decision };
	size_t i;

	*decision = (struct access_decision){ .verdict = ACCESS_ACCEPT };
	if (!who_find(&access->who, client, found, &f)) {
		*decision = (struct access_decision){
			.verdict = ACCESS_LIMIT };
		return;
	}
	for (i = 0; i < f.n; i++)
		who_find_group(&access->who, f.next[i], found, &f);
	name_groups(&f);
	name_zones(&f);
	if (!f.admission) return;
	decision->refusal = refusal_of(f.admission);
	if (f.admission->kind == RULE_REFUSE) decision->verdict = ACCESS_REFUSE;
}

void
access_listed(struct access_decision *decision, size_t n)
{
	struct access_refusal const *listed = &decision->zone[n].refusal;
	bool earlier = decision->refusal.line &&
	    decision->refusal.line < listed->line;

	if (decision->verdict == ACCESS_LIMIT || earlier) return;
	decision->verdict = ACCESS_REFUSE;
	decision->refusal = *listed;
}

bool
access_wants_name(struct access const *access)
{
	return access->who.names;
}

static bool
is_sender(struct addr const *rule, struct route_mailbox const *m)
{
	struct slice local = addr_local(rule);

	if (!slice_eq(addr_domain(rule), m->domain)) return false;
	return !local.len || slice_eq(local, m->local) ||
	    slice_eq(local, m->base);
}

struct senders {
	struct access const *access;
	struct access_rule const *rule;
};

static void
found_senders(void *owner, unsigned n)
{
	struct senders *senders = owner;
	struct access_rule const *rule = &senders->access->rule[n];

	if (rule->kind != RULE_SENDERS) return;
	if (!senders->rule || rule->line < senders->rule->line)
		senders->rule = rule;
}

bool
access_sender(struct access const *access, struct slice login,
    struct addr const *sender, unsigned *line)
{
	struct who_client const client = { .address = "", .login = login };
	struct senders senders = { .access = access };
	struct route_mailbox m;
	size_t i;

	who_find(&access->who, &client, found_senders, &senders);
	*line = senders.rule ? senders.rule->line : 0;
	if (!senders.rule || !sender) return true;
	route_mailbox(&m, sender);
	for (i = 0; i < senders.rule->senders; i++)
		if (is_sender(&senders.rule->sender[i], &m)) return true;
	return false;
}
