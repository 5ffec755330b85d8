/* SPDX-License-Identifier: ISC */
/* Tries again and again, but not in a hurry; speaks no protocol. */
#include "common/caller.h"
#include "common/unixsock.h"

enum {
	WAIT_FIRST_MS = 50,
	WAIT_MAX_MS = 2000,
	LASTING_MS = 5000	/* a connection that holds so long was good */
};

static void
try_later(struct caller *c)
{
	loop_arm(c->loop, &c->retry, c->loop->now_ms + c->wait_ms);
	c->wait_ms = c->wait_ms * 2 < WAIT_MAX_MS ? c->wait_ms * 2 :
	    WAIT_MAX_MS;
}

static void
try_now(void *owner)
{
	struct caller *c = owner;
	int fd = unixsock_connect(c->path);

	c->since_ms = c->loop->now_ms;
	if (fd == -1 || !c->connected(c->owner, fd)) try_later(c);
}

void
caller_start(struct caller *c)
{
	if (!c->path) return;
	c->retry = (struct timer){ .due = try_now, .owner = c };
	c->wait_ms = WAIT_FIRST_MS;
	try_now(c);
}

void
caller_lost(struct caller *c)
{
	if (!c->path) return;
	if (c->loop->now_ms - c->since_ms >= LASTING_MS)
		c->wait_ms = WAIT_FIRST_MS;
	try_later(c);
}
