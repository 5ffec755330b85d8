/* SPDX-License-Identifier: ISC */
/* What SCRAM-SHA-256 computes with. Pure. */
#ifndef MAILGRAVE_SMTPD_DIGEST_H
#define MAILGRAVE_SMTPD_DIGEST_H

#include "common/slice.h"

enum { DIGEST_OCTETS = 32 };

/* digest_of - SHA-256 */
bool digest_of(unsigned char out[DIGEST_OCTETS], struct slice in);

/* digest_keyed - HMAC-SHA-256 (RFC 2104) */
bool digest_keyed(unsigned char out[DIGEST_OCTETS], struct slice key,
    struct slice in);

/* digest_stretched - PBKDF2 (RFC 8018) with that; false, as above: there is no
 * memory for it */
bool digest_stretched(unsigned char out[DIGEST_OCTETS], struct slice password,
    struct slice salt, unsigned iterations);

/* digest_same - in a time that doesn't tell where they differ */
bool digest_same(unsigned char const *a, unsigned char const *b);

static inline struct slice
digest_slice(unsigned char const *octets)
{
	return slice_from((char const *)octets, DIGEST_OCTETS);
}

#endif
