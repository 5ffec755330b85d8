/* SPDX-License-Identifier: ISC */
/* Keys for OpenSSL whose private half is in another process. */
#ifndef MAILGRAVE_TLSFOREIGN_H
#define MAILGRAVE_TLSFOREIGN_H

#include <openssl/evp.h>
#include "common/tlssign.h"

/* tls_foreign_key - one to be used in a handshake that may wait
 *   half    the public one; a reference to it is kept
 *   number  what signer shall call it; signer must outlive the key
 *   NULL    no memory, or a kind of key that TLS has no use for */
EVP_PKEY *tls_foreign_key(EVP_PKEY *half, unsigned number,
    struct tls_signer const *signer);

#endif
