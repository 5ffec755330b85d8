/* SPDX-License-Identifier: ISC */
/* A table of fixed size: however many addresses try, it grows by none. */
#include <string.h>
#include "common/hash.h"
#include "smtpd/failures.h"

enum { IP6_KEPT = 8 };	/* octets of an IPv6 address that count */

static size_t
place_of(unsigned char octet[NETADDR_OCTETS], struct slice address)
{
	if (!netaddr_ip(octet, address)) memset(octet, 0, NETADDR_OCTETS);
	else if (!netaddr_is_ip4(octet))
		memset(octet + IP6_KEPT, 0, NETADDR_OCTETS - IP6_KEPT);
	return hash_of(slice_from((char *)octet, NETADDR_OCTETS)) %
	    FAILURES_PLACES;
}

static bool
is_remembered(struct failure const *p, unsigned char const *octet,
    int64_t now_ms)
{
	return p->n && !memcmp(p->octet, octet, NETADDR_OCTETS) &&
	    now_ms - p->last_ms < FAILURES_MS;
}

void
failures_add(struct failures *f, struct slice address, int64_t now_ms)
{
	unsigned char octet[NETADDR_OCTETS];
	struct failure *p = &f->place[place_of(octet, address)];

	if (!is_remembered(p, octet, now_ms)) p->n = 0;
	memcpy(p->octet, octet, sizeof p->octet);
	p->last_ms = now_ms;
	if (p->n < f->max) p->n++;
}

bool
failures_too_many(struct failures const *f, struct slice address,
    int64_t now_ms)
{
	unsigned char octet[NETADDR_OCTETS];
	struct failure const *p = &f->place[place_of(octet, address)];

	return is_remembered(p, octet, now_ms) && p->n >= f->max;
}
