/* SPDX-License-Identifier: ISC */
/* Lists of connections; never speaks. */
#include <string.h>
#include "remote/conn.h"

struct conn *
pool_take(struct pool *pool, struct target const *target)
{
	struct conn *c;

	for (c = pool->idle.first; c; c = c->next) {
		if (memcmp(&c->target, target, sizeof *target)) continue;
		conn_move(c, &pool->busy);
		return c;
	}
	return NULL;
}

void
pool_leave(struct pool *pool, struct conn *conn)
{
	struct conn *oldest = conn;

	conn_move(conn, &pool->leaving);
	if (pool->leaving.n <= pool->leaving_max) return;
	while (oldest->next)
		oldest = oldest->next;
	if (oldest != conn) conn_drop(oldest);
}

void
pool_close(struct pool *pool)
{
	while (pool->idle.first)
		conn_goodbye(pool->idle.first);
	while (pool->leaving.first)
		conn_drop(pool->leaving.first);
	while (pool->busy.first)
		conn_drop(pool->busy.first);
}
