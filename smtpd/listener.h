/* SPDX-License-Identifier: ISC */
/* Addresses that clients connect to. */
#ifndef MAILGRAVE_SMTPD_LISTENER_H
#define MAILGRAVE_SMTPD_LISTENER_H

#include "common/netaddr.h"
#include "smtpd/conn.h"

enum {
	LISTENER_BACKLOG = 1024,
	LISTENER_BATCH = 64,	/* connections taken before others get a turn */
	LISTENER_REST_MS = 100	/* when descriptors or memory are short */
};

struct listener {
	struct conns *conns;
	unsigned long long sessions_max;
	bool secure;		/* sessions begin with a handshake */
	struct watch watch;
	struct timer rest;
	int fd;
};

/* listener_bind - bind and listen, with nobody let in yet; before the jail
 *   at     an address and a port, not a name
 *   false  errno */
bool listener_bind(struct listener *l, struct netaddr const *at);

/* listener_adopt - one that was inherited, TCP or Unix
 *   false  errno; ENOTSOCK or EINVAL when nobody can connect to it */
bool listener_adopt(struct listener *l, int fd);

/* listener_open - let clients in from now on; conns and sessions_max are set
 *   false  errno */
bool listener_open(struct listener *l);

/* listener_close - harmless on one that isn't open */
void listener_close(struct listener *l);

/* listener_peer_text - the address of the other end of a socket, empty for one
 * that is no internet socket; text has NETADDR_TEXT_MAX + 1 octets */
void listener_peer_text(int fd, char *text);

#endif
