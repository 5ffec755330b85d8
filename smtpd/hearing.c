/* SPDX-License-Identifier: ISC */
/* What comes in, and when: a proxy's header first, then what the client says. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "smtpd/arrival.h"
#include "smtpd/connpart.h"
#include "smtpd/converse.h"
#include "smtpd/handshake.h"
#include "smtpd/hearing.h"

/* false: the header isn't complete; in is advanced past it */
static bool
hear_proxy(struct conn *c, struct slice *in)
{
	int got = proxy_feed(c->proxy, in);

	if (!got) return false;
	if (*c->proxy->client)
		memcpy(c->client, c->proxy->client, sizeof c->client);
	free(c->proxy);
	c->proxy = NULL;
	if (got != 1)
		session_dismiss(&c->session, REPLY_NO_HEADER);
	else if (!c->secure)
		arrival_begin(c, false);
	return true;
}

/* What is no text of a message may be a password: nothing of it stays in the
 * shared store. */
static void
run_input(struct conn *c, struct slice in)
{
	struct body_crlf lines = { .state = 0 };
	bool may_be_secret = !session_in_text(&c->session);
	struct conns *all = c->all;
	size_t len = in.len;

	/* a terminal gives whole lines, so none of them is cut */
	if (c->terminal)
		in = slice_from(c->all->typed,
		    body_crlf(&lines, in, c->all->typed));
	if (!c->lingering) converse(c, in);
	if (may_be_secret) explicit_bzero(all->input, len);
}

static ssize_t
receive(struct conn *c, int how)
{
	char *input = c->all->input;
	size_t room = session_in_text(&c->session) || c->lingering
	    ? CONN_INPUT_MAX : CONN_COMMANDS_MAX;
	ssize_t n;

	if (c->output.tls)
		return secure_read(c->output.tls, input, CONN_INPUT_MAX);
	if (!c->socket) return read(c->in, input, CONN_INPUT_MAX);
	n = recv(c->in, input, room, how);
	c->filled = n == (ssize_t)room;
	return n;
}

/* What follows the header is left in the socket: it may be a handshake. */
static void
read_header(struct conn *c, size_t n)
{
	struct slice in = slice_from(c->all->input, n);
	bool complete = hear_proxy(c, &in);

	if (c->socket) recv(c->in, c->all->input, n - in.len, MSG_DONTWAIT);
	if (!complete) return;
	if (c->secure && !c->session.dismissed)
		handshake_begin(c);
	else
		converse(c, slice_from(NULL, 0));
}

static void
read_some(struct conn *c)
{
	bool peek = c->socket && !c->output.tls && !c->lingering &&
	    (c->proxy || (conn_keeps_much(c) && !c->arrival));
	ssize_t n = receive(c, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));

	if (n > 0 && c->proxy) {
		read_header(c, (size_t)n);
	} else if (n > 0) {
		c->peeked = peek ? (size_t)n : 0;
		run_input(c, slice_from(c->all->input, (size_t)n));
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		conn_close(c);
	}
}

void
hearing_turn(void *owner)
{
	struct conn *c = owner;
	bool arriving = c->arrival;

	if (c->shaking) {
		handshake_go_on(c);
		return;
	}
	if (arriving) arrival_go_on(c);
	if (!arriving && c->unwatched && converse_wants_input(c))
		read_some(c);
	else
		converse(c, slice_from(c->input, c->input_len));
}

void
hearing_ready(void *owner, uint32_t events)
{
	struct conn *c = owner;
	struct loop *loop = c->all->loop;

	if (c->shaking && tls_awaits_key(c->output.tls)) {
		/* it is not his turn, so few ever say something now */
		if (events & (EPOLLHUP | EPOLLERR))
			handshake_failed(c, "connection closed");
		else
			loop_want(loop, &c->watch, 0);
	} else if (c->shaking) {
		handshake_go_on(c);
	} else if (output_is_behind(&c->output) &&
	    events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
		if (!output_go_on(&c->output))
			conn_close(c);
		else if (!output_is_behind(&c->output))
			hearing_turn(c);
	} else if (c->watch.events & EPOLLIN) {
		read_some(c);
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		/* reported even when not asked for; a message that is with
		 * queue still has its end to be logged */
		loop_forget(loop, &c->watch);
		c->unwatched = true;
	}
}
