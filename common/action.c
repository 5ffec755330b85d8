/* SPDX-License-Identifier: ISC */
/* Reads the actions of a routes line; carries none out. */
#include <stdlib.h>
#include "common/action.h"
#include "common/netaddr.h"
#include "common/target.h"
#include "common/variable.h"

/* An action that is being read. */
struct reading {
	struct route_act *act;
	struct rulefile *f;
	struct match const *match;
	bool comma;	/* was read: this action has ended */
	bool ended;	/* that, or the line has */
};

static bool
wrong(struct reading *r, char const *why)
{
	return rulefile_wrong(r->f, why);
}

/* next - the next word of this action: 1; 0 none; -1 *error says why */
static int
next(struct reading *r)
{
	int got = r->ended ? 0 : rulefile_word(r->f);

	r->comma = r->comma || (got == 1 && r->f->comma);
	r->ended = r->ended || got != 1 || r->comma;
	return r->ended && got == 1 ? 0 : got;
}

static bool
want(struct reading *r, char const *missing)
{
	int got = next(r);

	return got ? got == 1 : wrong(r, missing);
}

/* end - nothing more in this action */
static bool
end(struct reading *r)
{
	int got = next(r);

	if (got == 1) wrong(r, "nothing may follow here");
	return !got;
}

static bool
keep(struct reading *r, char **copy, char const *text)
{
	free(*copy);
	*copy = strdup(text);
	return *copy || wrong(r, "out of memory");
}

static bool
has_good_variables(struct reading *r)
{
	char const *why = variable_fault(r->f->word, r->match);

	return !why || wrong(r, why);
}

/* no_variables - where a sender must have no say */
static bool
no_variables(struct reading *r)
{
	return !strchr(r->f->word, '$') || wrong(r, "no variables here");
}

static bool
keep_word(struct reading *r)
{
	struct route_act *act = r->act;
	char **list;

	if (act->words == ACTION_WORDS_MAX)
		return wrong(r, "too many words");
	list = rulefile_grow(r->f, act->word, act->words, sizeof *list);
	if (!list) return false;
	act->word = list;
	list[act->words] = NULL;
	if (!keep(r, &list[act->words], r->f->word)) return false;
	act->words++;
	return true;
}

/* seal - a NULL after the last word, as exec wants it */
static bool
seal(struct reading *r)
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

/* take_path - of a file or directory below some root */
static bool
take_path(struct reading *r, char const *nameless, char const *absolute)
{
	char const *part;

	if (!r->f->len) return wrong(r, nameless);
	if (absolute && r->f->word[0] == '/') return wrong(r, absolute);
	for (part = r->f->word; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (!strncmp(part, "..", 2) && (!part[2] || part[2] == '/'))
			return wrong(r, "no \"..\" in a path");
	}
	return has_good_variables(r) && keep_word(r);
}

/* value_of - of NAME=VALUE, NULL when the word is something else */
static char const *
value_of(struct reading *r, char const *name)
{
	size_t len = strlen(name);

	return strncmp(r->f->word, name, len) || r->f->word[len] != '='
	    ? NULL : r->f->word + len + 1;
}

static bool
take_quota(struct reading *r)
{
	static char const units[] = "KMGT";
	char const *text = value_of(r, "quota"), *unit;
	struct slice digits = slice_of(text ? text : "");
	unsigned long long n;
	unsigned shift = 0;

	if (!text) return wrong(r, "only quota=SIZE may follow here");
	if (digits.len) {
		unit = strchr(units, digits.s[digits.len - 1]);
		if (unit && *unit) {
			shift = 10 * (unsigned)(unit - units + 1);
			digits.len--;
		}
	}
	if (!slice_number(digits, UINT64_MAX >> shift, &n) || !n)
		return wrong(r, "a quota is a number of octets, with K, M, G "
				"or T");
	r->act->quota = (uint64_t)n << shift;
	return true;
}

static bool
take_maildir(struct reading *r)
{
	int got;

	if (!want(r, "a directory is missing")) return false;
	if (!take_path(r, "a directory has a name", "a directory lies below "
	    "the mailbox root: no \"/\" first"))
		return false;
	got = next(r);
	if (got == 1 && !take_quota(r)) return false;
	return got != -1 && (!got || end(r));
}

static bool
take_mbox(struct reading *r)
{
	if (!want(r, "a file is missing")) return false;
	if (r->f->len && r->f->word[r->f->len - 1] == '/')
		return wrong(r, "a file, not a directory");
	return take_path(r, "a file has a name", "a file lies below the "
	    "mailbox root: no \"/\" first") && end(r);
}

