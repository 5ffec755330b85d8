/* SPDX-License-Identifier: ISC */
/* Moves octets between the client engine and a link. Reads the message with
 * pread alone; never writes one anywhere but to its host. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "remote/pump.h"
#include "remote/show.h"

enum {
	HEARD_AT_ONCE = 4096,	/* octets read at a time */
	HEARINGS_AT_ONCE = 8,	/* such reads before others have their turn */
	PIECES_AT_ONCE = 16	/* sent before others have their turn */
};

void
pump_fall_short(struct conn *c, char const *what, int error)
{
	char words[128];

	c->ours = true;
	snprintf(words, sizeof words, "%s: %s", what, strerror(error));
	client_end(&c->client, VERDICT_TEMP, "4.3.0", words);
}

/* Octets out */

static void
read_piece(struct conn *c)
{
	char piece[CLIENT_PIECE_MAX];
	uint64_t left = c->client.order.size - c->client.taken;
	size_t most = left < sizeof piece ? (size_t)left : sizeof piece;
	ssize_t n;

	if (!c->client.taken && c->client.hear.step == CLIENT_TEXT)
		show_text(c);
	do
		n = pread(c->user.message, piece, most,
		    (off_t)c->client.taken);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		client_body(&c->client, slice_from(piece, (size_t)n));
	else
		pump_fall_short(c, "cannot read the message",
		    n == -1 ? errno : ENODATA);
}

static void
lose(struct conn *c)
{
	char reason[LINK_WHY_MAX + 32];

	snprintf(reason, sizeof reason, "connection lost (%s)", c->link.why);
	client_lost(&c->client, reason);
}

/* false: not now */
static bool
send_some(struct conn *c, struct slice view)
{
	bool was_ahead = client_goes_ahead(&c->client);
	size_t n;

	if (c->link.mute) return false;
	switch (link_send(&c->link, view, &n)) {
	case LINK_DONE:
		show_said(c, slice_from(view.s, n));
		client_sent(&c->client, n);
		if (was_ahead && !client_goes_ahead(&c->client)) show_text(c);
		return true;
	case LINK_BROKEN:
		lose(c);
		return true;
	default:
		return false;
	}
}

static void
wait_for(struct conn *c)
{
	struct loop *loop = c->remote->loop;

	loop_want(loop, &c->watch, EPOLLIN |
	    (c->link.want_write && !c->link.mute ? EPOLLOUT : 0U));
	if (c->turn == c->client.turn && timer_is_armed(&c->timer)) return;
	c->turn = c->client.turn;
	loop_arm(loop, &c->timer, loop->now_ms +
	    client_wait_s(&c->client) * INT64_C(1000) / c->remote->hurry);
}

/* TLS */

/* Nothing has been said that matters yet: whoever may do without TLS tries it
 * without. */
static void
fail_tls(struct conn *c, char const *why)
{
	char words[192];

	c->link.shaking = false;
	show_note(c, "no TLS: ", why);
	if (c->client.order.tls == CLIENT_TLS_MAY && !c->client.secure) {
		conn_release(c, true);
		conn_drop(c);
		return;
	}
	snprintf(words, sizeof words, "TLS cannot be had: %s", why);
	client_end(&c->client, VERDICT_TEMP, "4.7.5", words);
	pump_run(c);
}

static void
shake(struct conn *c)
{
	char text[128];

	switch (link_shake(&c->link)) {
	case LINK_WAIT:
		wait_for(c);
		return;
	case LINK_DONE:
		break;
	default:
		fail_tls(c, c->link.why);
		return;
	}
	tls_describe(c->link.tls, text, sizeof text);
	show_note(c, text, c->target.security == SECURITY_VERIFY ?
	    ", the certificate is good" : "");
	/* from the first octet on: the greeting is still to come */
	if (c->client.hear.step != CLIENT_GREETING)
		client_secured(&c->client);
	/* which may have come along with the end of the handshake */
	if (link_has_more(&c->link)) loop_later(c->remote->loop, &c->chore);
	pump_run(c);
}

