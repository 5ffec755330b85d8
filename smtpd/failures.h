/* SPDX-License-Identifier: ISC */
/* From which addresses wrong passwords have come. An IPv6 network of 64 bits
 * counts as one address. Pure. */
#ifndef MAILGRAVE_SMTPD_FAILURES_H
#define MAILGRAVE_SMTPD_FAILURES_H

#include <stdbool.h>
#include <stdint.h>
#include "common/netaddr.h"

enum {
	FAILURES_PLACES = 4096,	/* a newer address takes the place of an older
				 * one that falls on the same */
	FAILURES_MS = 10 * 60 * 1000	/* so long they count from the last */
};

/* Zeroed but for max it is empty. */
struct failures {
	unsigned long long max;		/* of one address, and no more */
	struct failure {
		unsigned char octet[NETADDR_OCTETS];
		unsigned long long n;
		int64_t last_ms;
	} place[FAILURES_PLACES];
};

/* failures_add - address is as text; what is none counts as ::ffff:0.0.0.0 */
void failures_add(struct failures *f, struct slice address, int64_t now_ms);

/* failures_too_many - it has had as many as it may */
bool failures_too_many(struct failures const *f, struct slice address,
    int64_t now_ms);

#endif
