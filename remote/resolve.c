/* SPDX-License-Identifier: ISC */
/* A, AAAA and MX as c-ares reads them; never asks for localhost. */
#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
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

/* Answers */

static void
finish(void *owner)
{
	struct lookup *l = owner;
	enum resolved how = l->n4 + l->n6 ? RESOLVED_FOUND :
	    l->failed ? RESOLVED_FAILED : RESOLVED_NONE;

	resolver_end(l->resolver);
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

	resolver_end(l->resolver);
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
	/* both are counted first: an answer may come from within */
	l->asked = 2;
	resolver_ask(l->resolver, host, ns_t_a, take_a, l);
	resolver_ask(l->resolver, host, ns_t_aaaa, take_aaaa, l);
}

struct lookup *
resolve(struct resolver *r, char const *host,
    void (*done)(void *, enum resolved, struct address const *, size_t),
    void *owner)
{
	struct lookup *l;

	if (!resolver_begin(r)) return NULL;
	l = calloc(1, sizeof *l);
	if (!l) {
		resolver_end(r);
		return NULL;
	}
	*l = (struct lookup){ .resolver = r, .done = done, .owner = owner,
	    .chore = { .run = finish, .owner = l } };
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

	if (!resolver_begin(r)) return NULL;
	l = calloc(1, sizeof *l);
	if (!l) {
		resolver_end(r);
		return NULL;
	}
	*l = (struct lookup){ .resolver = r, .done_mx = done, .owner = owner,
	    .mx = calloc(1, sizeof *l->mx),
	    .chore = { .run = finish_mx, .owner = l } };
	if (!l->mx) {
		free(l);
		resolver_end(r);
		return NULL;
	}
	l->asked = 1;
	resolver_ask(r, domain, ns_t_mx, take_mx, l);
	return l;
}

void
lookup_cancel(struct lookup *l)
{
	l->done = NULL;
	l->done_mx = NULL;
}
