/* SPDX-License-Identifier: ISC */
/* Octets that grow, within what all of them together may have. */
#ifndef MAILGRAVE_SMTPD_OCTETS_H
#define MAILGRAVE_SMTPD_OCTETS_H

#include <stdbool.h>
#include "common/slice.h"

enum { OCTETS_HELD_MAX = 12 << 20 };	/* in memory, all messages */

/* A zeroed one is empty. */
struct octets {
	char *s;
	size_t len, room;
};

/* octets_grow - room for more of them, in doublings
 *   held  what all have, by now
 *   part  it may have one part in so many of what is left
 *   false  not now: no memory, or too much is held already */
bool octets_grow(size_t *held, struct octets *o, size_t more, unsigned part);

/* octets_add - more of them, for which there is room; returns them there, a
 * view until the next octets_grow */
struct slice octets_add(struct octets *o, struct slice more);

/* octets_free - it is empty again */
void octets_free(size_t *held, struct octets *o);

#endif
