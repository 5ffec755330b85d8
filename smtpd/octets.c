/* SPDX-License-Identifier: ISC */
/* Grows in doublings; what the octets are is nothing to it. */
#include <stdlib.h>
#include "smtpd/octets.h"
#include "smtpd/pool.h"

enum { OCTETS_MIN = 512 };

bool
octets_grow(struct pool *pool, struct octets *o, size_t more)
{
	size_t room = o->room ? o->room : OCTETS_MIN;
	char *s;

	while (room < o->len + more)
		room *= 2;
	if (room == o->room) return true;
	if (room - o->room > POOL_HELD_MAX - pool->held) return false;
	s = realloc(o->s, room);
	if (!s) return false;
	pool->held += room - o->room;
	o->s = s;
	o->room = room;
	return true;
}

void
octets_drop(struct pool *pool, struct octets *o)
{
	pool->held -= o->room;
	free(o->s);
	*o = (struct octets){ .len = 0 };
}

struct slice
octets_add(struct octets *o, struct slice more)
{
	char *at = o->s + o->len;

	if (more.len) memcpy(at, more.s, more.len);
	o->len += more.len;
	return slice_from(at, more.len);
}
