/* SPDX-License-Identifier: ISC */
/* Descriptors of messages that come from another program: looked at before
 * they are believed. Reads no octet of the message. */
#ifndef MAILGRAVE_MSGFD_H
#define MAILGRAVE_MSGFD_H

#include <stdbool.h>
#include <stdint.h>

/* msgfd_valid - a message of this many octets that nobody can change under us
 * through this descriptor: a regular file opened O_RDONLY, or a memory file
 * sealed against writing, growing, shrinking and unsealing
 *   false and errno: EINVAL another kind of file, EPERM it could be changed,
 *   EMSGSIZE it has another size; fd stays the caller's to close
 * Read it with pread only: its offset is shared with who sent it. */
bool msgfd_valid(int fd, uint64_t size);

#endif
