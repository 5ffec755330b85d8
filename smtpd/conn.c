/* SPDX-License-Identifier: ISC */
/* Connections come and go; what happens on one is in the files that include
 * connpart.h. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/log.h"
#include "common/netaddr.h"
#include "smtpd/arrival.h"
#include "smtpd/client.h"
#include "smtpd/connpart.h"
#include "smtpd/converse.h"
#include "smtpd/deadline.h"
#include "smtpd/handshake.h"
#include "smtpd/hearing.h"
#include "smtpd/ucspi.h"

bool
conns_open(struct conns *all)
{
	all->first = NULL;
	all->n = all->handshakes = 0;
	all->kept = 0;
	all->oldest = NULL;
	all->youngest = &all->oldest;
	all->ending = false;
	all->input = malloc(CONN_INPUT_MAX);
	all->typed = malloc(2 * CONN_INPUT_MAX + 1);
	all->replies = malloc(CONN_REPLIES_MAX);
	all->replies_len = 0;
	all->served = 0;
	all->entrance.crowd = (struct crowd){ .bucket = { NULL } };
	all->entrance.lookups = &all->lookups;
	all->entrance.tallies = &all->tallies;
	all->rules.text.store = malloc(TEXT_STORE_MAX);
	return all->input && all->typed && all->replies &&
	    all->rules.text.store;
}

struct slice
conn_client(struct conn const *c)
{
	struct slice client = client_address(&c->transaction);

	return client.len ? client : SLICE("local");
}

void
conn_account(struct conn *c)
{
	size_t kept = c->output.len + (c->input ? c->input_room : 0);

	c->all->kept += kept - c->kept;
	c->kept = kept;
}

void
conn_drop_input(struct conn *c)
{
	if (c->input) explicit_bzero(c->input, c->input_len);
	free(c->input);
	c->input = NULL;
	c->input_len = 0;
	conn_account(c);
}

void
conn_close(struct conn *c)
{
	struct conns *all = c->all;

	if (all->verbose)
		log_event("disconnect", LOG_SLICE("client", conn_client(c)),
		    LOG_NUMBER("commands", c->session.commands),
		    LOG_NUMBER("errors", c->session.errors));
	loop_forget(all->loop, &c->watch);
	loop_disarm(all->loop, &c->deadline);
	arrival_end(c);
	loop_not_later(all->loop, &c->turn);
	crowd_leave(&c->member);
	transaction_end(&c->transaction);
	session_free(&c->session);
	free(c->proxy);
	output_free(&c->output);
	conn_drop_input(c);
	handshake_leave(c);
	ucspi_end(c);
	secure_end(c->output.tls);
	/* unread octets would turn the close into a reset, and that could
	 * overtake our last reply */
	if (c->socket) recv(c->in, all->input, CONN_INPUT_MAX, MSG_DONTWAIT);
	close(c->in);
	if (c->output.fd != c->in) close(c->output.fd);
	*c->at = c->next;
	if (c->next) c->next->at = c->at;
	free(c);
	all->n--;
	if (!all->first && all->ended) all->ended(all->owner);
}

static void
begin(struct conn *c)
{
	struct loop *loop = c->all->loop;

	if (c->all->tls_before) {
		c->transaction.tls = c->all->tls_before;
		session_secured(&c->session);
	}
	if (c->proxy) {
		loop_arm(loop, &c->deadline, loop->now_ms + CONN_HEADER_MS);
		loop_want(loop, &c->watch, EPOLLIN);
	} else if (c->secure) {
		handshake_begin(c);
	} else {
		arrival_begin(c, false);
		converse(c, slice_from(NULL, 0));
	}
}

/* Nobody listens on the way. */
static bool
is_loopback(char const *client)
{
	unsigned char octet[NETADDR_OCTETS];
	static unsigned char const ip6[NETADDR_OCTETS] = { [15] = 1 };

	return netaddr_ip(octet, slice_of(client)) &&
	    (netaddr_is_ip4(octet) ? octet[12] == 127
	    : !memcmp(octet, ip6, sizeof ip6));
}

bool
conn_open(struct conns *all, int in, int out, char const *client,
    bool secure)
{
	struct conn *c = malloc(sizeof *c);
	int e;

	if (!c) goto undo;
	*c = (struct conn){ .all = all, .in = in,
		.output = { .fd = out, .socket = in == out },
		.watch = { .fd = -1, .ready = hearing_ready, .owner = c },
		.deadline = { .due = deadline_passed, .owner = c },
		.turn = { .run = hearing_turn, .owner = c },
		.number = ++all->served,
		.socket = in == out, .secure = secure,
		.terminal = in != out && isatty(in) };
	c->transaction = (struct transaction){ .session = &c->session,
		.routes = all->routes, .access = all->access,
		.pool = &all->pool, .login = { .session = &c->session,
		    .checker = &all->checker, .failures = &all->failures,
		    .wake = converse_later, .owner = c },
		.hide_client = all->hide_client, .tallies = &all->tallies,
		.client = c->client, .moved = arrival_moved,
		.may_secure = handshake_has_room, .wake = converse_later,
		.owner = c };
	c->until_ms = deadline_in(c, all->times.session);
	c->client[0] = '\0';
	strncat(c->client, client, sizeof c->client - 1);
	/* epoll has no use for files: they can always be read */
	if (!loop_watch(all->loop, &c->watch, in, 0)) {
		if (errno != EPERM) goto undo;
		c->unwatched = true;
	}
	if (entrance_awaits_header(&all->entrance, &c->transaction)) {
		c->proxy = calloc(1, sizeof *c->proxy);
		if (!c->proxy) goto undo_watch;
	}
	session_init(&c->session, &all->rules);
	c->session.auth_in_clear = all->auth_clear && is_loopback(client);
	c->session.offers_tls = all->starttls && (all->ucspi ||
	    (c->socket && all->tls->context));
	c->next = all->first;
	c->at = &all->first;
	if (c->next) c->next->at = &c->next;
	all->first = c;
	all->n++;
	if (all->verbose)
		log_event("connect", LOG_SLICE("client", conn_client(c)));
	begin(c);
	return true;
undo_watch:
	loop_forget(all->loop, &c->watch);
undo:
	e = errno;
	free(c);
	close(in);
	if (out != in) close(out);
	errno = e;
	return false;
}

void
conns_end(struct conns *all)
{
	struct conn *c;

	all->ending = true;
	for (c = all->first; c; c = c->next)
		loop_later(all->loop, &c->turn);
	if (!all->first && all->ended) all->ended(all->owner);
}

void
conns_close(struct conns *all)
{
	all->ended = NULL;
	while (all->first)
		conn_close(all->first);
	free(all->input);
	free(all->typed);
	free(all->replies);
	free(all->rules.text.store);
}
