/* SPDX-License-Identifier: ISC */
/* Asks the routes; delivers nothing. */
#include "local/choose.h"

static bool
put_off(struct delivery_result *why, char const *words)
{
	*why = (struct delivery_result){ .verdict = VERDICT_TEMP,
	    .status = "4.3.5", .words = words, .where = "" };
	return false;
}

struct delivery_result
choose_unsafe(void)
{
	return (struct delivery_result){ .verdict = VERDICT_PERM,
	    .status = "5.1.3", .words = "the address is no safe path name",
	    .where = "" };
}

static bool
find_line(struct choice *c, struct routes const *routes, struct slice groups,
    struct delivery_result *why)
{
	switch (routes_find(routes, &c->mailbox, groups, &c->found)) {
	case ROUTES_NONE:
		return put_off(why, "no line of our routes takes this address");
	case ROUTES_LIMIT:
		return put_off(why, "a pattern of our routes hit its limit");
	case ROUTES_LINE:
		break;
	}
	return true;
}

/* What delivers nowhere has its result already. */
static bool
is_delivery(struct route_act const *act, struct delivery_result *why)
{
	if (act->kind == ROUTE_DISCARD) {
		*why = (struct delivery_result){ .verdict = VERDICT_OK,
		    .status = "2.0.0", .words = "", .where = "discard" };
		return false;
	}
	if (act->kind == ROUTE_REJECT) {
		*why = (struct delivery_result){
		    .verdict = act->code < 500 ? VERDICT_TEMP : VERDICT_PERM,
		    .status = act->status, .words = act->text,
		    .where = "reject" };
		return false;
	}
	return action_is_local(act->kind) ||
	    put_off(why, "its line in our routes is none that delivers here");
}

bool
choose(struct choice *c, struct routes const *routes, struct slice address,
    struct slice groups, uint32_t action, struct delivery_result *why)
{
	struct route const *route;

	if (!addr_parse(&c->mailbox, address)) {
		*why = choose_unsafe();
		return false;
	}
	if (!find_line(c, routes, groups, why)) return false;
	route = c->found.route;
	if (!action && route->acts > 1)
		return put_off(why, "its line in our routes has several "
				    "actions, and none was named");
	if (action > route->acts)
		return put_off(why, "its line in our routes has no such action");
	c->number = action ? action : 1;
	c->act = &route->act[c->number - 1];
	return is_delivery(c->act, why);
}
