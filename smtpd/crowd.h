/* SPDX-License-Identifier: ISC */
/* How many clients there are from one address. An IPv6 host has a network of
 * 64 bits to itself, so those count as one. Pure. */
#ifndef MAILGRAVE_SMTPD_CROWD_H
#define MAILGRAVE_SMTPD_CROWD_H

#include <stdbool.h>
#include "common/netaddr.h"

enum { CROWD_BUCKETS = 1024 };	/* some thousand sessions, a few in each */

/* A client; lives in its owner's struct. Zeroed: belongs to none. */
struct crowd_member {
	unsigned char octet[NETADDR_OCTETS];
	struct crowd_member *next, **at;
};

/* Zeroed is empty. */
struct crowd {
	struct crowd_member *bucket[CROWD_BUCKETS];
};

/* crowd_join - one more from this address
 *   address  as text; anything else is counted nowhere, and always welcome
 *   false    there are max already: it has not joined */
bool crowd_join(struct crowd *crowd, struct crowd_member *member,
    struct slice address, unsigned long long max);

/* crowd_has_room - one more from this address would not be too many */
bool crowd_has_room(struct crowd const *crowd, struct slice address,
    unsigned long long max);

/* crowd_leave - harmless on one that has not joined */
void crowd_leave(struct crowd_member *member);

#endif
