/* SPDX-License-Identifier: ISC */
/* Moves octets between the client engine and a socket. Reads the message with
 * pread alone; never writes one anywhere but to its host. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/log.h"
#include "remote/conn.h"

enum {
	HEARD_AT_ONCE = 4096,	/* octets read at a time */
	HEARINGS_AT_ONCE = 8,	/* such reads before others have their turn */
	PIECES_AT_ONCE = 16	/* sent before others have their turn */
};

static void pump(struct conn *c);

static void
trace(struct conn *c, enum trace_side side, struct slice octets)
{
	if (!c->remote->verbose) return;
	trace_feed(side == TRACE_SAID ? &c->said : &c->heard, side,
	    c->remote->by_hand ? NULL : &c->id, octets);
}

/* What is secret is shown as having been said. */
static void
trace_said(struct conn *c, struct slice octets)
{
	char text[64];

	if (client_in_text(&c->client)) return;
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

static void
announce(struct conn *c, char const *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
announce(struct conn *c, char const *format, ...)
{
	char text[256];
	va_list arguments;

	if (!c->remote->verbose) return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	trace(c, TRACE_SAID, slice_of(text));
}

/* Lists */

static void
unlink_conn(struct conn *c)
{
	if (!c->list) return;
	*c->at = c->next;
	if (c->next) c->next->at = c->at;
	c->list->n--;
	c->list = NULL;
}

/* In front: the youngest idle one is the first to be used again. */
void
conn_move(struct conn *c, struct conn_list *list)
{
	unlink_conn(c);
	c->list = list;
	c->next = list->first;
	c->at = &list->first;
	if (c->next) c->next->at = &c->next;
	list->first = c;
	list->n++;
}

void
conn_drop(struct conn *c)
{
	struct remote *r = c->remote;
	int fd = c->watch.fd;

	loop_not_later(r->loop, &c->chore);
	loop_disarm(r->loop, &c->timer);
	loop_forget(r->loop, &c->watch);
	tls_free(c->tls);
	if (fd != -1) close(fd);
	unlink_conn(c);
	free(c);
	if (r->pool.emptied && pool_is_empty(&r->pool))
		r->pool.emptied(r->pool.owner);
}

static void
release(struct conn *c, bool insecure)
{
	if (!c->used) return;
	c->used = false;
	pool_leave(&c->remote->pool, c);
	c->user.ended(c->user.owner, insecure);
}

/* A shortage of this machine: no fault of the other side, no attempt. */
static void
fall_short(struct conn *c, char const *what, int error)
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

	if (!c->client.taken && client_in_text(&c->client))
		announce(c, "%s(message of %llu octets)\n",
		    c->client.chunked ? "BDAT " : "",
		    (unsigned long long)c->client.order.size);
	do
		n = pread(c->user.message, piece, most,
		    (off_t)c->client.taken);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		client_body(&c->client, slice_from(piece, (size_t)n));
	else
		fall_short(c, "cannot read the message",
		    n == -1 ? errno : ENODATA);
}

/* 1 sent, 0 not now, -1 never again */
static int
put_out(struct conn *c, struct slice view, size_t *n)
{
	ssize_t sent;

	if (c->tls) {
		enum tls_got got = tls_write(c->tls, view.s, view.len, n);

		c->want_write = got == TLS_WANT_WRITE;
		if (got == TLS_DONE) return 1;
		return got == TLS_WANT_READ || got == TLS_WANT_WRITE ? 0 : -1;
	}
	do
		sent = send(c->watch.fd, view.s, view.len, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	c->want_write = sent == -1;
	if (sent == -1) return errno == EAGAIN ? 0 : -1;
	*n = (size_t)sent;
	return 1;
}

static void
lose(struct conn *c, char const *why)
{
	char reason[192];

	snprintf(reason, sizeof reason, "connection lost (%s)", why);
	client_lost(&c->client, reason);
}

/* false: not now */
static bool
send_some(struct conn *c, struct slice view)
{
	size_t n = 0;
	int sent;

	if (c->mute) return false;
	sent = put_out(c, view, &n);
	if (sent == -1 && c->tls) {
		lose(c, tls_why(c->tls));
		return true;
	}
	if (sent == -1 && errno != EPIPE && errno != ECONNRESET) {
		/* they don't know of it and would wait, as we would */
		lose(c, strerror(errno));
		return true;
	}
	/* what they said before they hung up may be their reason */
	if (sent == -1) c->mute = true;
	if (sent != 1) return false;
	trace_said(c, slice_from(view.s, n));
	client_sent(&c->client, n);
	return true;
}

static void
wait_for(struct conn *c, bool write)
{
	struct loop *loop = c->remote->loop;

	loop_want(loop, &c->watch,
	    EPOLLIN | (write && !c->mute ? EPOLLOUT : 0U));
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

	c->shaking = false;
	announce(c, "(no TLS: %s)\n", why);
	if (c->client.order.tls == CLIENT_TLS_MAY && !c->client.secure) {
		release(c, true);
		conn_drop(c);
		return;
	}
	snprintf(words, sizeof words, "TLS cannot be had: %s", why);
	client_end(&c->client, VERDICT_TEMP, "4.7.5", words);
	pump(c);
}

static void
shake(struct conn *c)
{
	char text[128];

	switch (tls_handshake(c->tls)) {
	case TLS_DONE:
		break;
	case TLS_WANT_READ:
		wait_for(c, false);
		return;
	case TLS_WANT_WRITE:
		wait_for(c, true);
		return;
	case TLS_END:
		fail_tls(c, "they ended it");
		return;
	case TLS_BROKEN:
		fail_tls(c, tls_why(c->tls));
		return;
	}
	c->shaking = false;
	tls_describe(c->tls, text, sizeof text);
	announce(c, "(%s%s)\n", text, c->target.security == SECURITY_VERIFY ?
	    ", the certificate is good" : "");
	/* from the first octet on: the greeting is still to come */
	if (c->client.hear.step != CLIENT_GREETING)
		client_secured(&c->client);
	pump(c);
}

static void
begin_tls(struct conn *c)
{
	c->tls = tls_begin(&c->remote->tls, c->watch.fd, c->name,
	    c->target.security == SECURITY_VERIFY);
	if (!c->tls) {
		fall_short(c, "cannot begin TLS", ENOMEM);
		pump(c);
		return;
	}
	c->shaking = true;
	shake(c);
}

/* What the engine wants */

static void
rest(struct conn *c)
{
	struct remote *r = c->remote;

	loop_want(r->loop, &c->watch, EPOLLIN);
	if (r->pool.idle.n >= r->pool.idle_max ||
	    c->client.mails >= POOL_MAILS_MAX) {
		client_quit(&c->client);
		pump(c);
		return;
	}
	conn_move(c, &r->pool.idle);
	loop_arm(r->loop, &c->timer,
	    r->loop->now_ms + POOL_IDLE_MS / r->hurry);
}

static void
tell(struct conn *c)
{
	if (c->used)
		c->user.result(c->user.owner, &c->client.result, c->ours);
}

/* The last action on a connection that may be freed by it is the last action
 * here. */
static void
pump(struct conn *c)
{
	struct slice view;
	unsigned pieces = 0;

	for (;;) {
		enum client_do next = client_next(&c->client, &view);

		if (next != CLIENT_RESULT && client_is_settled(&c->client))
			release(c, false);
		switch (next) {
		case CLIENT_RESULT:
			tell(c);
			break;
		case CLIENT_CLOSE:
			release(c, false);
			if (c->tls && !c->mute && !c->shaking)
				tls_bye(c->tls);
			conn_drop(c);
			return;
		case CLIENT_SEND:
			if (pieces < PIECES_AT_ONCE && send_some(c, view))
				break;
			wait_for(c, c->want_write ||
			    pieces >= PIECES_AT_ONCE);
			return;
		case CLIENT_BODY:
			if (pieces++ < PIECES_AT_ONCE) {
				read_piece(c);
				break;
			}
			wait_for(c, true);
			return;
		case CLIENT_READ:
			wait_for(c, false);
			return;
		case CLIENT_SECURE:
			begin_tls(c);
			return;
		case CLIENT_FREE:
			rest(c);
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

	trace(c, TRACE_HEARD, octets);
	while (octets.len) {
		octets = slice_skip(octets, client_feed(&c->client, octets));
		while (client_next(&c->client, &view) == CLIENT_RESULT)
			tell(c);
	}
}

/* true: more may be here already */
static bool
hear_tls(struct conn *c)
{
	char octets[HEARD_AT_ONCE];
	size_t n;

	switch (tls_read(c->tls, octets, sizeof octets, &n)) {
	case TLS_DONE:
		hear(c, slice_from(octets, n));
		return true;
	case TLS_WANT_WRITE:
		c->want_write = true;
		return false;
	case TLS_WANT_READ:
		return false;
	case TLS_END:
		client_lost(&c->client, "connection closed");
		return false;
	case TLS_BROKEN:
		c->mute = true;
		lose(c, tls_why(c->tls));
		return false;
	}
	return false;
}

static void
hear_clear(struct conn *c)
{
	char octets[HEARD_AT_ONCE];
	ssize_t n = recv(c->watch.fd, octets, sizeof octets, 0);

	if (n > 0)
		hear(c, slice_from(octets, (size_t)n));
	else if (n == 0)
		client_lost(&c->client, "connection closed");
	else if (errno != EAGAIN && errno != EINTR)
		lose(c, strerror(errno));
}

/* Decrypted octets don't wake the loop. */
static void
ready_tls(struct conn *c)
{
	unsigned n = 0;

	c->want_write = false;
	while (n < HEARINGS_AT_ONCE && hear_tls(c))
		n++;
	if (n == HEARINGS_AT_ONCE) loop_later(c->remote->loop, &c->chore);
}

static void
ready(void *owner, uint32_t events)
{
	struct conn *c = owner;

	if (c->shaking) {
		shake(c);
		return;
	}
	if (c->tls)
		ready_tls(c);
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		hear_clear(c);
	pump(c);
}

static void
timer_due(void *owner)
{
	struct conn *c = owner;

	if (c->shaking)
		fail_tls(c, "timed out");
	else if (c->list == &c->remote->pool.idle)
		conn_goodbye(c);
	else {
		client_lost(&c->client, "timed out");
		pump(c);
	}
}

/* The first words, and those behind HEARINGS_AT_ONCE. */
static void
run_chore(void *owner)
{
	struct conn *c = owner;

	if (c->tls && !c->shaking)
		ready(c, EPOLLIN);
	else if (c->client.secure && !c->tls && !c->client.over)
		begin_tls(c);
	else
		pump(c);
}

/* From outside */

static void
set_user(struct conn *c, struct conn_user const *user)
{
	struct target const *t = &c->target;
	struct client_order *o = &c->user.order;

	c->user = *user;
	c->used = true;
	c->ours = false;
	c->id = *user->id;
	o->hostname = c->remote->hostname;
	o->keep = c->remote->pool.idle_max > 0;
	o->lmtp = t->how == DELIVER_LMTP;
	o->login = t->login ? c->remote->login : NULL;
	conn_move(c, &c->remote->pool.busy);
	loop_later(c->remote->loop, &c->chore);
}

struct conn *
conn_open(struct remote *r, struct target const *target, int fd,
    char const *name, char const *where, bool clear,
    struct conn_user const *user)
{
	struct conn *c = malloc(sizeof *c);
	bool tls = target->security != SECURITY_NONE && target->port && !clear;

	if (!c) {
		close(fd);
		return NULL;
	}
	/* the engine clears itself */
	memset(c, 0, offsetof(struct conn, client));
	c->remote = r;
	c->target = *target;
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(c->where, sizeof c->where, "%s", where);
	c->watch = (struct watch){ .fd = -1, .ready = ready, .owner = c };
	c->timer = (struct timer){ .due = timer_due, .owner = c };
	c->chore = (struct chore){ .run = run_chore, .owner = c };
	set_user(c, user);
	c->user.order.tls = !tls ? CLIENT_TLS_NONE :
	    target->security == SECURITY_MAY ? CLIENT_TLS_MAY :
	    CLIENT_TLS_MUST;
	client_start(&c->client, &c->user.order,
	    tls && target->port == REMOTE_IMPLICIT_TLS);
	if (!loop_watch(r->loop, &c->watch, fd, EPOLLIN)) {
		fall_short(c, "cannot connect", errno);
		close(fd);
	}
	return c;
}

void
conn_reuse(struct conn *c, struct conn_user const *user)
{
	set_user(c, user);
	client_again(&c->client, &c->user.order);
}

bool
conn_is_committed(struct conn const *c)
{
	return client_committed(&c->client);
}

void
conn_lose(struct conn *c, char const *reason)
{
	c->shaking = false;
	c->mute = true;
	client_lost(&c->client, reason);
	loop_later(c->remote->loop, &c->chore);
}

void
conn_goodbye(struct conn *c)
{
	pool_leave(&c->remote->pool, c);
	client_quit(&c->client);
	pump(c);
}