static void
begin_tls(struct conn *c)
{
	if (!link_secure(&c->link, &c->remote->tls, c->name,
	    c->target.security == SECURITY_VERIFY)) {
		pump_fall_short(c, "cannot begin TLS", ENOMEM);
		pump_run(c);
		return;
	}
	shake(c);
}

static void
tell(struct conn *c)
{
	if (c->used)
		c->user.result(c->user.owner, &c->client.result, c->ours);
}

/* The last action on a connection that may be freed by it is the last action
 * here. */
void
pump_run(struct conn *c)
{
	struct slice view;
	unsigned pieces = 0;

	for (;;) {
		enum client_do next = client_next(&c->client, &view);

		if (next != CLIENT_RESULT && client_is_settled(&c->client))
			conn_release(c, false);
		switch (next) {
		case CLIENT_RESULT:
			tell(c);
			break;
		case CLIENT_CLOSE:
			conn_release(c, false);
			link_close(&c->link);
			conn_drop(c);
			return;
		case CLIENT_SEND:
			if (pieces < PIECES_AT_ONCE && send_some(c, view))
				break;
			c->link.want_write |= pieces >= PIECES_AT_ONCE;
			wait_for(c);
			return;
		case CLIENT_BODY:
			if (pieces++ < PIECES_AT_ONCE) {
				read_piece(c);
				break;
			}
			c->link.want_write = true;
			wait_for(c);
			return;
		case CLIENT_READ:
			wait_for(c);
			return;
		case CLIENT_SECURE:
			begin_tls(c);
			return;
		case CLIENT_FREE:
			conn_rest(c);
			return;
		}
	}
}

/* Octets in */

/* Results between two replies are told before the second one is heard. */
static void
hear(struct conn *c, struct slice octets)
{
	struct slice view;

	show_heard(c, octets);
	while (octets.len) {
		octets = slice_skip(octets, client_feed(&c->client, octets));
		while (client_next(&c->client, &view) == CLIENT_RESULT)
			tell(c);
	}
}

/* true: more may be here already */
static bool
hear_some(struct conn *c)
{
	char octets[HEARD_AT_ONCE];
	size_t n;

	switch (link_receive(&c->link, octets, sizeof octets, &n)) {
	case LINK_DONE:
		hear(c, slice_from(octets, n));
		return link_has_more(&c->link);
	case LINK_WAIT:
		return false;
	case LINK_END:
		client_lost(&c->client, "connection closed");
		return false;
	case LINK_BROKEN:
		lose(c);
		return false;
	}
	return false;
}

/* Octets that TLS has already don't wake the loop. */
void
pump_ready(void *owner, uint32_t events)
{
	struct conn *c = owner;
	unsigned n = 0;

	if (c->link.shaking) {
		shake(c);
		return;
	}
	if (c->link.tls || events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		while (n < HEARINGS_AT_ONCE && hear_some(c))
			n++;
	if (n == HEARINGS_AT_ONCE) loop_later(c->remote->loop, &c->chore);
	pump_run(c);
}

void
pump_timer_due(void *owner)
{
	struct conn *c = owner;

	if (c->link.shaking)
		fail_tls(c, "timed out");
	else if (c->list == &c->remote->pool.idle)
		conn_goodbye(c);
	else {
		client_lost(&c->client, "timed out");
		pump_run(c);
	}
}

/* The first words, those behind HEARINGS_AT_ONCE, and those that came with a
 * handshake. */
void
pump_chore(void *owner)
{
	struct conn *c = owner;

	if (!c->link.shaking && link_has_more(&c->link))
		pump_ready(c, EPOLLIN);
	else if (c->client.secure && !c->link.tls && !c->client.over)
		begin_tls(c);
	else
		pump_run(c);
}
