/* SPDX-License-Identifier: ISC */
/* Drives c-ares by the loop: it says which sockets it watches, we say what is
 * ready. Never reads the hosts file, and nothing at all inside the jail. */
#include <ares.h>
#include <arpa/nameser.h>
#include <stdio.h>
#include "common/resolver.h"

static void
rearm(void *owner)
{
	struct resolver *r = owner;
	struct timeval tv, *wait = ares_timeout(r->channel, NULL, &tv);

	if (wait)
		loop_arm(r->loop, &r->timer, r->loop->now_ms +
		    wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000);
	else
		loop_disarm(r->loop, &r->timer);
}

static void
timer_due(void *owner)
{
	struct resolver *r = owner;

	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	loop_later(r->loop, &r->rearm);
}

static void
socket_ready(void *owner, uint32_t events)
{
	struct resolver_socket *s = owner;
	struct resolver *r = s->resolver;
	ares_socket_t fd = s->watch.fd;

	ares_process_fd(r->channel,
	    events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? fd : ARES_SOCKET_BAD,
	    events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
	loop_later(r->loop, &r->rearm);
}

/* Where none is free the question goes unheard and ends by its time-out. */
static struct watch *
find_watch(struct resolver *r, ares_socket_t fd)
{
	struct watch *free_one = NULL;
	size_t i;

	for (i = 0; i < RESOLVER_SOCKETS_MAX; i++) {
		struct watch *w = &r->socket[i].watch;

		if (w->fd == fd) return w;
		if (w->fd == -1) free_one = w;
	}
	return free_one;
}

static void
socket_state(void *owner, ares_socket_t fd, int in, int out)
{
	struct resolver *r = owner;
	struct watch *w = find_watch(r, fd);
	uint32_t events = (in ? EPOLLIN : 0U) | (out ? EPOLLOUT : 0U);

	if (!w) return;
	if (!events)
		loop_forget(r->loop, w);
	else if (w->fd == fd)
		loop_want(r->loop, w, events);
	else
		loop_watch(r->loop, w, fd, events);
}

bool
resolver_open(struct resolver *r, struct loop *loop, char const *server,
    int wait_ms, char const **why)
{
	struct ares_options o = {
		/* NOCHECKRESP: a resolver's failure is told, not retried until
		 * it looks like something else */
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_EDNS |
		    ARES_FLAG_NOCHECKRESP,
		.timeout = wait_ms,
		.tries = RESOLVER_TRIES,
		.ednspsz = 1232,
		.lookups = (char[]){ "b" },
		.sock_state_cb = socket_state,
		.sock_state_cb_data = r
	};
	struct netaddr to;
	char list[NETADDR_HOST_MAX + 16];
	size_t i;

	*r = (struct resolver){ .loop = loop,
		.timer = { .due = timer_due, .owner = r },
		.rearm = { .run = rearm, .owner = r } };
	for (i = 0; i < RESOLVER_SOCKETS_MAX; i++) {
		struct resolver_socket *s = &r->socket[i];

		s->resolver = r;
		s->watch = (struct watch){ .fd = -1, .ready = socket_ready,
		    .owner = s };
	}
	if (server) {
		unsigned char octet[NETADDR_OCTETS];

		if (!netaddr_parse(&to, slice_of(server), why)) return false;
		if (!netaddr_ip(octet, slice_of(to.host))) {
			*why = "a resolver is given by its address";
			return false;
		}
		snprintf(list, sizeof list, netaddr_is_ip4(octet) ?
		    "%s:%u" : "[%s]:%u", to.host,
		    to.port ? to.port : NS_DEFAULTPORT);
	}
	*why = "the resolver library does not start";
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) return false;
	/* reads resolv.conf and seeds its query ids from /dev/urandom: inside
	 * the jail neither is there */
	if (ares_init_options(&r->channel, &o, ARES_OPT_FLAGS |
	    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
	    ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS)
		return false;
	return !server ||
	    ares_set_servers_ports_csv(r->channel, list) == ARES_SUCCESS;
}

/* c-ares refuses new servers while one of the old ones owes an answer. */
static void
change(struct resolver *r)
{
	if (!*r->servers || r->pending) return;
	ares_set_servers_csv(r->channel, r->servers);
	*r->servers = '\0';
}

bool
resolver_change(struct resolver *r, struct slice text)
{
	struct slice line, rest = text;
	size_t n = 0, len = 0;

	while (n < RESOLVER_SERVERS_MAX && slice_line(&rest, &line)) {
		unsigned char octet[NETADDR_OCTETS];
		char address[NETADDR_TEXT_MAX + 1];

		if (!slice_is(slice_word(&line), "nameserver") ||
		    !netaddr_ip(octet, slice_word(&line)))
			continue;
		len += (size_t)snprintf(r->servers + len,
		    sizeof r->servers - len, "%s%s", n++ ? "," : "",
		    netaddr_ip_format(address, octet));
	}
	change(r);
	return n > 0;
}

void
resolver_close(struct resolver *r)
{
	if (r->channel) ares_destroy(r->channel);
	r->channel = NULL;
	loop_disarm(r->loop, &r->timer);
	loop_not_later(r->loop, &r->rearm);
	ares_library_cleanup();
}

bool
resolver_begin(struct resolver *r)
{
	if (r->pending == RESOLVER_PENDING_MAX) return false;
	r->pending++;
	return true;
}

void
resolver_end(struct resolver *r)
{
	r->pending--;
	change(r);
}

void
resolver_ask(struct resolver *r, char const *name, int type,
    void (*answered)(void *, int, int, unsigned char *, int), void *owner)
{
	ares_query(r->channel, name, ns_c_in, type, answered, owner);
	loop_later(r->loop, &r->rearm);
}
