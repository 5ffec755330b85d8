/* SPDX-License-Identifier: ISC */
/* What tls.c, tlsclient.c and tlsserver.c share: a connection from inside. */
#ifndef MAILGRAVE_TLSPART_H
#define MAILGRAVE_TLSPART_H

#include <openssl/ssl.h>
#include "common/netaddr.h"
#include "common/tls.h"
#include "common/tlssign.h"

struct tls {
	struct tls_client *client;	/* NULL: we are the server */
	SSL *ssl;
	char name[NETADDR_HOST_MAX + 1];
	bool verify;
	unsigned records;	/* read since the last octets for us */
	char why[TLS_WHY_MAX + 1];
	/* a server's: the signature that its handshake waits for, or NULL */
	struct tls_signing *signing;
	struct tls_signer const *signer;	/* who was asked */
	void (*wake)(void *owner);
	void *owner;
};

/* Whose handshake OpenSSL is at. */
extern struct tls *tls_current;

#endif
