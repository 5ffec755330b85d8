/* SPDX-License-Identifier: ISC */
/* Makes, reads and writes trace ids; knows no clock. */
#include <skalibs/random.h>
#include "common/traceid.h"

static char const digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

enum { RANDOM_IDS = 32 };	/* that one call to the kernel is enough for */

static void
take_random(unsigned char *out, size_t n)
{
	static char store[RANDOM_IDS * (TRACEID_OCTETS - 6)];
	static size_t left;

	if (left < n) {
		random_buf(store, sizeof store);
		left = sizeof store;
	}
	left -= n;
	memcpy(out, store + left, n);
}

void
traceid_make(struct traceid *id, int64_t wall_ms)
{
	uint64_t ms = (uint64_t)wall_ms;
	size_t i;

	for (i = 6; i-- > 0; ms >>= 8)
		id->octet[i] = (unsigned char)ms;
	take_random(id->octet + 6, TRACEID_OCTETS - 6);
}

int64_t
traceid_time_ms(struct traceid const *id)
{
	uint64_t ms = 0;
	size_t i;

	for (i = 0; i < 6; i++)
		ms = ms << 8 | id->octet[i];
	return (int64_t)ms;
}

/* 26 digits hold 130 bits: the first digit carries only 3 of them, so that
 * the id sorts as text the way it sorts as octets. */
bool
traceid_parse(struct traceid *id, struct slice text)
{
	struct traceid got;
	unsigned bits = 0, have = 0;
	size_t i, n = 0;

	if (text.len != TRACEID_TEXT) return false;
	for (i = 0; i < text.len; i++) {
		char const *at = memchr(digits, text.s[i], sizeof digits - 1);

		if (!at || (!i && at - digits > 7)) return false;
		bits = bits << 5 | (unsigned)(at - digits);
		have += i ? 5 : 3;
		if (have < 8) continue;
		have -= 8;
		got.octet[n++] = (unsigned char)(bits >> have);
	}
	*id = got;
	return true;
}

char *
traceid_format(char text[TRACEID_TEXT + 1], struct traceid const *id)
{
	unsigned bits = 0, have = 2; /* two leading zero bits make it 130 */
	size_t i, n = 0;

	for (i = 0; i < TRACEID_OCTETS; i++) {
		bits = (bits << 8 | id->octet[i]) & 0xfff;
		for (have += 8; have >= 5; have -= 5)
			text[n++] = digits[bits >> (have - 5) & 31];
	}
	text[n] = '\0';
	return text;
}
