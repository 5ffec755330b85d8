/* SPDX-License-Identifier: ISC */
/* TLS as a server: certificates, and connections that show them. It opens
 * no file and has no private key. */
#ifndef MAILGRAVE_TLSSERVER_H
#define MAILGRAVE_TLSSERVER_H

#include "common/tls.h"
#include "common/tlssign.h"

enum {
	TLS_PAIRS_MAX = 4,
	TLS_TICKET_S = 3600	/* an owner rotates as often: a stolen ticket
				 * key opens what was said in so long */
};

/* What a client is shown: DER, our own certificate first. */
struct tls_shown {
	struct slice chain;
	unsigned key;		/* the signer's number for the first one's */
};

struct tls_server {
	struct ssl_ctx_st *context;	/* NULL: not open */
};

/* tls_server_open - TLS 1.2 and 1.3, forward secret ciphers only. A client that
 * names a host is shown the certificates for it, RSA or ECDSA as it can use
 * them; any other the first of each kind.
 *   signer  makes the signatures; it must outlive all connections
 *   false  *bad is the number of the pair and *why, which is static, what is
 *          wrong with it; nothing is open */
bool tls_server_open(struct tls_server *server, struct tls_shown const *shown,
    size_t n, struct tls_signer const *signer, size_t *bad, char const **why);

/* tls_server_ask - clients for a certificate, from now on: any will do, and none
 */
void tls_server_ask(struct tls_server *server);

/* tls_server_close - connections that live go on */
void tls_server_close(struct tls_server *server);

/* tls_server_rotate - forget the key of all tickets given so far */
void tls_server_rotate(struct tls_server *server);

/* tls_accept - as the server on fd, which must outlive it; NULL: no memory
 *   wake  tls_handshake can go on, though the socket has nothing to say */
struct tls *tls_accept(struct tls_server *server, int fd,
    void (*wake)(void *owner), void *owner);

/* tls_awaits_key - after TLS_WANT_READ of tls_handshake: it is the signer that
 * is awaited, not the client */
bool tls_awaits_key(struct tls const *tls);

enum { TLS_FINGERPRINT_MAX = 64 };	/* octets of text */

/* tls_shown_by - whether the client has shown a certificate
 *   fingerprint  SHA-256 of it in hexadecimal, with a NUL
 *   subject      as much of its name as fits, with a NUL; any octets */
bool tls_shown_by(struct tls const *tls, char *fingerprint, char *subject,
    size_t room);

#endif
