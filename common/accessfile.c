/* SPDX-License-Identifier: ISC */
/* Reads the access file, line by line; never decides by it. */
#include <stdio.h>
#include <stdlib.h>
#include "common/accessline.h"
#include "common/hash.h"

/* question_of - lines with the same answer compete, and the first decides */
static unsigned
question_of(struct access_rule const *rule)
{
	if (rule->kind == RULE_LIMIT)
		return RULE_PROXY + 1 + (unsigned)rule->what;
	return rule->kind == RULE_ACCEPT ? RULE_REFUSE : rule->kind;
}

/* after_everybody - the line can't decide anything any more */
static void
after_everybody(struct accessline *l, unsigned line[])
{
	unsigned question = question_of(l->rule);
	char why[64];

	if (line[question] && l->rule->kind != RULE_GROUP) {
		snprintf(why, sizeof why, "decides nothing: line %u names "
		    "everybody", line[question]);
		rulefile_warn(&l->access->warnings, l->f->line, 0,
		    accessline_kind(l->rule->kind), why);
	}
	if (l->everybody && !line[question]) line[question] = l->f->line;
}

static bool
take_rule(struct access *access, struct rulefile *f, unsigned everybody[])
{
	struct accessline l = { .access = access, .f = f,
		.n = (unsigned)access->rules };

	l.rule = rulefile_grow(f, access->rule, access->rules, sizeof *l.rule);
	if (!l.rule) return false;
	access->rule = l.rule;
	l.rule += access->rules++;
	*l.rule = (struct access_rule){ .line = f->line };
	if (!accessline_take(&l)) return false;
	after_everybody(&l, everybody);
	return true;
}

bool
access_parse(struct access *access, struct slice text,
    struct parse_error *error)
{
	unsigned everybody[RULE_PROXY + 1 + ACCESS_LIMITS] = { 0 };
	struct rulefile f;
	int got;

	*access = (struct access){ .hash = hash_of(text) };
	rulefile_begin(&f, text, error);
	f.patterns = true;
	while ((got = rulefile_line(&f)) == 1)
		if (!take_rule(access, &f, everybody)) goto undo;
	if (got) goto undo;
	if (who_index(&access->who)) return true;
	rulefile_wrong(&f, "out of memory");
undo:
	access_free(access);
	return false;
}

void
access_free(struct access *access)
{
	size_t i;

	for (i = 0; i < access->rules; i++) {
		struct access_rule *rule = &access->rule[i];

		free(rule->name);
		free(rule->status);
		free(rule->text);
		free(rule->sender);
	}
	free(access->rule);
	who_free(&access->who);
	warnings_free(&access->warnings);
	*access = (struct access){ .rules = 0 };
}