/* take_user - root, by name or number, is refused; so is what is no name */
static bool
take_user(struct reading *r)
{
	static char const octets[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789._-";
	char const *name = r->f->word;

	if (!strcmp(name, "root") || strspn(name, "0") == r->f->len)
		return wrong(r, "nothing is done as root");
	if (*name == '-' || strspn(name, octets) != r->f->len)
		return wrong(r, "this is no user");
	return keep(r, &r->act->user, name);
}

static bool
take_command(struct reading *r)
{
	int got;

	if (!want(r, "a program is missing")) return false;
	if (!strcmp(r->f->word, "as")) {
		if (!want(r, "a user is missing") || !take_user(r) ||
		    !want(r, "a program is missing"))
			return false;
	}
	if (r->f->word[0] != '/')
		return wrong(r, "a program is named from \"/\" on");
	if (!no_variables(r)) return false;
	do {
		if (!has_good_variables(r) || !keep_word(r)) return false;
	} while ((got = next(r)) == 1);
	return !got;
}

static bool
take_system(struct reading *r)
{
	int got = next(r);

	if (got != 1) return !got;
	if (variable_is_in(r->f->word))
		return has_good_variables(r) &&
		    keep(r, &r->act->user, r->f->word) && end(r);
	return take_user(r) && end(r);
}

/* HOST:PORT is a host, all else a socket; ./a:1 is how to name one so */
static bool
take_lmtp(struct reading *r)
{
	struct netaddr to;
	char const *why;

	if (!want(r, "a socket, or HOST:PORT, is missing") ||
	    !no_variables(r))
		return false;
	if (netaddr_parse(&to, slice_from(r->f->word, r->f->len), &why) &&
	    to.port) {
		r->act->port = to.port;
		return keep(r, &r->act->host, to.host) && end(r);
	}
	return take_path(r, "a socket has a name", NULL) && end(r);
}

/* With variables the address is judged once they have their values. */
static bool
take_target(struct reading *r)
{
	char const *at = strrchr(r->f->word, '@');
	struct addr a;

	if (!at || at == r->f->word || !at[1])
		return wrong(r, "an address has a local part, \"@\" and a "
				"domain");
	if (variable_is_in(r->f->word))
		return has_good_variables(r) && keep_word(r);
	return (target_parse(&a, slice_from(r->f->word, r->f->len)) ||
	    wrong(r, "this is no address")) && keep_word(r);
}

static bool
take_alias(struct reading *r)
{
	int got;

	if (!want(r, "an address is missing")) return false;
	do {
		if (!take_target(r)) return false;
	} while ((got = next(r)) == 1);
	return !got;
}

static bool
take_policy(struct reading *r)
{
	static char const *const levels[] = {
		[ROUTE_TLS_UNSAID] = "", [ROUTE_TLS_NONE] = "none",
		[ROUTE_TLS_MAY] = "may", [ROUTE_TLS_MUST] = "must",
		[ROUTE_TLS_VERIFY] = "verify"
	};
	char const *value = value_of(r, "tls");
	size_t i;

	for (i = 1; value && i < sizeof levels / sizeof *levels; i++) {
		if (strcmp(value, levels[i])) continue;
		r->act->tls = (enum route_tls)i;
		return true;
	}
	if (value) return wrong(r, "none, may, must or verify");
	value = value_of(r, "login");
	if (!value || r->act->kind != ROUTE_RELAY)
		return wrong(r, "nothing like this may follow here");
	r->act->login = !strcmp(value, "yes");
	return r->act->login || !strcmp(value, "no") ||
	    wrong(r, "yes or no");
}

static bool
take_policies(struct reading *r)
{
	int got;

	while ((got = next(r)) == 1)
		if (!take_policy(r)) return false;
	return !got;
}

static bool
take_relay(struct reading *r)
{
	struct netaddr to;
	char const *why;

	if (!want(r, "a host is missing")) return false;
	if (!netaddr_parse(&to, slice_from(r->f->word, r->f->len), &why))
		return wrong(r, why);
	r->act->port = to.port;
	return keep(r, &r->act->host, to.host) && take_policies(r);
}

static bool
take_reject(struct reading *r)
{
	struct route_act *act = r->act;

	if (!want(r, "a code is missing") ||
	    !rulefile_code(r->f, &act->code))
		return false;
	if (!want(r, "a status like 5.1.6 is missing") ||
	    !rulefile_status(r->f, act->code) ||
	    !keep(r, &act->status, r->f->word))
		return false;
	return want(r, "a text is missing") &&
	    rulefile_text(r->f, ACTION_TEXT_MAX) &&
	    keep(r, &act->text, r->f->word) && end(r);
}

static struct {
	char const *name;
	bool (*take)(struct reading *r);
} const actions[] = {
	[ROUTE_MAILDIR] = { "maildir", take_maildir },
	[ROUTE_MBOX] =	  { "mbox",    take_mbox },
	[ROUTE_COMMAND] = { "command", take_command },
	[ROUTE_SYSTEM] =  { "system",  take_system },
	[ROUTE_LMTP] =	  { "lmtp",    take_lmtp },
	[ROUTE_ALIAS] =	  { "alias",   take_alias },
	[ROUTE_RELAY] =	  { "relay",   take_relay },
	[ROUTE_MX] =	  { "mx",      take_policies },
	[ROUTE_REJECT] =  { "reject",  take_reject },
	[ROUTE_DISCARD] = { "discard", end }
};

bool
action_parse(struct route_act *act, struct rulefile *f,
    struct match const *match, bool *more)
{
	struct reading r = { .act = act, .f = f, .match = match };
	size_t i;

	*act = (struct route_act){ .kind = ROUTE_DISCARD };
	if (!want(&r, "an action is missing")) return false;
	for (i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(f->word, actions[i].name)) continue;
		act->kind = (enum route_action)i;
		if (!actions[i].take(&r) || !seal(&r)) return false;
		*more = r.comma;
		return true;
	}
	return wrong(&r, "there is no such action");
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
