/* SPDX-License-Identifier: ISC */
/* Reads and compares prefixes; never looks one up. */
#include "common/network.h"

enum {
	IP4_BITS = NETWORK_BITS_MAX - NETWORK_IP4_FIRST,
	IP6_BITS = NETWORK_BITS_MAX
};

/* mask - which bits of this octet belong to a prefix */
static unsigned char
mask(unsigned bits, size_t octet)
{
	if (bits >= 8 * (octet + 1)) return 0xff;
	if (bits <= 8 * octet) return 0;
	return (unsigned char)(0xff00u >> (bits % 8));
}

bool
network_parse(struct network *n, struct slice text, char const **why)
{
	size_t at = slice_find(text, '/'), i;
	struct slice address = slice_from(text.s, at);
	bool ip4 = netaddr_ip4(n->octet, address);
	unsigned long long bits = ip4 ? IP4_BITS : IP6_BITS;

	*why = "no address";
	if (!ip4 && !netaddr_ip6(n->octet, address)) return false;
	*why = "no prefix length";
	if (at < text.len &&
	    !slice_number(slice_skip(text, at + 1), bits, &bits))
		return false;
	n->bits = (unsigned)bits + (ip4 ? NETWORK_IP4_FIRST : 0);
	*why = "bits beyond the prefix must be zero";
	for (i = 0; i < NETADDR_OCTETS; i++)
		if (n->octet[i] & ~mask(n->bits, i)) return false;
	return true;
}

bool
network_holds(struct network const *n,
    unsigned char const octet[NETADDR_OCTETS])
{
	size_t i;

	if (netaddr_is_ip4(octet) && n->bits < NETWORK_IP4_FIRST) return false;
	for (i = 0; i < NETADDR_OCTETS; i++)
		if ((octet[i] & mask(n->bits, i)) != n->octet[i]) return false;
	return true;
}

struct network
network_of(unsigned char const octet[NETADDR_OCTETS], unsigned bits)
{
	struct network n = { .bits = bits };
	size_t i;

	for (i = 0; i < NETADDR_OCTETS; i++)
		n.octet[i] = octet[i] & mask(bits, i);
	return n;
}
