/* SPDX-License-Identifier: ISC */
/* A signature that a handshake wants, and nobody but the holder of the key can
 * make. */
#ifndef MAILGRAVE_TLSSIGN_H
#define MAILGRAVE_TLSSIGN_H

#include <stdbool.h>
#include "common/slice.h"

enum {
	TLS_CONTENT_MAX = 256,	/* octets to be signed: RFC 8446 section 4.4.3,
				 * RFC 8422 section 5.4 with a point of P-521 */
	TLS_SIGNATURE_MAX = 2048	/* octets: RSA with 16384 bits */
};

/* The digest that is signed; an Ed25519 key signs the content itself. */
enum tls_digest {
	TLS_DIGEST_NONE,
	TLS_DIGEST_SHA256,
	TLS_DIGEST_SHA384,
	TLS_DIGEST_SHA512,
	TLS_DIGESTS
};

struct tls;

/* One that is wanted; it lives until it is done or forgotten. */
struct tls_signing {
	unsigned key;			/* its holder's number for it */
	enum tls_digest digest;
	bool pss;			/* RSA: with this padding */
	struct slice content;
	struct tls *tls;		/* whose handshake waits */
	unsigned char signature[TLS_SIGNATURE_MAX];
	size_t len;			/* 0: there will be none */
	bool done;
	struct tls_signing *next;	/* the signer's */
};

/* Who knows the way to the holder of the keys. */
struct tls_signer {
	/* ask - sooner or later tls_signed is called for it; false: not */
	bool (*ask)(void *owner, struct tls_signing *signing);
	/* forget - it isn't wanted any more */
	void (*forget)(void *owner, struct tls_signing *signing);
	void *owner;
};

/* tls_signed - the answer has come, in signing: its handshake can go on */
void tls_signed(struct tls_signing *signing);

#endif
