/* SPDX-License-Identifier: ISC */
/* Frames that wait to be sent over a SOCK_SEQPACKET Unix socket, and how they
 * are put into packets. Frames that follow each other share one, as many as
 * WIRE_FRAME_MAX octets hold, if the other end takes that (peer.h); a packet has
 * at most one descriptor, which belongs to its last frame. */
#ifndef MAILGRAVE_OUTBOX_H
#define MAILGRAVE_OUTBOX_H

#include "common/wire.h"

struct outbox_frame;

struct outbox {
	struct outbox_frame *first, **end;
	size_t octets;		/* in all of them */
};

/* outbox_init - empty */
void outbox_init(struct outbox *o);

/* outbox_add - one more frame
 *   size   what wire_size says of it
 *   fd     goes along, or -1; taken unless false is returned
 *   NULL, or why it can't be */
char const *outbox_add(struct outbox *o, struct wire_form const *form,
    void const *values, size_t size, int fd);

/* outbox_send - what the socket takes in one call
 *   share  several frames may go in a packet
 *   false  errno, EAGAIN when the receiver is behind; all is still there */
bool outbox_send(struct outbox *o, int socket, bool share);

/* outbox_drop - all of it */
void outbox_drop(struct outbox *o);

#endif
