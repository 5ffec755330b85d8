/* SPDX-License-Identifier: ISC */
/* What of our words is with the other side, and how many replies that makes it
 * owe; writes none of them. */
#include "remote/outcome.h"

static bool
in_text(struct client const *c)
{
	return c->hear.step == CLIENT_TEXT || c->hear.step == CLIENT_DOT;
}

struct slice
client_commands(struct client const *c, size_t n)
{
	size_t end = c->out_at + n;

	if (end > c->ahead_at) end = c->ahead_at;
	return slice_from(c->out + c->out_at,
	    in_text(c) || end < c->out_at ? 0 : end - c->out_at);
}

/* Commands hold one LF each, so LFs sent are commands sent. */
void
client_sent(struct client *c, size_t n)
{
	struct slice sent = client_commands(c, n);
	bool drained = c->out_at + n == c->out_len;

	for (; sent.len; sent = slice_skip(sent, slice_find(sent, '\n') + 1))
		c->unanswered += slice_find(sent, '\n') < sent.len;
	if (drained && c->hear.step == CLIENT_DOT)
		c->unanswered = c->order.lmtp ? outcome_open(c) : 1;
	else if (drained && client_goes_ahead(c))
		c->unanswered++; /* BDAT */
	if (client_in_login(c)) explicit_bzero(c->out + c->out_at, n);
	c->out_at += n;
	if (!drained) return;
	c->out_at = c->out_len = 0;
	c->ahead_at = CLIENT_OUT_MAX;
	c->turn++;
}
