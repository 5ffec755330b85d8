/* SPDX-License-Identifier: ISC */
/* A child of a daemon that does one small thing behind one socket. */
#ifndef MAILGRAVE_HELPER_H
#define MAILGRAVE_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* helper_fork - start one
 *   name  for ps, at most 15 octets
 *   work  runs in the child, which has descriptors 0 to 2 and its end of the
 *         socket and nothing else; when it returns the child exits 0
 *   returns our end, non-blocking, or -1 and errno */
int helper_fork(char const *name, void (*work)(int socket, void *owner),
    void *owner);

/* helper_send - one packet, with a descriptor unless that is -1; false and
 * errno */
bool helper_send(int socket, void const *data, size_t len, int fd);

/* helper_receive - one packet; *fd is -1 or the caller's to close
 *   returns its length, 0 at the end, -1 and errno: EPROTO it was longer than
 *   room; EMFILE its octets are there, but what came along could not be taken,
 *   for we have too many descriptors open, or it was more than one */
ssize_t helper_receive(int socket, void *data, size_t room, int *fd);

#endif
