/* SPDX-License-Identifier: ISC */
/* One client connection in the loop: octets between its descriptors and the
 * session engine, deadlines, back pressure both ways. */
#ifndef MAILGRAVE_SMTPD_CONN_H
#define MAILGRAVE_SMTPD_CONN_H

#include "common/loop.h"
#include "smtpd/entrance.h"
#include "smtpd/policy.h"
#include "smtpd/pool.h"
#include "smtpd/session.h"

enum {
	CONN_INPUT_MAX = TEXT_PIECE_MAX,	/* octets read at a time */
	CONN_COMMANDS_MAX = 4096,	/* of them octets of commands: others
					 * want their turn, too */
	CONN_REPLIES_MAX = 32768,	/* octets of replies not yet written;
					 * then the client has to read first */
	CONN_KEPT_MAX = 2 << 20,	/* octets kept of what all clients have
					 * said early and not heard yet; beyond,
					 * they stay with the clients */
	CONN_SHAKING_MS = 2 * 1000,	/* for a handshake, whoever waits */
	CONN_LOOKUP_MS = 10 * 1000,	/* for all that the DNS has to say of a
					 * client */
	CONN_HEADER_MS = 10 * 1000,	/* for the header of a proxy */
	CONN_LINGER_MS = 2 * 1000	/* for a client to read a last reply
					 * while it is still sending */
};

/* How long a client may take, in seconds. */
struct conn_times {
	unsigned long long command;	/* to say one */
	unsigned long long text;	/* to say more of a message */
	unsigned long long transaction;	/* from MAIL to its end */
	unsigned long long session;
	unsigned long long handshake;
};

struct conn;
struct ucspi;

/* What all connections share. */
struct conns {
	/* set by the owner */
	struct loop *loop;
	struct session_rules rules;
	struct conn_times times;
	unsigned long long greet_s;	/* how late clients are greeted; who
					 * talks before is sent away */
	struct entrance entrance;
	struct tls_server *tls;		/* not open without certificates */
	struct ucspi *ucspi;		/* who started us does it; or NULL */
	char const *tls_before;		/* who started us has done it: version
					 * and cipher, as far as known; or
					 * NULL */
	bool starttls;			/* is offered, where it can be done */
	struct checker checker;		/* open where rules.auth is */
	struct failures failures;
	bool hide_client;		/* see transaction.h */
	bool auth_clear;		/* AUTH without TLS on loopback */
	unsigned long long handshakes_max;	/* under way at a time */
	struct lookups lookups;		/* open, or zeroed */
	struct tallies tallies;
	struct routes const *routes;
	struct access const *access;
	struct pool pool;
	bool verbose;
	bool transcript;		/* log what is said, both ways */
	/* ended - may be NULL: the last connection has gone */
	void (*ended)(void *owner);
	void *owner;

	struct conn *first;
	unsigned long long n;
	unsigned long long handshakes;	/* under way */
	struct conn *oldest, **youngest;	/* of those */
	unsigned long long served;	/* in all, for the transcript */
	size_t kept;			/* octets; see CONN_KEPT_MAX */
	bool ending;
	/* stores that a connection uses only during one call */
	char *input, *typed, *replies;
	size_t replies_len;
};

/* conns_open - false and errno; rules.text.store is set here too */
bool conns_open(struct conns *all);

/* conns_end - say goodbye to each at its next pause between messages; calls
 * ended when there are none */
void conns_end(struct conns *all);

/* conns_close - at once */
void conns_close(struct conns *all);

/* conn_open - greet a client
 *   in      the descriptor to read, closed in the end, also on failure
 *   out     to write; the same one for a socket
 *   client  its address, empty when it has none
 *   secure  it begins with a handshake; tls is open, and in a socket
 *   false   errno */
bool conn_open(struct conns *all, int in, int out, char const *client,
    bool secure);

#endif
