/* SPDX-License-Identifier: ISC */
/* One end of a connection between two of our programs: packed frames over a
 * SOCK_SEQPACKET Unix socket, one or several in a packet, a descriptor along
 * with the last one where its form says so. Whatever comes is checked against the table of what may come; anything
 * else ends the connection. */
#ifndef MAILGRAVE_PEER_H
#define MAILGRAVE_PEER_H

#include <stdbool.h>
#include "common/loop.h"
#include "common/outbox.h"

/* One row of what a peer may send to us. */
struct peer_row {
	struct wire_form const *form;
	bool with_fd;	/* may bring a descriptor; handle then owns it */
	/* values  the unpacked struct, gone after the call
	 * fd      -1 when none came
	 * false   the frame makes no sense now: the connection ends */
	bool (*handle)(void *owner, void const *values, int fd);
};

struct peer_kind {
	struct peer_row const *row;
	size_t rows;
	/* gone - the connection is closed already; why is for the log. The
	 * owner may free itself and the peer in it. */
	void (*gone)(void *owner, char const *why);
	/* drained - may be NULL: all that was sent is with the kernel */
	void (*drained)(void *owner);
	/* the other end is a peer, too: several frames may go in a packet */
	bool shares;
};

struct peer {
	struct loop *loop;
	struct peer_kind const *kind;
	void *owner;
	struct watch watch;
	struct chore flush;
	struct outbox out;	/* not yet with the kernel */
	char const *cut;	/* why nothing can be sent any more, or NULL */
	bool paused;
	bool *closed;		/* set by peer_close during a handle call */
};

enum { PEER_WAITING_MAX = 8 << 20 };	/* octets; a peer further behind than
					 * its windows allow is cut off */

/* peer_open - speak over fd from now on
 *   fd    connected, non-blocking; owned by the peer even on failure
 *   false and errno: nothing is watched, fd is closed */
bool peer_open(struct peer *p, struct loop *loop, int fd,
    struct peer_kind const *kind, void *owner);

/* peer_is_open - false before peer_open and after peer_close or gone */
bool peer_is_open(struct peer const *p);

/* peer_send - queue a frame; it leaves at the end of the turn at the latest
 *   fd     goes along with the frame, or -1; closed by the peer in any case
 *   false  it is lost: the connection is closed, out of memory, too far behind,
 *          or a value is over its cap. What was said before doesn't go without
 *          it: the connection is shut down, what has come from the other end
 *          is still handled, then gone is called from the loop. */
bool peer_send(struct peer *p, struct wire_form const *form,
    void const *values, int fd);

/* peer_pause - stop reading for a while: the sender feels it by its socket */
void peer_pause(struct peer *p, bool paused);

/* peer_close - at once, what waits is dropped; gone isn't called */
void peer_close(struct peer *p);

#endif
