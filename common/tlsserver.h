/* SPDX-License-Identifier: ISC */
/* TLS as a server: certificates, and connections that show them. What it
 * presents comes as text, so it opens no file. */
#ifndef MAILGRAVE_TLSSERVER_H
#define MAILGRAVE_TLSSERVER_H

#include "common/tls.h"

enum {
	TLS_PAIRS_MAX = 4,
	TLS_TICKET_S = 3600	/* an owner rotates as often: a stolen ticket
				 * key opens what was said in so long */
};

/* A certificate, those that vouch for it behind it, and its key: PEM, which
 * may be the same text. */
struct tls_pem {
	struct slice certificate, key;
};

struct tls_server {
	struct ssl_ctx_st *context;	/* NULL: not open */
};

/* tls_server_open - TLS 1.2 and 1.3, forward secret ciphers only. A client that
 * names a host is shown the certificates for it, RSA or ECDSA as it can use
 * them; any other the first of each kind.
 *   false  *bad is the number of the pair and *why, which is static, what is
 *          wrong with it; nothing is open */
bool tls_server_open(struct tls_server *server, struct tls_pem const *pem,
    size_t n, size_t *bad, char const **why);

/* tls_server_close - connections that live go on */
void tls_server_close(struct tls_server *server);

/* tls_server_rotate - forget the key of all tickets given so far */
void tls_server_rotate(struct tls_server *server);

/* tls_accept - as the server on fd, which must outlive it; NULL: no memory */
struct tls *tls_accept(struct tls_server *server, int fd);

#endif
