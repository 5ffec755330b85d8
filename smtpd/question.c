/* SPDX-License-Identifier: ISC */
/* Asks for PTR, A and AAAA, and believes no more than it has to: names that
 * are none, and records beyond a number, are passed over. */
#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "smtpd/question.h"
#include "smtpd/reverse.h"

enum {
	IP4_FIRST = 12,		/* octets before an IPv4 address */
	LOOPBACK = 127
};

/* A name that the address is said to have. */
struct claim {
	struct question *question;
	char *name;
	bool proved;
};

struct question {
	struct resolver *resolver;
	unsigned char octet[NETADDR_OCTETS];
	void (*done)(void *owner, enum answer answer, char const *name);
	void *owner;
	struct chore chore;
	unsigned asked;		/* of the DNS, not answered yet */
	bool failed;		/* one was not answered at all */
	bool listed;
	struct claim claim[QUESTION_NAMES_MAX];
	size_t claims;
};

void
question_free(struct question *q)
{
	if (!q) return;
	loop_not_later(q->resolver->loop, &q->chore);
	while (q->claims)
		free(q->claim[--q->claims].name);
	free(q);
}

static void
finish(void *owner)
{
	struct question *q = owner;
	enum answer answer = q->listed ? ANSWER_YES :
	    q->failed ? ANSWER_UNKNOWN : ANSWER_NO;
	char const *name = NULL;
	size_t i;

	for (i = q->claims; i--;)
		if (q->claim[i].proved) name = q->claim[i].name;
	resolver_end(q->resolver);
	q->done(q->owner, name ? ANSWER_YES : answer, name);
	question_free(q);
}

/* answered - one of what was asked has ended, status as c-ares has it
 *   true  there is an answer to parse; finish runs later, if none is due */
static bool
answered(struct question *q, int status)
{
	/* whoever closes the resolver frees the questions */
	if (status == ARES_EDESTRUCTION) return false;
	if (status != ARES_SUCCESS && status != ARES_ENODATA &&
	    status != ARES_ENOTFOUND)
		q->failed = true;
	if (!--q->asked) loop_later(q->resolver->loop, &q->chore);
	return status == ARES_SUCCESS;
}

static void
parsed(struct question *q, int status)
{
	if (status != ARES_SUCCESS && status != ARES_ENODATA) q->failed = true;
}

static void
take_listing(void *owner, int status, int timeouts, unsigned char *text,
    int len)
{
	struct ares_addrttl found[QUESTION_ADDRESSES_MAX];
	struct question *q = owner;
	int i, n = QUESTION_ADDRESSES_MAX;

	(void)timeouts;
	if (!answered(q, status)) return;
	status = ares_parse_a_reply(text, len, NULL, found, &n);
	parsed(q, status);
	for (i = 0; status == ARES_SUCCESS && i < n; i++) {
		unsigned char o[sizeof found[i].ipaddr];

		memcpy(o, &found[i].ipaddr, sizeof o);
		if (o[0] == LOOPBACK && (o[1] != 255 || o[2] != 255))
			q->listed = true;
	}
}

static void
take_a(void *owner, int status, int timeouts, unsigned char *text, int len)
{
	struct ares_addrttl found[QUESTION_ADDRESSES_MAX];
	struct claim *claim = owner;
	struct question *q = claim->question;
	int i, n = QUESTION_ADDRESSES_MAX;

	(void)timeouts;
	if (!answered(q, status)) return;
	status = ares_parse_a_reply(text, len, NULL, found, &n);
	parsed(q, status);
	for (i = 0; status == ARES_SUCCESS && i < n; i++)
		claim->proved |= !memcmp(&found[i].ipaddr,
		    q->octet + IP4_FIRST, sizeof found[i].ipaddr);
}

static void
take_aaaa(void *owner, int status, int timeouts, unsigned char *text, int len)
{
	struct ares_addr6ttl found[QUESTION_ADDRESSES_MAX];
	struct claim *claim = owner;
	struct question *q = claim->question;
	int i, n = QUESTION_ADDRESSES_MAX;

	(void)timeouts;
	if (!answered(q, status)) return;
	status = ares_parse_aaaa_reply(text, len, NULL, found, &n);
	parsed(q, status);
	for (i = 0; status == ARES_SUCCESS && i < n; i++)
		claim->proved |= !memcmp(&found[i].ip6addr, q->octet,
		    NETADDR_OCTETS);
}

static void
add_claim(struct question *q, char const *text)
{
	struct slice name = slice_of(text);
	struct claim *claim = &q->claim[q->claims];
	size_t i;

	if (!netaddr_name(name) || name.len > NETADDR_HOST_MAX) return;
	for (i = 0; i < q->claims; i++)
		if (slice_is_nocase(name, q->claim[i].name)) return;
	claim->name = malloc(name.len + 1);
	if (!claim->name) {
		q->failed = true;
		return;
	}
	for (i = 0; i < name.len; i++)
		claim->name[i] = slice_lower(text[i]);
	claim->name[i] = '\0';
	claim->question = q;
	q->claims++;
}

static void
take_ptr(void *owner, int status, int timeouts, unsigned char *text, int len)
{
	struct question *q = owner;
	bool ip4 = netaddr_is_ip4(q->octet);
	struct hostent *host = NULL;
	char **name;
	size_t i;

	(void)timeouts;
	if (!answered(q, status)) return;
	status = ares_parse_ptr_reply(text, len, q->octet, NETADDR_OCTETS,
	    AF_INET6, &host);
	parsed(q, status);
	if (status != ARES_SUCCESS) return;
	for (name = host->h_aliases; *name; name++)
		if (q->claims < QUESTION_NAMES_MAX) add_claim(q, *name);
	ares_free_hostent(host);
	if (!q->claims) return;
	/* all are counted first: an answer may come from within */
	loop_not_later(q->resolver->loop, &q->chore);
	q->asked = (unsigned)q->claims;
	for (i = 0; i < q->claims; i++)
		resolver_ask(q->resolver, q->claim[i].name,
		    ip4 ? ns_t_a : ns_t_aaaa, ip4 ? take_a : take_aaaa,
		    &q->claim[i]);
}

static struct question *
ask(struct resolver *resolver, struct question start, char const *zone,
    int type, void (*answer)(void *, int, int, unsigned char *, int))
{
	struct question *q;
	char name[REVERSE_MAX + 1];

	if (!resolver_begin(resolver)) return NULL;
	q = malloc(sizeof *q);
	if (!q) {
		resolver_end(resolver);
		return NULL;
	}
	*q = start;
	q->resolver = resolver;
	q->chore = (struct chore){ .run = finish, .owner = q };
	q->asked = 1;
	reverse_format(name, q->octet, zone);
	resolver_ask(resolver, name, type, answer, q);
	return q;
}

struct question *
question_name(struct resolver *resolver,
    unsigned char const octet[NETADDR_OCTETS],
    void (*done)(void *owner, enum answer answer, char const *name),
    void *owner)
{
	struct question start = { .done = done, .owner = owner };

	memcpy(start.octet, octet, NETADDR_OCTETS);
	return ask(resolver, start, NULL, ns_t_ptr, take_ptr);
}

struct question *
question_listed(struct resolver *resolver,
    unsigned char const octet[NETADDR_OCTETS], char const *zone,
    void (*done)(void *owner, enum answer answer, char const *name),
    void *owner)
{
	struct question start = { .done = done, .owner = owner };

	memcpy(start.octet, octet, NETADDR_OCTETS);
	return ask(resolver, start, zone, ns_t_a, take_listing);
}
