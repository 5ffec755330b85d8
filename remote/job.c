/* SPDX-License-Identifier: ISC */
/* Does what the client engine wants, on a connection that dial made. Reads the
 * message with pread alone; never writes one anywhere but to its host. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "remote/job.h"

enum {
	HEARD_AT_ONCE = 4096,	/* octets read at a time */
	PIECES_AT_ONCE = 16	/* sent before others have their turn */
};

static void
trace(struct job *j, enum trace_side side, struct slice octets)
{
	if (!j->remote->verbose) return;
	trace_feed(side == TRACE_SAID ? &j->said : &j->heard, side,
	    j->remote->by_hand ? NULL : &j->id, octets);
}

/* A shortage of this machine: no fault of the other side, no attempt. */
static void
fall_short(struct job *j, char const *what, int error)
{
	char words[128];

	j->ours = true;
	snprintf(words, sizeof words, "%s: %s", what, strerror(error));
	client_end(&j->client, VERDICT_TEMP, "4.3.0", words);
}

static void
hang_up(struct job *j)
{
	int fd = j->watch.fd;

	loop_disarm(j->remote->loop, &j->timer);
	if (fd == -1) return;
	loop_forget(j->remote->loop, &j->watch);
	close(fd);
}

void
job_cancel(struct job *j)
{
	loop_not_later(j->remote->loop, &j->chore);
	if (j->lookup) lookup_cancel(j->lookup);
	j->lookup = NULL;
	dial_cancel(&j->dial);
	hang_up(j);
	close(j->message);
}

bool
job_is_committed(struct job const *j)
{
	return client_committed(&j->client);
}

static void
tell(struct job *j)
{
	struct job_result r = { .client = &j->client.result,
		.where = slice_of(j->where), .ours = j->ours };

	j->result(j->owner, &r);
}

/* The connection */

static void
read_piece(struct job *j)
{
	char piece[CLIENT_PIECE_MAX], announce[64];
	uint64_t left = j->order.size - j->client.taken;
	size_t most = left < sizeof piece ? (size_t)left : sizeof piece;
	ssize_t n;

	if (!j->client.taken) {
		snprintf(announce, sizeof announce,
		    "(message of %llu octets)\n",
		    (unsigned long long)j->order.size);
		trace(j, TRACE_SAID, slice_of(announce));
	}
	do
		n = pread(j->message, piece, most, (off_t)j->client.taken);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		client_body(&j->client, slice_from(piece, (size_t)n));
	else
		fall_short(j, "cannot read the message",
		    n == -1 ? errno : ENODATA);
}

static void
lose(struct job *j, int error)
{
	char reason[128];

	snprintf(reason, sizeof reason, "connection lost (%s)",
	    strerror(error));
	client_lost(&j->client, reason);
}

/* false: not now */
static bool
send_some(struct job *j, struct slice view)
{
	ssize_t n;

	if (j->watch.fd == -1 || j->mute) return false;
	n = send(j->watch.fd, view.s, view.len, MSG_NOSIGNAL);
	if (n == -1 && errno == EINTR) return true;
	if (n == -1 && (errno == EPIPE || errno == ECONNRESET)) {
		/* what they said before they hung up may be their reason */
		j->mute = true;
		return false;
	}
	if (n == -1) {
		if (errno == EAGAIN) return false;
		/* they don't know of it and would wait, as we would */
		lose(j, errno);
		return true;
	}
	view.len = (size_t)n;
	if (!client_in_text(&j->client)) trace(j, TRACE_SAID, view);
	client_sent(&j->client, view.len);
	return true;
}

static void
wait_for(struct job *j, uint32_t events)
{
	struct loop *loop = j->remote->loop;

	if (j->watch.fd == -1) return;
	loop_want(loop, &j->watch, j->mute ? EPOLLIN : EPOLLIN | events);
	if (j->turn == j->client.turn && timer_is_armed(&j->timer)) return;
	j->turn = j->client.turn;
	loop_arm(loop, &j->timer, loop->now_ms +
	    client_wait_s(&j->client) * INT64_C(1000) / j->remote->hurry);
}

