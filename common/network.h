/* SPDX-License-Identifier: ISC */
/* Networks: an address and how many of its bits count. Pure. */
#ifndef MAILGRAVE_NETWORK_H
#define MAILGRAVE_NETWORK_H

#include "common/netaddr.h"

struct network {
	unsigned char octet[NETADDR_OCTETS];	/* IPv4 as ::ffff:0:0/96 */
	unsigned bits;
};

/* network_parse - "192.0.2.1", "192.0.2.0/24", "2001:db8::/32"
 *   false  *n is undefined, *why says what is wrong in a few words; bits
 *          beyond the prefix must be zero */
bool network_parse(struct network *n, struct slice text, char const **why);

/* network_holds - an IPv6 network never holds an IPv4 address, even ::/0 */
bool network_holds(struct network const *n,
    unsigned char const octet[NETADDR_OCTETS]);

/* network_of - the network of this many bits that holds the address */
struct network network_of(unsigned char const octet[NETADDR_OCTETS],
    unsigned bits);

enum {
	NETWORK_IP4_FIRST = 96,	/* bits before those of an IPv4 address */
	NETWORK_BITS_MAX = 128
};

#endif
