/* SPDX-License-Identifier: ISC */
/* Reads where mail goes that doesn't stay here, or not as it is: other hosts,
 * other addresses, back. */
#include "common/actionpart.h"
#include "common/netaddr.h"
#include "common/target.h"
#include "common/variable.h"

/* HOST:PORT is a host, all else a socket; ./a:1 is how to name one so */
bool
action_lmtp(struct action_reading *r)
{
	struct netaddr to;
	char const *why;

	if (!action_want(r, "a socket, or HOST:PORT, is missing") ||
	    !action_no_variables(r))
		return false;
	if (netaddr_parse(&to, slice_from(r->f->word, r->f->len), &why) &&
	    to.port) {
		r->act->port = to.port;
		return action_keep(r, &r->act->host, to.host) && action_end(r);
	}
	return action_path(r, "a socket has a name", NULL) && action_end(r);
}

/* With variables the address is judged once they have their values. */
static bool
take_target(struct action_reading *r)
{
	char const *at = strrchr(r->f->word, '@');
	struct addr a;

	if (!at || at == r->f->word || !at[1])
		return action_wrong(r, "an address has a local part, \"@\" "
				       "and a domain");
	if (variable_is_in(r->f->word))
		return action_variables(r) && action_keep_word(r);
	return (target_parse(&a, slice_from(r->f->word, r->f->len)) ||
	    action_wrong(r, "this is no address")) && action_keep_word(r);
}

bool
action_alias(struct action_reading *r)
{
	int got;

	if (!action_want(r, "an address is missing")) return false;
	do {
		if (!take_target(r)) return false;
	} while ((got = action_next(r)) == 1);
	return !got;
}

static bool
take_policy(struct action_reading *r)
{
	static char const *const levels[] = {
		[ROUTE_TLS_UNSAID] = "", [ROUTE_TLS_NONE] = "none",
		[ROUTE_TLS_MAY] = "may", [ROUTE_TLS_MUST] = "must",
		[ROUTE_TLS_VERIFY] = "verify"
	};
	char const *value = action_value(r, "tls");
	size_t i;

	for (i = 1; value && i < sizeof levels / sizeof *levels; i++) {
		if (strcmp(value, levels[i])) continue;
		r->act->tls = (enum route_tls)i;
		return true;
	}
	if (value) return action_wrong(r, "none, may, must or verify");
	value = action_value(r, "login");
	if (!value || r->act->kind != ROUTE_RELAY)
		return action_wrong(r, "nothing like this may follow here");
	r->act->login = !strcmp(value, "yes");
	return r->act->login || !strcmp(value, "no") ||
	    action_wrong(r, "yes or no");
}

bool
action_policies(struct action_reading *r)
{
	int got;

	while ((got = action_next(r)) == 1)
		if (!take_policy(r)) return false;
	return !got;
}

bool
action_relay(struct action_reading *r)
{
	struct netaddr to;
	char const *why;

	if (!action_want(r, "a host is missing")) return false;
	if (!netaddr_parse(&to, slice_from(r->f->word, r->f->len), &why))
		return action_wrong(r, why);
	r->act->port = to.port;
	return action_keep(r, &r->act->host, to.host) && action_policies(r);
}

bool
action_reject(struct action_reading *r)
{
	struct route_act *act = r->act;

	if (!action_want(r, "a code is missing") ||
	    !rulefile_code(r->f, &act->code))
		return false;
	if (!action_want(r, "a status like 5.1.6 is missing") ||
	    !rulefile_status(r->f, act->code) ||
	    !action_keep(r, &act->status, r->f->word))
		return false;
	return action_want(r, "a text is missing") &&
	    rulefile_text(r->f, ACTION_TEXT_MAX) &&
	    action_keep(r, &act->text, r->f->word) && action_end(r);
}
