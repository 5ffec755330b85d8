/* SPDX-License-Identifier: ISC */
/* The handshake: nothing is said while it lasts, and nothing said before it
 * counts. */
#include <stdlib.h>
#include "common/log.h"
#include "smtpd/arrival.h"
#include "smtpd/connpart.h"
#include "smtpd/converse.h"
#include "smtpd/deadline.h"
#include "smtpd/handshake.h"

void
handshake_failed(struct conn *c, char const *why)
{
	log_event("tls-failed", LOG_SLICE("client", conn_client(c)),
	    LOG_TEXT("why", why));
	/* a goodbye of ours might be taken for an answer */
	tls_free(c->output.tls);
	c->output.tls = NULL;
	conn_close(c);
}

static void
handshake_done(struct conn *c)
{
	bool greeted = c->session.phase == SESSION_SECURING;

	c->shaking = false;
	c->all->handshakes--;
	tls_describe(c->output.tls, c->tls_text, sizeof c->tls_text);
	c->transaction.tls = c->tls_text;
	session_secured(&c->session);
	if (c->all->verbose)
		log_event("tls", LOG_SLICE("client", conn_client(c)),
		    LOG_TEXT("tls", c->tls_text));
	if (greeted)
		deadline_set(c);
	else
		arrival_begin(c, false);
	converse(c, slice_from(NULL, 0));
}

void
handshake_go_on(struct conn *c)
{
	switch (tls_handshake(c->output.tls)) {
	case TLS_DONE:
		handshake_done(c);
		break;
	case TLS_WANT_READ:
		loop_want(c->all->loop, &c->watch, EPOLLIN);
		break;
	case TLS_WANT_WRITE:
		loop_want(c->all->loop, &c->watch, EPOLLOUT);
		break;
	case TLS_END:
		handshake_failed(c, "the client has ended it");
		break;
	case TLS_BROKEN:
		handshake_failed(c, tls_why(c->output.tls));
		break;
	}
}

bool
handshake_has_room(void *owner)
{
	struct conns const *all = ((struct conn *)owner)->all;

	return all->handshakes < all->handshakes_max;
}

void
handshake_begin(struct conn *c)
{
	struct loop *loop = c->all->loop;

	free(c->input);
	c->input = NULL;
	c->output.tls = handshake_has_room(c)
	    ? tls_accept(c->all->tls, c->in) : NULL;
	if (!c->output.tls) {
		log_event("cannot-secure",
		    LOG_SLICE("client", conn_client(c)),
		    LOG_TEXT("why", handshake_has_room(c) ? "no memory"
		    : "too many handshakes at once"));
		conn_close(c);
		return;
	}
	c->shaking = true;
	c->all->handshakes++;
	loop_arm(loop, &c->deadline, loop->now_ms + CONN_HANDSHAKE_MS);
	handshake_go_on(c);
}
