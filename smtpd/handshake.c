/* SPDX-License-Identifier: ISC */
/* The handshake: nothing is said while it lasts, and nothing said before it
 * counts. */
#include <stdio.h>
#include <stdlib.h>
#include "common/log.h"
#include "smtpd/arrival.h"
#include "smtpd/connpart.h"
#include "smtpd/converse.h"
#include "smtpd/deadline.h"
#include "smtpd/handshake.h"
#include "smtpd/ucspi.h"

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
log_certificate(struct conn const *c)
{
	char fingerprint[TLS_FINGERPRINT_MAX + 1], subject[256];

	if (tls_shown_by(c->output.tls, fingerprint, subject, sizeof subject))
		log_event("client-certificate",
		    LOG_SLICE("client", conn_client(c)),
		    LOG_TEXT("sha256", fingerprint),
		    LOG_TEXT("subject", subject));
}

void
handshake_done(struct conn *c, char const *text)
{
	bool greeted = c->session.phase == SESSION_SECURING;

	handshake_leave(c);
	snprintf(c->tls_text, sizeof c->tls_text, "%s", text);
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

static void
done(struct conn *c)
{
	char text[SECURE_TEXT_MAX + 1];

	log_certificate(c);
	tls_describe(c->output.tls, text, sizeof text);
	handshake_done(c, text);
}

void
handshake_go_on(struct conn *c)
{
	if (!c->output.tls) return; /* it is another's */
	switch (tls_handshake(c->output.tls)) {
	case TLS_DONE:
		done(c);
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

static bool
is_slow(struct conn const *c)
{
	return c->all->loop->now_ms - c->shaking_since_ms >= CONN_SHAKING_MS;
}

bool
handshake_has_room(void *owner)
{
	struct conns const *all = ((struct conn *)owner)->all;

	return all->handshakes < all->handshakes_max || is_slow(all->oldest);
}

static void
enter(struct conn *c)
{
	struct conns *all = c->all;

	c->shaking = true;
	c->shaking_since_ms = all->loop->now_ms;
	c->younger = NULL;
	c->shaking_at = all->youngest;
	*all->youngest = c;
	all->youngest = &c->younger;
	all->handshakes++;
}

void
handshake_leave(struct conn *c)
{
	if (!c->shaking) return;
	c->shaking = false;
	*c->shaking_at = c->younger;
	if (c->younger)
		c->younger->shaking_at = c->shaking_at;
	else
		c->all->youngest = c->shaking_at;
	c->all->handshakes--;
}

/* Those who never shake hands make room for those who do. */
static bool
make_room(struct conn *c)
{
	struct conns *all = c->all;

	if (!handshake_has_room(c)) return false;
	if (all->handshakes >= all->handshakes_max)
		handshake_failed(all->oldest, "others are waiting");
	return true;
}

static void
cannot_begin(struct conn *c, char const *why)
{
	log_event("cannot-secure", LOG_SLICE("client", conn_client(c)),
	    LOG_TEXT("why", why));
	conn_close(c);
}

void
handshake_begin(struct conn *c)
{
	struct conns *all = c->all;

	conn_drop_input(c);
	if (!make_room(c)) {
		cannot_begin(c, "too many handshakes at once");
		return;
	}
	if (!all->ucspi)
		c->output.tls = tls_accept(all->tls, c->in, converse_later, c);
	if (!all->ucspi && !c->output.tls) {
		cannot_begin(c, "no memory");
		return;
	}
	enter(c);
	loop_arm(all->loop, &c->deadline,
	    deadline_in(c, all->times.handshake));
	if (all->ucspi)
		ucspi_begin(c);
	else
		handshake_go_on(c);
}
