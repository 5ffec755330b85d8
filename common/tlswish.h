/* SPDX-License-Identifier: ISC */
/* What the two halves of our provider of OpenSSL share: keys, tlsforeign.c, and
 * signatures with them, tlswish.c. */
#ifndef MAILGRAVE_TLSWISH_H
#define MAILGRAVE_TLSWISH_H

#include <openssl/core_dispatch.h>
#include <openssl/evp.h>
#include "common/tlssign.h"

struct tls_origin {
	EVP_PKEY *half;			/* the public one */
	unsigned number;		/* what signer calls it */
	struct tls_signer const *signer;
};

struct tls_foreign {
	char const *kind;		/* "RSA", "EC" */
	struct tls_origin from;
};

#define TLS_FUNCTION(number, function) { number, (void (*)(void))function }

/* For keys of every kind. */
extern OSSL_DISPATCH const tls_wish[];

#endif
