/* SPDX-License-Identifier: ISC */
/* TLS as a socket: the same answers as recv(2) and send(2) give. */
#ifndef MAILGRAVE_SMTPD_SECURE_H
#define MAILGRAVE_SMTPD_SECURE_H

#include <sys/types.h>
#include "common/tlsserver.h"

enum { SECURE_TEXT_MAX = 95 };	/* octets of a version and a cipher */

/* secure_read, secure_write - octets, at least one; -1 and errno: EAGAIN, or
 * ECONNRESET for what is no use any more; secure_read also 0, at the end. After
 * EAGAIN the same octets must be written again. */
ssize_t secure_read(struct tls *tls, char *octets, size_t room);
ssize_t secure_write(struct tls *tls, char const *octets, size_t len);

/* secure_end - say that nothing follows, and free it; NULL is none */
void secure_end(struct tls *tls);

#endif
