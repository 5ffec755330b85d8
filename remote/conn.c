/* SPDX-License-Identifier: ISC */
/* The life of a connection, from list to list; moves no octet. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "remote/pump.h"

static void
unlink_conn(struct conn *c)
{
	if (!c->list) return;
	*c->at = c->next;
	if (c->next) c->next->at = c->at;
	c->list->n--;
	c->list = NULL;
}

/* In front: the youngest idle one is the first to be used again. */
void
conn_move(struct conn *c, struct conn_list *list)
{
	unlink_conn(c);
	c->list = list;
	c->next = list->first;
	c->at = &list->first;
	if (c->next) c->next->at = &c->next;
	list->first = c;
	list->n++;
}

void
conn_drop(struct conn *c)
{
	struct remote *r = c->remote;
	int fd = c->watch.fd;

	loop_not_later(r->loop, &c->chore);
	loop_disarm(r->loop, &c->timer);
	loop_forget(r->loop, &c->watch);
	tls_free(c->link.tls);
	if (fd != -1) close(fd);
	unlink_conn(c);
	free(c);
	if (r->pool.emptied && pool_is_empty(&r->pool))
		r->pool.emptied(r->pool.owner);
}

void
conn_release(struct conn *c, bool insecure)
{
	if (!c->used) return;
	c->used = false;
	pool_leave(&c->remote->pool, c);
	c->user.ended(c->user.owner, insecure);
}

void
conn_rest(struct conn *c)
{
	struct remote *r = c->remote;

	loop_want(r->loop, &c->watch, EPOLLIN);
	if (r->pool.idle.n >= r->pool.idle_max ||
	    c->client.mails >= POOL_MAILS_MAX) {
		client_quit(&c->client);
		pump_run(c);
		return;
	}
	conn_move(c, &r->pool.idle);
	loop_arm(r->loop, &c->timer,
	    r->loop->now_ms + POOL_IDLE_MS / r->hurry);
}

static void
set_user(struct conn *c, struct conn_user const *user)
{
	struct target const *t = &c->target;
	struct client_order *o = &c->user.order;

	c->user = *user;
	c->used = true;
	c->ours = false;
	c->id = *user->id;
	o->hostname = c->remote->hostname;
	o->keep = c->remote->pool.idle_max > 0;
	o->lmtp = t->how == DELIVER_LMTP;
	o->login = t->login ? c->remote->login : NULL;
	c->heard.login = o->login;
	conn_move(c, &c->remote->pool.busy);
	loop_later(c->remote->loop, &c->chore);
}

struct conn *
conn_open(struct remote *r, struct target const *target, int fd,
    char const *name, char const *where, bool clear,
    struct conn_user const *user)
{
	struct conn *c = malloc(sizeof *c);
	bool tls = target->security != SECURITY_NONE && target->port && !clear;

	if (!c) {
		close(fd);
		return NULL;
	}
	/* the engine clears itself */
	memset(c, 0, offsetof(struct conn, client));
	c->remote = r;
	c->target = *target;
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(c->where, sizeof c->where, "%s", where);
	c->link.fd = fd;
	c->watch = (struct watch){ .fd = -1, .ready = pump_ready, .owner = c };
	c->timer = (struct timer){ .due = pump_timer_due, .owner = c };
	c->chore = (struct chore){ .run = pump_chore, .owner = c };
	set_user(c, user);
	c->user.order.tls = !tls ? CLIENT_TLS_NONE :
	    target->security == SECURITY_MAY ? CLIENT_TLS_MAY :
	    CLIENT_TLS_MUST;
	client_start(&c->client, &c->user.order,
	    tls && target->port == REMOTE_IMPLICIT_TLS);
	if (!loop_watch(r->loop, &c->watch, fd, EPOLLIN)) {
		pump_fall_short(c, "cannot connect", errno);
		close(fd);
	}
	return c;
}

void
conn_reuse(struct conn *c, struct conn_user const *user)
{
	set_user(c, user);
	client_again(&c->client, &c->user.order);
}

bool
conn_is_committed(struct conn const *c)
{
	return client_committed(&c->client);
}

void
conn_lose(struct conn *c, char const *reason)
{
	c->link.shaking = false;
	c->link.mute = true;
	client_lost(&c->client, reason);
	loop_later(c->remote->loop, &c->chore);
}

void
conn_goodbye(struct conn *c)
{
	pool_leave(&c->remote->pool, c);
	client_quit(&c->client);
	pump_run(c);
}
