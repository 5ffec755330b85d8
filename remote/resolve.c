/* SPDX-License-Identifier: ISC */
/* A, AAAA and MX by c-ares, driven by the loop. The only file that sees c-ares;
 * never reads the hosts file and never asks for localhost. */
#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include "remote/resolve.h"

struct lookup {
	struct resolver *resolver;
	/* both NULL: cancelled */
	void (*done)(void *, enum resolved, struct address const *, size_t);
	void (*done_mx)(void *, enum resolved, struct mx const *);
	void *owner;
	struct chore chore;
	unsigned asked;		/* questions without an answer */
	bool failed;		/* one had none */
	bool no_name;		/* there is no such name */
	/* IPv4, then IPv6 */
	struct address address[RESOLVE_ADDRESSES_MAX];
	size_t n4, n6;
	struct mx *mx;		/* of resolve_mx */
};

static bool
ip(struct address *address, char const *text)
{
	return netaddr_ip(address->octet, slice_of(text));
}

/* Driving c-ares: it says which sockets it watches, we say what is ready. */

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

	for (i = 0; i < RESOLVE_SOCKETS_MAX; i++) {
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
		.tries = RESOLVE_TRIES,
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
	for (i = 0; i < RESOLVE_SOCKETS_MAX; i++) {
		struct resolver_socket *s = &r->socket[i];

		s->resolver = r;
		s->watch = (struct watch){ .fd = -1, .ready = socket_ready,
		    .owner = s };
	}
	if (server) {
		struct address literal;

		if (!netaddr_parse(&to, slice_of(server), why)) return false;
		if (!ip(&literal, to.host)) {
			*why = "a resolver is given by its address";
			return false;
		}
		snprintf(list, sizeof list, netaddr_is_ip4(literal.octet) ?
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

	while (n < RESOLVE_SERVERS_MAX && slice_line(&rest, &line)) {
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

/* Answers */

static void
finish(void *owner)
{
	struct lookup *l = owner;
	enum resolved how = l->n4 + l->n6 ? RESOLVED_FOUND :
	    l->failed ? RESOLVED_FAILED : RESOLVED_NONE;

	l->resolver->pending--;
	change(l->resolver);
	memmove(l->address + l->n4, l->address + MX_EACH_MAX,
	    l->n6 * sizeof *l->address);
	if (l->done) l->done(l->owner, how, l->address, l->n4 + l->n6);
	free(l);
}

static void
finish_mx(void *owner)
{
	struct lookup *l = owner;
	bool any = l->mx->hosts || l->mx->null || l->mx->odd;

	l->resolver->pending--;
	change(l->resolver);
	if (l->done_mx)
		l->done_mx(l->owner, l->failed ? RESOLVED_FAILED :
		    l->no_name ? RESOLVED_NO_NAME :
		    any ? RESOLVED_FOUND : RESOLVED_NONE, l->mx);
	free(l->mx);
	free(l);
}

/* One question has ended, status as c-ares has it: true when there is an
 * answer to parse. Whoever destroys the channel waits for nothing. */
static bool
answered(struct lookup *l, int status)
{
	l->asked--;
	if (status != ARES_SUCCESS && status != ARES_ENODATA &&
	    status != ARES_ENOTFOUND)
		l->failed = true;
	l->no_name = status == ARES_ENOTFOUND;
	if (!l->asked && status == ARES_EDESTRUCTION) {
		free(l->mx);
		free(l);
	} else if (!l->asked) {
		loop_later(l->resolver->loop, &l->chore);
	}
	return status == ARES_SUCCESS;
}

static void
take_a(void *owner, int status, int timeouts, unsigned char *answer, int len)
{
	struct lookup *l = owner;
	struct ares_addrttl found[MX_EACH_MAX];
	int i, n = MX_EACH_MAX;

	(void)timeouts;
	if (!answered(l, status)) return;
	status = ares_parse_a_reply(answer, len, NULL, found, &n);
	if (status == ARES_SUCCESS) {
		for (i = 0; i < n; i++) {
			unsigned char *to = l->address[l->n4++].octet;

			memset(to, 0, 10);
			memset(to + 10, 0xff, 2);
			memcpy(to + 12, &found[i].ipaddr, 4);
		}
	} else if (status != ARES_ENODATA) {
		l->failed = true;
	}
}

static void
take_aaaa(void *owner, int status, int timeouts, unsigned char *answer,
    int len)
{
	struct lookup *l = owner;
	struct ares_addr6ttl found[MX_EACH_MAX];
	int i, n = MX_EACH_MAX;

	(void)timeouts;
	if (!answered(l, status)) return;
	status = ares_parse_aaaa_reply(answer, len, NULL, found, &n);
	if (status == ARES_SUCCESS) {
		for (i = 0; i < n; i++)
			memcpy(l->address[MX_EACH_MAX + l->n6++].octet,
			    &found[i].ip6addr, NETADDR_OCTETS);
	} else if (status != ARES_ENODATA) {
		l->failed = true;
	}
}

static void
take_mx(void *owner, int status, int timeouts, unsigned char *answer, int len)
{
	struct lookup *l = owner;
	struct ares_mx_reply *list = NULL, *at;

	(void)timeouts;
	if (!answered(l, status)) return;
	status = ares_parse_mx_reply(answer, len, &list);
	if (status != ARES_SUCCESS && status != ARES_ENODATA) l->failed = true;
	for (at = list; at; at = at->next)
		mx_add(l->mx, slice_of(at->host), at->priority,
		    arc4random());
	if (list) ares_free_data(list);
}

static void
ask(struct lookup *l, char const *host)
{
	struct ares_channeldata *channel = l->resolver->channel;

	/* both are counted first: an answer may come from within */
	l->asked = 2;
	ares_query(channel, host, ns_c_in, ns_t_a, take_a, l);
	ares_query(channel, host, ns_c_in, ns_t_aaaa, take_aaaa, l);
	loop_later(l->resolver->loop, &l->resolver->rearm);
}

struct lookup *
resolve(struct resolver *r, char const *host,
    void (*done)(void *, enum resolved, struct address const *, size_t),
    void *owner)
{
	struct lookup *l;

	if (r->pending == RESOLVE_PENDING_MAX) return NULL;
	l = calloc(1, sizeof *l);
	if (!l) return NULL;
	*l = (struct lookup){ .resolver = r, .done = done, .owner = owner,
	    .chore = { .run = finish, .owner = l } };
	r->pending++;
	if (ip(&l->address[0], host)) {
		l->n4 = 1;
		loop_later(r->loop, &l->chore);
	} else if (slice_is_nocase(slice_of(host), "localhost")) {
		l->n4 = ip(&l->address[0], "127.0.0.1");
		l->n6 = ip(&l->address[MX_EACH_MAX], "::1");
		loop_later(r->loop, &l->chore);
	} else {
		ask(l, host);
	}
	return l;
}

struct lookup *
resolve_mx(struct resolver *r, char const *domain,
    void (*done)(void *, enum resolved, struct mx const *), void *owner)
{
	struct lookup *l;

	if (r->pending == RESOLVE_PENDING_MAX) return NULL;
	l = calloc(1, sizeof *l);
	if (!l) return NULL;
	*l = (struct lookup){ .resolver = r, .done_mx = done, .owner = owner,
	    .mx = calloc(1, sizeof *l->mx),
	    .chore = { .run = finish_mx, .owner = l } };
	if (!l->mx) {
		free(l);
		return NULL;
	}
	r->pending++;
	l->asked = 1;
	ares_query(r->channel, domain, ns_c_in, ns_t_mx, take_mx, l);
	loop_later(r->loop, &r->rearm);
	return l;
}

void
lookup_cancel(struct lookup *l)
{
	l->done = NULL;
	l->done_mx = NULL;
}
