/* SPDX-License-Identifier: ISC */
/* What all jobs share, and where one goes. */
#ifndef MAILGRAVE_REMOTE_H
#define MAILGRAVE_REMOTE_H

#include "common/deliver.h"
#include "common/tls.h"
#include "remote/client.h"
#include "remote/pool.h"
#include "remote/resolve.h"
#include "remote/token.h"

/* --tls */
enum security {
	SECURITY_NONE,	/* in the clear, whatever is offered */
	SECURITY_MAY,	/* TLS where it is offered and works */
	SECURITY_MUST,	/* TLS, or the mail waits */
	SECURITY_VERIFY	/* and a certificate for the host's name */
};

enum {
	REMOTE_OURS_MAX = 64,
	REMOTE_PORT = 25,	/* of mail exchangers */
	REMOTE_IMPLICIT_TLS = 465	/* RFC 8314 section 3.3 */
};

/* Where mail goes. Zeroed before it is filled: it is compared as a whole. */
struct target {
	uint8_t how;		/* enum deliver_how */
	uint8_t security;	/* enum security */
	bool login;		/* with remote->login */
	uint16_t port;		/* 0: host is the path of a Unix socket */
	char host[NETADDR_HOST_MAX + 1];	/* DELIVER_MX: a domain */
};

struct remote {
	struct loop *loop;
	struct resolver resolver;
	struct pool pool;
	struct tls_client tls;
	struct slice hostname;		/* ours, for EHLO */
	struct netaddr relay;		/* host empty: none */
	unsigned port;			/* where job and relay have none */
	enum security security;
	struct login const *login;	/* for relay; NULL: none */
	struct token token;		/* zeroed: login has a secret */
	bool clear_login;		/* --auth-clear */
	/* our own, to find loops; loopback needs not be among them */
	struct address ours[REMOTE_OURS_MAX];
	size_t ours_n;
	struct address source[2];	/* IPv6, IPv4: where calls come from */
	bool has_source[2];
	bool verbose, by_hand;
	unsigned hurry;			/* time-outs are divided by this: 1, or
					 * more for tests */
	int64_t deadline_ms;		/* for a whole delivery */
};

/* remote_target_relay - fill a zeroed target with a relay's address; it is
 * logged in to if it is r->relay itself, whoever names it */
void remote_target_relay(struct remote const *r, struct target *target,
    struct netaddr const *to);

bool remote_is_loopback(struct address const *a);

/* remote_is_ours - mail sent to that address would come back */
bool remote_is_ours(struct remote const *r, struct address const *a);

/* remote_list_ours - learn the addresses of this host; before the jail. One
 * that can't be learnt is one loop that hop counting must end. */
void remote_list_ours(struct remote *r);

#endif
