/* SPDX-License-Identifier: ISC */
/* Questions to the DNS without waiting: c-ares in our loop. Opened before the
 * jail closes; afterwards nothing is read but what the servers say. What an
 * answer means is for the caller to read, with the parsers of c-ares. */
#ifndef MAILGRAVE_RESOLVER_H
#define MAILGRAVE_RESOLVER_H

#include "common/loop.h"
#include "common/netaddr.h"

enum {
	RESOLVER_SERVERS_MAX = 3,	/* resolv.conf(5), MAXNS */
	RESOLVER_SOCKETS_MAX = 16,	/* UDP and TCP to 8 resolvers */
	RESOLVER_PENDING_MAX = 20000,	/* look-ups at a time */
	RESOLVER_WAIT_MS = 2000,	/* for the first answer; then twice and
				 * four times that */
	RESOLVER_TRIES = 3
};

struct ares_channeldata;

struct resolver {
	struct loop *loop;
	struct ares_channeldata *channel;
	struct resolver_socket {
		struct watch watch;
		struct resolver *resolver;
	} socket[RESOLVER_SOCKETS_MAX];
	struct timer timer;
	struct chore rearm;
	size_t pending;
	char servers[RESOLVER_SERVERS_MAX * (NETADDR_TEXT_MAX + 1)];	/* to
					 * change to, with commas; empty: none
					 * are */
};

/* resolver_open - reads the system's list of resolvers, or takes server
 *   server   "ADDRESS" or "ADDRESS:PORT"; NULL: the system's
 *   wait_ms  RESOLVER_WAIT_MS; tests are in more of a hurry
 *   false    *why says what the operator has to mend */
bool resolver_open(struct resolver *r, struct loop *loop, char const *server,
    int wait_ms, char const **why);

/* resolver_change - ask the servers that this text names, as resolv.conf(5)
 * has it; from the time on when nobody is being asked
 *   false  it names none: all stays as it is */
bool resolver_change(struct resolver *r, struct slice text);

/* resolver_close - done isn't called for what is pending */
void resolver_close(struct resolver *r);

/* resolver_begin - a look-up, of one question or several, is counted until
 * resolver_end; false: there are too many */
bool resolver_begin(struct resolver *r);
void resolver_end(struct resolver *r);

/* resolver_ask - one question, counted by nobody
 *   type      as arpa/nameser.h has it
 *   answered  an ares_callback: called once, maybe from here, also with
 *             ARES_EDESTRUCTION by resolver_close */
void resolver_ask(struct resolver *r, char const *name, int type,
    void (*answered)(void *owner, int status, int timeouts,
    unsigned char *answer, int len), void *owner);

#endif
