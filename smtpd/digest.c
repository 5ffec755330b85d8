/* SPDX-License-Identifier: ISC */
/* The only file of smtpd that asks libcrypto for digests. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include "smtpd/digest.h"

bool
digest_of(unsigned char out[DIGEST_OCTETS], struct slice in)
{
	return SHA256((unsigned char const *)in.s, in.len, out);
}

bool
digest_keyed(unsigned char out[DIGEST_OCTETS], struct slice key,
    struct slice in)
{
	return HMAC(EVP_sha256(), key.s, (int)key.len,
	    (unsigned char const *)in.s, in.len, out, NULL);
}

bool
digest_stretched(unsigned char out[DIGEST_OCTETS], struct slice password,
    struct slice salt, unsigned iterations)
{
	return PKCS5_PBKDF2_HMAC(password.s, (int)password.len,
	    (unsigned char const *)salt.s, (int)salt.len, (int)iterations,
	    EVP_sha256(), DIGEST_OCTETS, out);
}

bool
digest_same(unsigned char const *a, unsigned char const *b)
{
	unsigned char differs = 0;
	size_t i;

	for (i = 0; i < DIGEST_OCTETS; i++)
		differs |= a[i] ^ b[i];
	return !differs;
}
