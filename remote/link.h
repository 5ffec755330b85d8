/* SPDX-License-Identifier: ISC */
/* Octets to and from a connected socket, in the clear or over TLS, without
 * waiting. Knows no SMTP. */
#ifndef MAILGRAVE_LINK_H
#define MAILGRAVE_LINK_H

#include <stdbool.h>
#include "common/slice.h"
#include "common/tls.h"

enum { LINK_WHY_MAX = 191 };

/* Zeroed but for fd it is in the clear. */
struct link {
	int fd;			/* the caller's */
	struct tls *tls;	/* the link's; from the first octet of the
				 * handshake on */
	bool shaking;		/* the handshake is under way */
	bool want_write;	/* what was begun waits for room to write */
	bool mute;		/* nothing can be sent any more */
	char why[LINK_WHY_MAX + 1];	/* after LINK_BROKEN, and LINK_END of
					 * a handshake */
};

enum link_got {
	LINK_DONE,	/* octets have gone or come; the handshake is done */
	LINK_WAIT,	/* not now: for room if want_write, else for octets */
	LINK_END,	/* the other side has ended it */
	LINK_BROKEN	/* it has failed, and the other side may not know */
};

/* link_secure - begin TLS; then link_shake. false: no memory */
bool link_secure(struct link *link, struct tls_client *client,
    char const *name, bool verify);

/* link_shake - begin the handshake or go on; it is over unless LINK_WAIT */
enum link_got link_shake(struct link *link);

/* link_send - *n octets are on their way when LINK_DONE
 *   LINK_END  they don't listen any more, but what they said before may be
 *             their reason: the link is mute, go on receiving */
enum link_got link_send(struct link *link, struct slice octets, size_t *n);

/* link_receive - *n octets, at least one, have come when LINK_DONE. More may
 * be here than the socket knows of: go on as long as link_has_more. */
enum link_got link_receive(struct link *link, char *octets, size_t room,
    size_t *n);

static inline bool
link_has_more(struct link const *link)
{
	return link->tls && tls_has_more(link->tls);
}

/* link_close - say goodbye as far as that goes at once; fd stays open */
void link_close(struct link *link);

#endif
