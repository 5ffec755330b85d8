/* SPDX-License-Identifier: ISC */
/* Shows a connection's dialogue; masks what logs in and leaves messages out. */
#include <stdio.h>
#include "remote/show.h"

static void
trace(struct conn *c, enum trace_side side, struct slice octets)
{
	if (!c->remote->verbose) return;
	trace_feed(side == TRACE_SAID ? &c->said : &c->heard, side,
	    c->remote->by_hand ? NULL : &c->id, octets);
}

void
show_said(struct conn *c, struct slice octets)
{
	char text[64];

	octets = client_commands(&c->client, octets.len);
	if (!client_in_login(&c->client)) {
		trace(c, TRACE_SAID, octets);
		return;
	}
	if (slice_find(octets, '\n') == octets.len) return;
	snprintf(text, sizeof text, "%s%s ***\n",
	    c->client.round > 1 ? "" : "AUTH ",
	    c->client.round > 1 ? "" : login_name(c->client.mechanism));
	trace(c, TRACE_SAID, slice_of(text));
}

void
show_note(struct conn *c, char const *what, char const *more)
{
	char text[256];

	snprintf(text, sizeof text, "(%s%s)\n", what, more);
	trace(c, TRACE_SAID, slice_of(text));
}

void
show_heard(struct conn *c, struct slice octets)
{
	trace(c, TRACE_HEARD, octets);
}

void
show_text(struct conn *c)
{
	char size[64];

	snprintf(size, sizeof size, "%llu octets%s",
	    (unsigned long long)c->client.order.size,
	    c->client.chunked ? ", by BDAT" : "");
	show_note(c, "message of ", size);
}
