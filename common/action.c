/* SPDX-License-Identifier: ISC */
/* Reads the actions of a routes line, word by word; carries none out. */
#include <stdlib.h>
#include "common/actionpart.h"
#include "common/variable.h"

bool
action_wrong(struct action_reading *r, char const *why)
{
	return rulefile_wrong(r->f, why);
}

int
action_next(struct action_reading *r)
{
	int got = r->ended ? 0 : rulefile_word(r->f);

	r->comma = r->comma || (got == 1 && r->f->comma);
	r->ended = r->ended || got != 1 || r->comma;
	return r->ended && got == 1 ? 0 : got;
}

bool
action_want(struct action_reading *r, char const *missing)
{
	int got = action_next(r);

	return got ? got == 1 : action_wrong(r, missing);
}

bool
action_end(struct action_reading *r)
{
	int got = action_next(r);

	if (got == 1) action_wrong(r, "nothing may follow here");
	return !got;
}

bool
action_keep(struct action_reading *r, char **copy, char const *text)
{
	free(*copy);
	*copy = strdup(text);
	return *copy || action_wrong(r, "out of memory");
}

bool
action_variables(struct action_reading *r)
{
	char const *why = variable_fault(r->f->word, r->match);

	return !why || action_wrong(r, why);
}

bool
action_no_variables(struct action_reading *r)
{
	return !strchr(r->f->word, '$') || action_wrong(r, "no variables here");
}

bool
action_keep_word(struct action_reading *r)
{
	struct route_act *act = r->act;
	char **list;

	if (act->words == ACTION_WORDS_MAX)
		return action_wrong(r, "too many words");
	list = rulefile_grow(r->f, act->word, act->words, sizeof *list);
	if (!list) return false;
	act->word = list;
	list[act->words] = NULL;
	if (!action_keep(r, &list[act->words], r->f->word)) return false;
	act->words++;
	return true;
}

bool
action_path(struct action_reading *r, char const *nameless,
    char const *absolute)
{
	char const *part;

	if (!r->f->len) return action_wrong(r, nameless);
	if (absolute && r->f->word[0] == '/') return action_wrong(r, absolute);
	for (part = r->f->word; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (!strncmp(part, "..", 2) && (!part[2] || part[2] == '/'))
			return action_wrong(r, "no \"..\" in a path");
	}
	return action_variables(r) && action_keep_word(r);
}

char const *
action_value(struct action_reading *r, char const *name)
{
	size_t len = strlen(name);

	return strncmp(r->f->word, name, len) || r->f->word[len] != '='
	    ? NULL : r->f->word + len + 1;
}

/* seal - a NULL after the last word, as exec wants it */
static bool
seal(struct action_reading *r)
{
	struct route_act *act = r->act;
	char **list;

	if (!act->words) return true;
	list = rulefile_grow(r->f, act->word, act->words, sizeof *list);
	if (!list) return false;
	act->word = list;
	list[act->words] = NULL;
	return true;
}

static struct {
	char const *name;
	bool (*take)(struct action_reading *r);
} const actions[] = {
	[ROUTE_MAILDIR] = { "maildir", action_maildir },
	[ROUTE_MBOX] =	  { "mbox",    action_mbox },
	[ROUTE_COMMAND] = { "command", action_command },
	[ROUTE_SYSTEM] =  { "system",  action_system },
	[ROUTE_LMTP] =	  { "lmtp",    action_lmtp },
	[ROUTE_ALIAS] =	  { "alias",   action_alias },
	[ROUTE_RELAY] =	  { "relay",   action_relay },
	[ROUTE_MX] =	  { "mx",      action_policies },
	[ROUTE_REJECT] =  { "reject",  action_reject },
	[ROUTE_DISCARD] = { "discard", action_end }
};

bool
action_parse(struct route_act *act, struct rulefile *f,
    struct match const *match, bool *more)
{
	struct action_reading r = { .act = act, .f = f, .match = match };
	size_t i;

	*act = (struct route_act){ .kind = ROUTE_DISCARD };
	if (!action_want(&r, "an action is missing")) return false;
	for (i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(f->word, actions[i].name)) continue;
		act->kind = (enum route_action)i;
		if (!actions[i].take(&r) || !seal(&r)) return false;
		*more = r.comma;
		return true;
	}
	return action_wrong(&r, "there is no such action");
}

void
action_free(struct route_act *act)
{
	size_t i;

	for (i = 0; i < act->words; i++)
		free(act->word[i]);
	free(act->word);
	free(act->user);
	free(act->host);
	free(act->status);
	free(act->text);
}

char const *
action_name(enum route_action kind)
{
	return actions[kind].name;
}

bool
action_is_local(enum route_action kind)
{
	return kind == ROUTE_MAILDIR || kind == ROUTE_MBOX ||
	    kind == ROUTE_COMMAND || kind == ROUTE_SYSTEM ||
	    kind == ROUTE_DISCARD;
}

bool
action_is_remote(enum route_action kind)
{
	return kind == ROUTE_LMTP || kind == ROUTE_RELAY || kind == ROUTE_MX;
}
