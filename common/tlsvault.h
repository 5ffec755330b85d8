/* SPDX-License-Identifier: ISC */
/* A certificate and its private key, in the one process that holds it. */
#ifndef MAILGRAVE_TLSVAULT_H
#define MAILGRAVE_TLSVAULT_H

#include "common/tlssign.h"

struct tls_vault {
	struct evp_pkey_st *key;	/* NULL: empty */
	char *chain;			/* DER, the key's own certificate
					 * first */
	size_t chain_len;
};

/* tls_vault_fill - from PEM text, which may be the same for both
 *   most   octets that the chain may have
 *   false  *why, which is static, says what is wrong, and *at_key whether it is
 *          with the key; v is empty */
bool tls_vault_fill(struct tls_vault *v, struct slice certificate,
    struct slice key, size_t most, bool *at_key, char const **why);

/* tls_vault_empty - nothing of the key is left in memory */
void tls_vault_empty(struct tls_vault *v);

/* tls_vault_sign - what a TLS server has to sign in a handshake, and nothing
 * else, so that who asks can't have a signature that means something elsewhere
 *   out      TLS_SIGNATURE_MAX octets
 *   returns  how many they are, 0: refused */
size_t tls_vault_sign(struct tls_vault const *v, enum tls_digest digest,
    bool pss, struct slice content, unsigned char *out);

#endif
