/* SPDX-License-Identifier: ISC */
/* Decides about recipients by the files as read; reads none itself. */
#include "smtpd/policy.h"

/* A recipient without a line in a domain that has some is a mistake of the
 * sender's, not an attempt to relay. */
static enum reply
unknown(struct routes const *routes, struct addr const *rcpt)
{
	return routes_is_ours(routes, addr_domain(rcpt)) ? REPLY_NO_SUCH_USER
							 : REPLY_NO_RELAYING;
}

/* A name that local would refuse is refused while the sender listens. */
static bool
is_safe(struct routes_match const *found, struct route_act const *act)
{
	char out[ROUTE_PATH_MAX];
	size_t i;

	switch (act->kind) {
	case ROUTE_MAILDIR:
	case ROUTE_MBOX:
		return route_expand(found, act->word[0], out);
	case ROUTE_SYSTEM:
		return route_expand(found, act->user ? act->user : "${local}",
		    out);
	case ROUTE_COMMAND:
		for (i = 1; i < act->words; i++)
			if (!route_expand_argument(found, act->word[i], out))
				return false;
		return true;
	default:
		return true;
	}
}

static bool
are_safe(struct routes_match const *found)
{
	size_t i;

	for (i = 0; i < found->route->acts; i++)
		if (!is_safe(found, &found->route->act[i])) return false;
	return true;
}

/* follow - where aliases lead */
static void
follow(struct routes const *routes, struct slice groups,
    struct addr const *rcpt, struct policy_answer *a)
{
	static enum reply const replies[] = {
		[EXPAND_NONE] = REPLY_NO_SUCH_USER,
		[EXPAND_FINAL] = REPLY_RCPT_OK,
		[EXPAND_TARGETS] = REPLY_RCPT_OK,
		[EXPAND_LOOP] = REPLY_LOOP,
		[EXPAND_REJECT] = REPLY_NONE,
		[EXPAND_LIMIT] = REPLY_RULE_LIMIT,
		[EXPAND_NO_MEMORY] = REPLY_NO_SPACE
	};
	struct expansion e;

	a->reply = replies[expand(routes, rcpt, groups, &e)];
	a->code = e.code;
	a->status = e.status;
	a->text = e.text;
	expansion_free(&e);
}

/* is_final - there is nothing to follow, as in most lines */
static bool
is_final(struct route const *route)
{
	return route->acts == 1 && route->act->kind != ROUTE_ALIAS &&
	    route->act->kind != ROUTE_REJECT;
}

struct policy_answer
policy_rcpt(struct routes const *routes, struct slice groups, bool relay,
    struct addr const *rcpt)
{
	struct policy_answer a = { .reply = REPLY_RULE_LIMIT };
	struct routes_match found;

	switch (routes_find(routes, rcpt, groups, &found)) {
	case ROUTES_LIMIT:
		return a;
	case ROUTES_NONE:
		a.reply = unknown(routes, rcpt);
		return a;
	case ROUTES_LINE:
		break;
	}
	a.line = found.route->line;
	if (!relay && route_is_foreign(found.route))
		a.reply = unknown(routes, rcpt);
	else if (!are_safe(&found))
		a.reply = REPLY_UNSAFE_MAILBOX;
	else if (is_final(found.route))
		a.reply = REPLY_RCPT_OK;
	else
		follow(routes, groups, rcpt, &a);
	return a;
}
