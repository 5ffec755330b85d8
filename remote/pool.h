/* SPDX-License-Identifier: ISC */
/* All connections, and those among them that are idle: kept a while for the
 * next message to the same target. */
#ifndef MAILGRAVE_POOL_H
#define MAILGRAVE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	POOL_IDLE_MS = 3000,	/* then QUIT is said */
	POOL_MAILS_MAX = 100	/* over one connection */
};

struct conn;
struct target;

struct conn_list {
	struct conn *first;
	size_t n;
};

/* Zeroed is empty. */
struct pool {
	struct conn_list busy, idle;
	/* Their users have all results, and QUIT is said: the oldest is hung
	 * up on when there are more than leaving_max. */
	struct conn_list leaving;
	size_t idle_max;	/* 0: none is kept */
	size_t leaving_max;
	/* emptied - may be NULL: the last connection is gone */
	void (*emptied)(void *owner);
	void *owner;
};

/* pool_take - the youngest idle connection to that target, busy from now on;
 * NULL: none */
struct conn *pool_take(struct pool *pool, struct target const *target);

/* pool_leave - one more is leaving */
void pool_leave(struct pool *pool, struct conn *conn);

/* pool_is_empty - there is no connection at all */
static inline bool
pool_is_empty(struct pool const *pool)
{
	return !pool->busy.n && !pool->idle.n && !pool->leaving.n;
}

/* pool_close - say QUIT where that can be done at once, hang up everywhere */
void pool_close(struct pool *pool);

#endif
