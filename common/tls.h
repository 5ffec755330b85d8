/* SPDX-License-Identifier: ISC */
/* TLS on a connected socket, without waiting. This and tlsserver.h have
 * the only files that see OpenSSL: whoever links them, links that. What is read
 * from files is read by tls_client_open, before a jail closes. */
#ifndef MAILGRAVE_TLS_H
#define MAILGRAVE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include "common/slice.h"

enum {
	TLS_SESSIONS = 256,	/* remembered, one a name */
	TLS_RECORDS_MAX = 64,	/* without octets for us, in a row */
	TLS_WHY_MAX = 127,
	TLS_MD5 = 16		/* octets */
};

struct tls_memory;	/* sessions, to be resumed */

/* What all connections as a client share. */
struct tls_client {
	struct ssl_ctx_st *context;
	struct tls_memory *memory;
	bool trusting;	/* there are authorities to check certificates by */
};

/* tls_client_open - TLS 1.2 or later
 *   authorities  file of certificates to believe, PEM
 *   must         false: the file need not be there; nobody can be checked then
 *   false        *why says what the operator has to mend */
bool tls_client_open(struct tls_client *client, char const *authorities,
    bool must, char const **why);

void tls_client_close(struct tls_client *client);

/* One connection. */
struct tls;

/* tls_begin - as a client on fd, which must outlive it; NULL: no memory
 *   name    of the other side, a host name or an IP address as text
 *   verify  the handshake fails unless its certificate is for that name and
 *           comes from an authority */
struct tls *tls_begin(struct tls_client *client, int fd, char const *name,
    bool verify);

/* tls_free - without a word to the other side; NULL is none */
void tls_free(struct tls *tls);

enum tls_got {
	TLS_DONE,
	TLS_WANT_READ,	/* again when the socket is readable */
	TLS_WANT_WRITE,	/* again, with the same octets, when it is writable */
	TLS_END,	/* the other side has ended it properly */
	TLS_BROKEN	/* it ended in any other way: tls_why says how */
};

/* tls_handshake - begin it or go on */
enum tls_got tls_handshake(struct tls *tls);

/* tls_read - *n octets have come, at least one, when TLS_DONE. More may be
 * here than the socket knows of: read as long as tls_has_more. */
enum tls_got tls_read(struct tls *tls, char *octets, size_t room, size_t *n);

/* tls_has_more - octets that the socket doesn't know of, maybe not enough yet
 * to make sense */
bool tls_has_more(struct tls const *tls);

/* tls_write - *n octets, at least one, are on their way when TLS_DONE */
enum tls_got tls_write(struct tls *tls, char const *octets, size_t len,
    size_t *n);

/* tls_bye - tell the other side that nothing follows, if that is possible now
 */
void tls_bye(struct tls *tls);

/* tls_why - after TLS_BROKEN, in words of at most TLS_WHY_MAX octets; lives
 * until the next call */
char const *tls_why(struct tls *tls);

/* tls_describe - "TLSv1.3 TLS_AES_256_GCM_SHA384" after the handshake, with a
 * NUL */
void tls_describe(struct tls const *tls, char *text, size_t room);

/* tls_hmac_md5 - RFC 2104, for CRAM-MD5; false: OpenSSL was told not to */
bool tls_hmac_md5(unsigned char digest[TLS_MD5], struct slice key,
    struct slice text);

#endif
