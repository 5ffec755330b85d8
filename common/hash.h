/* SPDX-License-Identifier: ISC */
/* FNV-1a: for tables whose keys nobody but the operator chooses, or that are
 * small; it keeps no secret. */
#ifndef MAILGRAVE_HASH_H
#define MAILGRAVE_HASH_H

#include <stdint.h>
#include "common/slice.h"

#define HASH_START 0xcbf29ce484222325u

/* hash_more - go on with these octets; the first time from HASH_START */
static inline uint64_t
hash_more(uint64_t hash, struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.s[i]) * 0x100000001b3;
	return hash;
}

static inline uint64_t
hash_of(struct slice text)
{
	return hash_more(HASH_START, text);
}

#endif
