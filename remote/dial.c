/* SPDX-License-Identifier: ISC */
/* Connects without waiting, one address after the other; never says a word. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include "remote/dial.h"

union name {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
};

static socklen_t
fill(union name *name, struct address const *address, unsigned port)
{
	*name = (union name){ .in6 = { .sin6_family = AF_INET6 } };
	if (netaddr_is_ip4(address->octet)) {
		name->in4.sin_family = AF_INET;
		name->in4.sin_port = htons((uint16_t)port);
		memcpy(&name->in4.sin_addr, address->octet + 12, 4);
		return sizeof name->in4;
	}
	name->in6.sin6_port = htons((uint16_t)port);
	memcpy(&name->in6.sin6_addr, address->octet, NETADDR_OCTETS);
	return sizeof name->in6;
}

/* Each write of ours is as large as it can be; waiting for more to fill a
 * segment would only cost time. */
static int
open_socket(int family)
{
	int on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd != -1)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static void
hang_up(struct dial *d)
{
	int fd = d->watch.fd;

	loop_disarm(d->loop, &d->timer);
	if (fd == -1) return;
	loop_forget(d->loop, &d->watch);
	close(fd);
}

static void
end(struct dial *d)
{
	int fd = d->watch.fd;

	loop_disarm(d->loop, &d->timer);
	if (fd != -1) loop_forget(d->loop, &d->watch);
	d->done(d->owner, fd, d->error);
}

/* 0: under way; else errno */
static int
call(struct dial *d)
{
	union name name;
	socklen_t len = fill(&name, &d->address[d->at], d->port);
	int e, fd = open_socket(name.any.sa_family);

	if (fd == -1) return errno;
	if (connect(fd, &name.any, len) == 0 || errno == EINPROGRESS) {
		loop_arm(d->loop, &d->timer, d->loop->now_ms + d->wait_ms);
		/* writable when connected, also if that was at once */
		if (loop_watch(d->loop, &d->watch, fd, EPOLLOUT)) return 0;
		loop_disarm(d->loop, &d->timer);
	}
	e = errno;
	close(fd);
	return e;
}

/* The address at hand, or the next that is not refused out of hand. */
static void
go_on(struct dial *d)
{
	int error;

	for (; d->at < d->addresses; d->at++) {
		error = call(d);
		if (!error) return;
		if (!d->error) d->error = error;
	}
	d->at = 0;
	end(d);
}

static void
fail(struct dial *d, int error)
{
	hang_up(d);
	if (!d->error) d->error = error;
	d->at++;
	go_on(d);
}

static void
ready(void *owner, uint32_t events)
{
	struct dial *d = owner;
	int error = 0;
	socklen_t len = sizeof error;

	(void)events;
	if (getsockopt(d->watch.fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error)
		fail(d, error);
	else
		end(d);
}

static void
timer_due(void *owner)
{
	fail(owner, ETIMEDOUT);
}

static void
begin(void *owner)
{
	go_on(owner);
}

void
dial_start(struct dial *d)
{
	d->at = 0;
	d->error = 0;
	d->watch = (struct watch){ .fd = -1, .ready = ready, .owner = d };
	d->timer = (struct timer){ .due = timer_due, .owner = d };
	d->begin = (struct chore){ .run = begin, .owner = d };
	loop_later(d->loop, &d->begin);
}

void
dial_cancel(struct dial *d)
{
	loop_not_later(d->loop, &d->begin);
	hang_up(d);
}
