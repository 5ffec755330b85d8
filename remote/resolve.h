/* SPDX-License-Identifier: ISC */
/* From a host's name to its addresses, and from a domain to its mail
 * exchangers, without waiting. Opened before the jail
 * closes; afterwards nothing is read but what the resolver says. */
#ifndef MAILGRAVE_RESOLVE_H
#define MAILGRAVE_RESOLVE_H

#include "common/loop.h"
#include "common/netaddr.h"
#include "remote/mx.h"

enum {
	RESOLVE_ADDRESSES_MAX = 2 * MX_EACH_MAX,
	RESOLVE_SERVERS_MAX = 3,	/* resolv.conf(5), MAXNS */
	RESOLVE_SOCKETS_MAX = 16,	/* UDP and TCP to 8 resolvers */
	RESOLVE_PENDING_MAX = 20000,	/* lookups at a time */
	RESOLVE_WAIT_MS = 2000,	/* for the first answer; then twice and four
				 * times that */
	RESOLVE_TRIES = 3
};

enum resolved {
	RESOLVED_FOUND,
	RESOLVED_NONE,		/* the name has nothing of that kind */
	RESOLVED_NO_NAME,	/* MX only: there is no such domain */
	RESOLVED_FAILED		/* the resolver does not say */
};

struct ares_channeldata;

struct resolver {
	struct loop *loop;
	struct ares_channeldata *channel;
	struct resolver_socket {
		struct watch watch;
		struct resolver *resolver;
	} socket[RESOLVE_SOCKETS_MAX];
	struct timer timer;
	struct chore rearm;
	size_t pending;
	char servers[RESOLVE_SERVERS_MAX * (NETADDR_TEXT_MAX + 1)];	/* to
					 * change to, with commas; empty: none
					 * are */
};

/* resolver_open - reads the system's list of resolvers, or takes server
 *   server   "ADDRESS" or "ADDRESS:PORT"; NULL: the system's
 *   wait_ms  RESOLVE_WAIT_MS; tests are in more of a hurry
 *   false    *why says what the operator has to mend */
bool resolver_open(struct resolver *r, struct loop *loop, char const *server,
    int wait_ms, char const **why);

/* resolver_change - ask the servers that this text names, as resolv.conf(5)
 * has it; from the time on when nobody is being asked
 *   false  it names none: all stays as it is */
bool resolver_change(struct resolver *r, struct slice text);

/* resolver_close - done isn't called for what is pending */
void resolver_close(struct resolver *r);

struct lookup;

/* resolve - look up a name or an address as text; localhost is never asked for
 *   done  called once, later, never from here; IPv4 comes first, for a black
 *         hole costs more than a missing route
 *   returns what lookup_cancel takes, or NULL: no memory, or too many */
struct lookup *resolve(struct resolver *r, char const *host,
    void (*done)(void *owner, enum resolved how, struct address const *address,
    size_t n), void *owner);

/* resolve_mx - look up a domain's mail exchangers; as resolve does
 *   mx  not settled; lives until done returns */
struct lookup *resolve_mx(struct resolver *r, char const *domain,
    void (*done)(void *owner, enum resolved how, struct mx const *mx),
    void *owner);

/* lookup_cancel - done isn't called any more */
void lookup_cancel(struct lookup *lookup);

#endif