static void
pump(struct job *j)
{
	struct slice view;
	unsigned pieces = 0;

	for (;;) {
		switch (client_next(&j->client, &view)) {
		case CLIENT_RESULT:
			tell(j);
			break;
		case CLIENT_CLOSE:
			job_cancel(j);
			j->ended(j->owner);
			return;
		case CLIENT_SEND:
			if (pieces < PIECES_AT_ONCE && send_some(j, view))
				break;
			wait_for(j, EPOLLOUT);
			return;
		case CLIENT_BODY:
			pieces++;
			read_piece(j);
			break;
		case CLIENT_READ:
			wait_for(j, 0);
			return;
		}
	}
}

/* Results between two replies are told before the second one is heard. */
static void
hear(struct job *j, struct slice octets)
{
	struct slice view;

	trace(j, TRACE_HEARD, octets);
	while (octets.len) {
		octets = slice_skip(octets, client_feed(&j->client, octets));
		while (client_next(&j->client, &view) == CLIENT_RESULT)
			tell(j);
	}
}

static void
ready(void *owner, uint32_t events)
{
	struct job *j = owner;
	char octets[HEARD_AT_ONCE];
	ssize_t n;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		n = recv(j->watch.fd, octets, sizeof octets, 0);
		if (n > 0)
			hear(j, slice_from(octets, (size_t)n));
		else if (n == 0)
			client_lost(&j->client, "connection closed");
		else if (errno != EAGAIN && errno != EINTR)
			lose(j, errno);
	}
	pump(j);
}

static void
timer_due(void *owner)
{
	struct job *j = owner;

	client_lost(&j->client, "timed out");
	pump(j);
}

/* On the way to it */

static void
set_where(struct job *j)
{
	char address[NETADDR_TEXT_MAX + 1];

	netaddr_ip_format(address, j->dial.address[j->dial.at].octet);
	snprintf(j->where, sizeof j->where, "%s[%s]:%u", j->to.host, address,
	    j->to.port);
}

static bool
is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	    error == ENOBUFS || error == ENOSPC;
}

static void
dialled(void *owner, int fd, int error)
{
	struct job *j = owner;
	char words[128];

	if (fd == -1 && is_shortage(error)) {
		fall_short(j, "cannot connect", error);
	} else if (fd == -1) {
		snprintf(words, sizeof words, "cannot connect: %s",
		    strerror(error));
		client_end(&j->client, VERDICT_TEMP, "4.4.1", words);
	} else {
		set_where(j);
		if (!loop_watch(j->remote->loop, &j->watch, fd, EPOLLIN)) {
			fall_short(j, "cannot connect", errno);
			close(fd);
		}
	}
	pump(j);
}

/* That a host has no address is temporary: it was named by the operator, who
 * can mend it. */
static void
looked_up(void *owner, enum resolved how, struct address const *address,
    size_t n)
{
	struct job *j = owner;

	j->lookup = NULL;
	switch (how) {
	case RESOLVED_FOUND:
		memcpy(j->dial.address, address, n * sizeof *address);
		j->dial.addresses = n;
		dial_start(&j->dial);
		return;
	case RESOLVED_NONE:
		client_end(&j->client, VERDICT_TEMP, "4.4.4",
		    "the relay's name has no address");
		break;
	case RESOLVED_FAILED:
		client_end(&j->client, VERDICT_TEMP, "4.4.3",
		    "the resolver does not say where the relay is");
		break;
	}
	pump(j);
}

static void
begin(void *owner)
{
	pump(owner);
}

void
job_start(struct job *j)
{
	struct remote *r = j->remote;

	client_start(&j->client, &j->order);
	j->lookup = NULL;
	j->watch = (struct watch){ .fd = -1, .ready = ready, .owner = j };
	j->timer = (struct timer){ .due = timer_due, .owner = j };
	j->chore = (struct chore){ .run = begin, .owner = j };
	j->dial = (struct dial){ .loop = r->loop, .port = j->to.port,
	    .wait_ms = DIAL_WAIT_MS / r->hurry, .done = dialled, .owner = j,
	    .watch = { .fd = -1 } };
	j->mute = j->ours = false;
	j->said.len = j->heard.len = 0;
	*j->where = '\0';
	if (!*j->to.host) {
		client_end(&j->client, VERDICT_TEMP, "4.3.5", j->why);
	} else {
		snprintf(j->where, sizeof j->where, "%s:%u", j->to.host,
		    j->to.port);
		j->lookup = resolve(&r->resolver, j->to.host, looked_up, j);
		if (!j->lookup)
			fall_short(j, "cannot look up the relay", ENOMEM);
	}
	loop_later(r->loop, &j->chore);
}
