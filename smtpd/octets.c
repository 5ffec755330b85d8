/* SPDX-License-Identifier: ISC */
/* Memory that is counted; what lies in it is for others to say. */
#include <stdlib.h>
#include "smtpd/octets.h"

enum { OCTETS_MIN = 512 };

bool
octets_grow(size_t *held, struct octets *o, size_t more, unsigned part)
{
	size_t room = o->room ? o->room : OCTETS_MIN;
	char *s;

	while (room < o->len + more)
		room *= 2;
	if (room == o->room) return true;
	if (room - o->room > (OCTETS_HELD_MAX - *held) / part) return false;
	s = realloc(o->s, room);
	if (!s) return false;
	*held += room - o->room;
	o->s = s;
	o->room = room;
	return true;
}

struct slice
octets_add(struct octets *o, struct slice more)
{
	char *at = o->s + o->len;

	if (more.len) memcpy(at, more.s, more.len);
	o->len += more.len;
	return slice_from(at, more.len);
}

void
octets_free(size_t *held, struct octets *o)
{
	*held -= o->room;
	free(o->s);
	*o = (struct octets){ .len = 0 };
}
