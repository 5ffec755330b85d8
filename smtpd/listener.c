/* SPDX-License-Identifier: ISC */
/* Binds and accepts; says nothing to a client but that there are too many. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/log.h"
#include "smtpd/listener.h"

union address {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

/* IPv4 as ::ffff:0:0/96, as in netaddr.h */
enum { IP4_AT = 12 };

static socklen_t
set_address(union address *a, struct netaddr const *at)
{
	unsigned char octet[NETADDR_OCTETS];

	*a = (union address){ .ip6 = { .sin6_family = AF_INET6 } };
	if (!netaddr_ip(octet, slice_of(at->host))) return 0;
	if (netaddr_is_ip4(octet)) {
		a->ip4 = (struct sockaddr_in){ .sin_family = AF_INET,
			.sin_port = htons((uint16_t)at->port) };
		memcpy(&a->ip4.sin_addr, octet + IP4_AT, 4);
		return sizeof a->ip4;
	}
	a->ip6.sin6_port = htons((uint16_t)at->port);
	memcpy(&a->ip6.sin6_addr, octet, sizeof octet);
	return sizeof a->ip6;
}

static bool
set_option(int fd, int level, int name)
{
	return setsockopt(fd, level, name, &(int){ 1 }, sizeof(int)) == 0;
}

bool
listener_bind(struct listener *l, struct netaddr const *at)
{
	union address a;
	socklen_t len = set_address(&a, at);
	int e, fd;

	l->watch.fd = l->fd = -1;
	if (!len) {
		errno = EINVAL;
		return false;
	}
	fd = socket(a.any.sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1) return false;
	if (!set_option(fd, SOL_SOCKET, SO_REUSEADDR)) goto undo;
	/* connections inherit it: our replies are never worth waiting with */
	if (!set_option(fd, IPPROTO_TCP, TCP_NODELAY)) goto undo;
	if (a.any.sa_family == AF_INET6 &&
	    !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		goto undo;
	if (bind(fd, &a.any, len) == -1) goto undo;
	if (listen(fd, LISTENER_BACKLOG) == -1) goto undo;
	l->fd = fd;
	return true;
undo:
	e = errno;
	close(fd);
	errno = e;
	return false;
}

bool
listener_adopt(struct listener *l, int fd)
{
	int listens = 0, flags;
	socklen_t len = sizeof listens;

	l->watch.fd = l->fd = -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == -1)
		return false;
	if (!listens) {
		errno = EINVAL;
		return false;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return false;
	/* a Unix socket has no such option, and no need of it */
	set_option(fd, IPPROTO_TCP, TCP_NODELAY);
	l->fd = fd;
	return true;
}

void
listener_peer_text(int fd, char *text)
{
	unsigned char octet[NETADDR_OCTETS] = { [10] = 0xff, [11] = 0xff };
	union address a = { .any = { .sa_family = AF_UNSPEC } };
	socklen_t len = sizeof a;

	*text = '\0';
	if (getpeername(fd, &a.any, &len) == -1) return;
	if (a.any.sa_family == AF_INET)
		memcpy(octet + IP4_AT, &a.ip4.sin_addr, 4);
	else if (a.any.sa_family == AF_INET6)
		memcpy(octet, &a.ip6.sin6_addr, sizeof octet);
	else
		return;
	netaddr_ip_format(text, octet);
}

static void
turn_away(struct listener *l, int fd, char const *client)
{
	char reply[REPLY_MAX];
	size_t len = reply_format(reply, REPLY_TOO_MANY_SESSIONS,
	    l->conns->rules.hostname, slice_from(NULL, 0));
	/* a handshake would be what there is too much of */
	ssize_t sent = l->secure ? 0
	    : send(fd, reply, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)sent; /* it may have gone; so does the connection */
	close(fd);
	log_event("refused", LOG_TEXT("client", client),
	    LOG_SLICE("reply", slice_from(reply, len - 2)));
	refusals_add(&l->conns->pool.refusals, (struct refusals_line){ NULL, 0 },
	    slice_from(reply, len - 2), l->conns->rules.hostname);
}

static void
enter(struct listener *l, int fd)
{
	char client[NETADDR_TEXT_MAX + 1];

	listener_peer_text(fd, client);
	if (l->conns->n >= l->sessions_max)
		turn_away(l, fd, client);
	else if (!conn_open(l->conns, fd, fd, client, l->secure))
		log_event("cannot-serve", LOG_TEXT("client", client),
		    LOG_SYS(errno));
}

static void
rested(void *owner)
{
	struct listener *l = owner;

	loop_want(l->conns->loop, &l->watch, EPOLLIN);
}

static void
ready(void *owner, uint32_t events)
{
	struct listener *l = owner;
	struct loop *loop = l->conns->loop;
	int i, fd;

	(void)events;
	for (i = 0; i < LISTENER_BATCH; i++) {
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd != -1) {
			enter(l, fd);
		} else if (errno == EAGAIN) {
			return;
		} else if (errno == EMFILE || errno == ENFILE ||
		    errno == ENOBUFS || errno == ENOMEM) {
			/* it would stay readable */
			log_event("cannot-accept", LOG_SYS(errno));
			loop_want(loop, &l->watch, 0);
			loop_arm(loop, &l->rest,
			    loop->now_ms + LISTENER_REST_MS);
			return;
		}
		/* any other error is that connection's own: see accept(2) */
	}
}

bool
listener_open(struct listener *l)
{
	l->watch.ready = ready;
	l->watch.owner = l;
	l->rest = (struct timer){ .due = rested, .owner = l };
	return loop_watch(l->conns->loop, &l->watch, l->fd, EPOLLIN);
}

void
listener_close(struct listener *l)
{
	if (l->fd == -1) return;
	loop_disarm(l->conns->loop, &l->rest);
	loop_forget(l->conns->loop, &l->watch);
	close(l->fd);
	l->fd = -1;
}
