/* SPDX-License-Identifier: ISC */
/* The trace id: one name for a message in every stage, log line and reply.
 * 48 bits of milliseconds since 1970, then 80 random bits, so ids sort by time
 * and cannot be guessed. As text: 26 digits of base 32, lower case, without
 * i, l, o and u (Crockford's alphabet). */
#ifndef MAILGRAVE_TRACEID_H
#define MAILGRAVE_TRACEID_H

#include <stdbool.h>
#include <stdint.h>
#include "common/slice.h"

enum { TRACEID_OCTETS = 16, TRACEID_TEXT = 26 };

struct traceid {
	unsigned char octet[TRACEID_OCTETS];
};

/* traceid_make - a new id for a message that begins at this wall time
 *   Random octets are taken in advance: no two processes may make ids that
 *   have them from before a fork. */
void traceid_make(struct traceid *id, int64_t wall_ms);

/* traceid_time_ms - the wall time the id was made with */
int64_t traceid_time_ms(struct traceid const *id);

/* traceid_parse - exactly one id and nothing else; false leaves id alone */
bool traceid_parse(struct traceid *id, struct slice text);

/* traceid_format - as text with a NUL; returns text */
char *traceid_format(char text[TRACEID_TEXT + 1], struct traceid const *id);

static inline bool
traceid_eq(struct traceid const *a, struct traceid const *b)
{
	return !memcmp(a->octet, b->octet, TRACEID_OCTETS);
}

#endif
