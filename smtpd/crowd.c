/* SPDX-License-Identifier: ISC */
/* A hash table with chains; a chain is at worst as long as there are sessions,
 * so no secret goes into the hash. */
#include "smtpd/crowd.h"

enum { IP6_KEPT = 8 };	/* octets of an IPv6 address that count */

static bool
read_address(unsigned char *octet, struct slice address)
{
	if (!netaddr_ip(octet, address)) return false;
	if (!netaddr_is_ip4(octet))
		memset(octet + IP6_KEPT, 0, NETADDR_OCTETS - IP6_KEPT);
	return true;
}

static size_t
bucket_of(unsigned char const *octet)
{
	unsigned hash = 0;
	size_t i;

	for (i = 0; i < NETADDR_OCTETS; i++)
		hash = hash * 31 + octet[i];
	return hash % CROWD_BUCKETS;
}

bool
crowd_join(struct crowd *crowd, struct crowd_member *member,
    struct slice address, unsigned long long max)
{
	struct crowd_member *other, **first;
	unsigned long long n = 0;

	if (!read_address(member->octet, address)) return true;
	first = &crowd->bucket[bucket_of(member->octet)];
	for (other = *first; other; other = other->next)
		n += !memcmp(other->octet, member->octet, NETADDR_OCTETS);
	if (n >= max) return false;
	member->next = *first;
	member->at = first;
	if (member->next) member->next->at = &member->next;
	*first = member;
	return true;
}

void
crowd_leave(struct crowd_member *member)
{
	if (!member->at) return;
	*member->at = member->next;
	if (member->next) member->next->at = member->at;
	member->at = NULL;
}
