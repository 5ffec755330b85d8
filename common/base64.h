/* SPDX-License-Identifier: ISC */
/* Base64 with padding (RFC 4648 section 4), as SMTP's AUTH has it. Pure. */
#ifndef MAILGRAVE_BASE64_H
#define MAILGRAVE_BASE64_H

#include <stdbool.h>
#include "common/slice.h"

/* octets that n octets become */
#define BASE64_LEN(n) (((n) + 2) / 3 * 4)

/* base64_encode - out has room for BASE64_LEN(in.len); returns the length */
size_t base64_encode(char *out, struct slice in);

/* base64_decode - the whole text, padded, nothing else in it
 *   out  room for in.len / 4 * 3 octets
 *   false  it is none; *len is untouched */
bool base64_decode(char *out, size_t *len, struct slice in);

#endif
