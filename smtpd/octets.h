/* SPDX-License-Identifier: ISC */
/* Octets of a message that are held in memory: those of all messages together
 * are at most POOL_HELD_MAX. */
#ifndef MAILGRAVE_SMTPD_OCTETS_H
#define MAILGRAVE_SMTPD_OCTETS_H

#include <stdbool.h>
#include "common/slice.h"

struct pool;

/* Zeroed is empty. */
struct octets {
	char *s;
	size_t len, room;
};

/* octets_grow - room for so many more
 *   false  not now: no memory, or too much is held already */
bool octets_grow(struct pool *pool, struct octets *o, size_t more);

/* octets_add - the caller has seen to the room; returns where they lie */
struct slice octets_add(struct octets *o, struct slice more);

/* octets_drop - forget them all */
void octets_drop(struct pool *pool, struct octets *o);

#endif
