/* SPDX-License-Identifier: ISC */
/* Descriptors of messages, which go from program to program: made, and looked
 * at before they are believed. */
#ifndef MAILGRAVE_MSGFD_H
#define MAILGRAVE_MSGFD_H

#include <stdbool.h>
#include <stdint.h>
#include "common/slice.h"

/* msgfd_make - a memory file with these octets, sealed; -1 and errno */
int msgfd_make(struct slice octets);

/* msgfd_valid - a message of this many octets that nobody can change under us
 * through this descriptor: a regular file opened O_RDONLY, or a memory file
 * sealed against writing, growing, shrinking and unsealing
 *   false and errno: EINVAL another kind of file, EPERM it could be changed,
 *   EMSGSIZE it has another size; fd stays the caller's to close
 * Read it with pread only: its offset is shared with who sent it. */
bool msgfd_valid(int fd, uint64_t size);

#endif
