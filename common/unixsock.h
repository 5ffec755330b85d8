/* SPDX-License-Identifier: ISC */
/* Unix domain sockets with a name: binding one safely, connecting, asking who
 * is at the other end. */
#ifndef MAILGRAVE_UNIXSOCK_H
#define MAILGRAVE_UNIXSOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* unixsock_bind - a SOCK_SEQPACKET socket at path; not yet listening
 *   A lock on path.lock shows whether the owner lives: a stale socket is
 *   replaced, a live one never.
 *   owner  who may connect; (uid_t)-1: the binder
 *   mode   of the socket
 *   lock   gets the lock's descriptor, to be kept open for life and closed by
 *          helpers
 *   returns the descriptor, or -1: errno EADDRINUSE when its owner lives */
int unixsock_bind(char const *path, uid_t owner, mode_t mode, int *lock);

/* unixsock_connect - a connected, non-blocking descriptor, or -1 and errno
 * (EAGAIN when the other end is too busy to take one more) */
int unixsock_connect(char const *path);

/* unixsock_accept - a non-blocking descriptor, or -1 and errno
 *   uid  whose process called connect */
int unixsock_accept(int listener, uid_t *uid);

/* unixsock_pair - two connected, non-blocking ends, close-on-exec */
bool unixsock_pair(int pair[2]);

#endif
