/* SPDX-License-Identifier: ISC */
/* Connects without waiting, to several addresses with small delays between;
 * never says a word. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "remote/dial.h"

union name {
	struct sockaddr any;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
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

/* 0: it doesn't fit */
static socklen_t
fill_path(union name *name, char const *path)
{
	size_t len = strlen(path);

	*name = (union name){ .un = { .sun_family = AF_UNIX } };
	if (len >= sizeof name->un.sun_path) return 0;
	memcpy(name->un.sun_path, path, len);
	return sizeof name->un;
}

/* Each write of ours is as large as it can be; waiting for more to fill a
 * segment would only cost time. */
static int
open_socket(struct dial const *d, int family)
{
	int on = 1, e;
	bool ip4 = family == AF_INET;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	union name name;
	socklen_t len;

	if (fd == -1 || family == AF_UNIX) return fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (!d->has_source || !d->has_source[ip4]) return fd;
	/* the port is chosen when it is known where to: else all calls from
	 * here would share the same few thousand (ip(7)) */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	len = fill(&name, &d->source[ip4], 0);
	if (bind(fd, &name.any, len) == 0) return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

static void
hang_up(struct dial_call *c)
{
	int fd = c->watch.fd;

	loop_disarm(c->dial->loop, &c->timer);
	if (fd == -1) return;
	loop_forget(c->dial->loop, &c->watch);
	close(fd);
}

static void
hang_up_all(struct dial *d)
{
	size_t i;

	loop_disarm(d->loop, &d->stagger);
	for (i = 0; i < DIAL_AT_ONCE; i++)
		if (d->call[i].dial) hang_up(&d->call[i]);
}

/* 0: under way; else errno */
static int
call(struct dial *d, struct dial_call *c, struct candidate *place)
{
	union name name;
	socklen_t len = place ? fill(&name, &place->address, d->port) :
	    fill_path(&name, d->path);
	int e, fd;

	if (!len) return ENAMETOOLONG;
	fd = open_socket(d, name.any.sa_family);
	if (fd == -1) return errno;
	c->place = place;
	if (connect(fd, &name.any, len) == 0 || errno == EINPROGRESS) {
		loop_arm(d->loop, &c->timer, d->loop->now_ms + d->wait_ms);
		/* writable when connected, also if that was at once */
		if (loop_watch(d->loop, &c->watch, fd, EPOLLOUT)) return 0;
		loop_disarm(d->loop, &c->timer);
	}
	e = errno;
	close(fd);
	return e;
}

/* The next to be called; NULL: none is left. */
static struct candidate *
next_place(struct dial const *d)
{
	size_t i;

	for (i = 0; i < d->places->n; i++) {
		struct candidate *place = &d->places->at[i];
		size_t k;

		for (k = 0; k < DIAL_AT_ONCE; k++)
			if (d->call[k].watch.fd != -1 &&
			    d->call[k].place == place)
				break;
		if (d->only && place != d->only) continue;
		if (!place->done && k == DIAL_AT_ONCE) return place;
	}
	return NULL;
}

static void
give_up(struct dial *d)
{
	loop_disarm(d->loop, &d->stagger);
	d->done(d->owner, -1, NULL, d->error);
}

/* Calls the next one if it may be called now: at once when nobody is being
 * called, after the delay when its equals are. */
static void
go_on(struct dial *d)
{
	for (;;) {
		struct candidate *place = next_place(d);
		struct dial_call *idle = NULL, *busy = NULL;
		size_t i;
		int error;

		for (i = 0; i < DIAL_AT_ONCE; i++)
			if (d->call[i].watch.fd == -1)
				idle = &d->call[i];
			else
				busy = &d->call[i];
		if (!place && !busy) {
			give_up(d);
			return;
		}
		if (!place || !idle ||
		    (busy && busy->place->tier != place->tier))
			return;
		error = call(d, idle, place);
		if (!error) {
			loop_arm(d->loop, &d->stagger,
			    d->loop->now_ms + DIAL_STAGGER_MS);
			return;
		}
		if (!d->error) d->error = error;
		place->done = true;
	}
}

static void
fail(struct dial_call *c, int error)
{
	struct dial *d = c->dial;

	hang_up(c);
	if (!d->error) d->error = error;
	if (!c->place) {
		give_up(d);
		return;
	}
	c->place->done = true;
	go_on(d);
}

static void
ready(void *owner, uint32_t events)
{
	struct dial_call *c = owner;
	struct dial *d = c->dial;
	int fd = c->watch.fd, error = 0;
	socklen_t len = sizeof error;

	(void)events;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error) {
		fail(c, error);
		return;
	}
	loop_forget(d->loop, &c->watch);
	hang_up_all(d);
	loop_disarm(d->loop, &c->timer);
	d->done(d->owner, fd, c->place, 0);
}

static void
timer_due(void *owner)
{
	fail(owner, ETIMEDOUT);
}

static void
stagger_due(void *owner)
{
	go_on(owner);
}

static void
begin(void *owner)
{
	struct dial *d = owner;

	if (d->path) {
		d->error = call(d, &d->call[0], NULL);
		if (d->error) give_up(d);
	} else {
		go_on(d);
	}
}

void
dial_start(struct dial *d)
{
	size_t i;

	d->error = 0;
	for (i = 0; i < DIAL_AT_ONCE; i++) {
		struct dial_call *c = &d->call[i];

		*c = (struct dial_call){ .dial = d,
			.watch = { .fd = -1, .ready = ready, .owner = c },
			.timer = { .due = timer_due, .owner = c } };
	}
	d->stagger = (struct timer){ .due = stagger_due, .owner = d };
	d->begin = (struct chore){ .run = begin, .owner = d };
	loop_later(d->loop, &d->begin);
}

void
dial_cancel(struct dial *d)
{
	loop_not_later(d->loop, &d->begin);
	hang_up_all(d);
}
