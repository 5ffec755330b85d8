/* SPDX-License-Identifier: ISC */
/* Looks recipients up; remembers nothing of them. */
#include <string.h>
#include "send/routing.h"

static enum sched_way
say(struct sched_route *out, enum sched_way way, char const *status,
    char const *words)
{
	out->status = slice_of(status);
	out->words = slice_of(words);
	return way;
}

static enum sched_way
later(struct sched_route *out, char const *words)
{
	return say(out, WAY_LATER, "4.3.5", words);
}

static enum sched_way
rejected(struct sched_route *out, unsigned code, char const *status,
    char const *text)
{
	return say(out, code < 500 ? WAY_LATER : WAY_NEVER, status, text);
}

/* Host names and socket paths that don't fit are in no line that would work. */
static enum sched_way
to_host(struct sched_route *out, enum deliver_how how, struct slice host,
    struct route_act const *act)
{
	if (!host.len || host.len >= sizeof out->to.host)
		return later(out, "the routes name no usable host");
	out->to.channel = CHANNEL_REMOTE;
	out->to.how = how;
	memcpy(out->to.host, host.s, host.len);
	out->to.host[host.len] = 0;
	out->to.port = act->port;
	out->to.tls = act->tls;
	out->to.use_login = act->login;
	return WAY_THERE;
}

static enum sched_way
by_action(struct sched_route *out, struct route_act const *act,
    struct addr const *rcpt)
{
	out->action = action_name(act->kind);
	switch (act->kind) {
	case ROUTE_MAILDIR:
	case ROUTE_MBOX:
	case ROUTE_COMMAND:
	case ROUTE_SYSTEM:
		out->to.channel = CHANNEL_LOCAL;
		return WAY_THERE;
	case ROUTE_LMTP:
		return to_host(out, DELIVER_LMTP, slice_of(act->host ?
		    act->host : *act->word), act);
	case ROUTE_RELAY:
		return to_host(out, DELIVER_RELAY, slice_of(act->host), act);
	case ROUTE_MX:
		return to_host(out, DELIVER_MX, addr_domain(rcpt), act);
	case ROUTE_REJECT:
		return rejected(out, act->code, act->status, act->text);
	case ROUTE_DISCARD:
		return say(out, WAY_DONE, "2.0.0", "discarded");
	case ROUTE_ALIAS:
		break;
	}
	return later(out, "the routes have changed");
}

static enum sched_way
by_expansion(struct routes const *routes, struct addr const *rcpt,
    struct slice groups, struct sched_route *out, struct expansion *targets)
{
	switch (expand(routes, rcpt, groups, targets)) {
	case EXPAND_TARGETS:
		out->targets = (uint32_t)targets->targets;
		return WAY_TARGETS;
	case EXPAND_LOOP:
		return say(out, WAY_NEVER, "5.4.6",
		    "an alias leads back to itself, or to too many");
	case EXPAND_REJECT:
		return rejected(out, targets->code, targets->status,
		    targets->text);
	case EXPAND_LIMIT:
		return later(out, "a pattern of the routes hit its limit");
	case EXPAND_NO_MEMORY:
		return WAY_SHORT;
	case EXPAND_NONE:
	case EXPAND_FINAL:
		break;
	}
	return WAY_NONE;
}

enum sched_way
routing_find(struct routes const *routes, struct slice address,
    struct slice groups, uint32_t action, struct sched_route *out,
    struct expansion *targets)
{
	struct routes_match found;
	struct route const *line;
	struct addr rcpt;

	*out = (struct sched_route){ .targets = 0 };
	*targets = (struct expansion){ .targets = 0 };
	if (!addr_parse(&rcpt, address)) return WAY_NONE;
	switch (routes_find(routes, &rcpt, groups, &found)) {
	case ROUTES_NONE:
		return WAY_NONE;
	case ROUTES_LIMIT:
		return later(out, "a pattern of the routes hit its limit");
	case ROUTES_LINE:
		break;
	}
	line = found.route;
	out->line = line->line;
	if (!action && (line->acts > 1 || line->act->kind == ROUTE_ALIAS))
		return by_expansion(routes, &rcpt, groups, out, targets);
	if (action > line->acts) return later(out, "the routes have changed");
	return by_action(out, &line->act[action ? action - 1 : 0], &rcpt);
}

uint8_t
routing_notify(uint8_t notify, size_t targets)
{
	uint8_t rest = notify & (uint8_t)~NOTIFY_SUCCESS;

	if (targets == 1 || notify == rest) return notify;
	return rest ? rest : NOTIFY_NEVER;
}
