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

/* is_room - in its bucket there are fewer than max of this address */
static bool
is_room(struct crowd_member *const *first, unsigned char const *octet,
    unsigned long long max)
{
	struct crowd_member const *other;
	unsigned long long n = 0;

	for (other = *first; other; other = other->next)
		n += !memcmp(other->octet, octet, NETADDR_OCTETS);
	return n < max;
}

bool
crowd_has_room(struct crowd const *crowd, struct slice address,
    unsigned long long max)
{
	unsigned char octet[NETADDR_OCTETS];

	return !read_address(octet, address) ||
	    is_room(&crowd->bucket[bucket_of(octet)], octet, max);
}

bool
crowd_join(struct crowd *crowd, struct crowd_member *member,
    struct slice address, unsigned long long max)
{
	struct crowd_member **first;

	if (!read_address(member->octet, address)) return true;
	first = &crowd->bucket[bucket_of(member->octet)];
	if (!is_room(first, member->octet, max)) return false;
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
