/* SPDX-License-Identifier: ISC */
/* Starts the parent, watches it, tells it of new routes. */
#include <unistd.h>
#include "local/hire.h"

/* The parent never says anything: this is its end. */
static void
lost_parent(void *owner, uint32_t events)
{
	(void)owner;
	(void)events;
	stage_lost_helper();
}

static char const *
objects(void *owner, struct routes const *fresh, unsigned *line)
{
	struct hire const *h = owner;

	return parent_objection(fresh, &h->powers, line);
}

/* The parent has its own copy of the routes. */
static void
reloaded(void *owner)
{
	struct hire const *h = owner;

	if (h->parent != -1 && !parent_reload(h->parent))
		stage_lost_helper();
}

void
hire_look(struct hire *h, struct inforce *inforce, bool by_hand)
{
	h->powers.there = true;
	h->powers.root = geteuid() == 0 && !by_hand;
	if (!account_own(&h->own)) h->own.name[0] = '\0';
	h->powers.own = h->own.name;
	h->parent = -1;
	h->end = (struct watch){ .fd = -1, .ready = lost_parent };
	inforce->objects = objects;
	inforce->changed = reloaded;
	inforce->owner = h;
}

bool
hire_open(struct hire *h, struct stage *stage,
    struct settings const *settings, struct routes *routes)
{
	struct parent_settings const s = {
		.routes_path = stage->routes,
		.routes = routes,
		.jail = &stage->jail,
		.command_user = "mailgrave-command",
		.command_time_s = (unsigned)settings->command_time_s,
		.limits = settings->limits,
		.exit_codes = settings->exit_codes,
		.safe_env = settings->safe_env,
		.crlf = settings->crlf,
		.system_mbox = settings->system_mbox,
		.hostname = stage->hostname,
		.lock_time_s = (unsigned)settings->lock_time_s,
		.root = h->powers.root,
	};

	h->powers.there = parent_wanted(routes);
	if (!h->powers.there) return true;
	h->parent = parent_open(&s);
	if (h->parent == -1 ||
	    !loop_watch(&stage->loop, &h->end, h->parent, EPOLLIN))
		return false;
	stage->may |= JAIL_PAIR;
	return true;
}
