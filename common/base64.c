/* SPDX-License-Identifier: ISC */
/* Base64, both ways; strict in what it reads. */
#include <stdint.h>
#include "common/base64.h"

static char const digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_encode(char *out, struct slice in)
{
	size_t i, n = 0;

	for (i = 0; i < in.len; i += 3) {
		size_t left = in.len - i;
		uint32_t v = (uint32_t)(unsigned char)in.s[i] << 16;

		if (left > 1) v |= (uint32_t)(unsigned char)in.s[i + 1] << 8;
		if (left > 2) v |= (unsigned char)in.s[i + 2];
		out[n++] = digits[v >> 18];
		out[n++] = digits[v >> 12 & 63];
		out[n++] = left > 1 ? digits[v >> 6 & 63] : '=';
		out[n++] = left > 2 ? digits[v & 63] : '=';
	}
	return n;
}

/* The value of a digit; 64 for what is none. */
static uint32_t
value(char c)
{
	return (uint32_t)slice_find(slice_from(digits, 64), c);
}

bool
base64_decode(char *out, size_t *len, struct slice in)
{
	size_t i, n = 0, pad = 0;

	if (in.len % 4) return false;
	while (pad < 2 && pad < in.len && in.s[in.len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < in.len; i += 4) {
		bool last = i + 4 == in.len;
		size_t k, real = last ? 4 - pad : 4;
		uint32_t v = 0;

		for (k = 0; k < 4; k++) {
			uint32_t d = k < real ? value(in.s[i + k]) : 0;

			if (d == 64) return false;
			v = v << 6 | d;
		}
		/* bits that no octet holds would be a second spelling */
		if (real < 4 && v & (real == 3 ? 0xff : 0xffff)) return false;
		out[n++] = (char)(v >> 16);
		if (real > 2) out[n++] = (char)(v >> 8 & 255);
		if (real > 3) out[n++] = (char)(v & 255);
	}
	*len = n;
	return true;
}
