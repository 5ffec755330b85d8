/* SPDX-License-Identifier: ISC */
/* Writes names; asks for none. */
#include <stdio.h>
#include "smtpd/reverse.h"

enum { IP4_FIRST = 12 };	/* octets before an IPv4 address */

void
reverse_format(char out[REVERSE_MAX + 1],
    unsigned char const octet[NETADDR_OCTETS], char const *zone)
{
	bool ip4 = netaddr_is_ip4(octet);
	size_t i, first = ip4 ? IP4_FIRST : 0, n = 0;

	for (i = NETADDR_OCTETS; i-- > first;)
		n += (size_t)(ip4 ? snprintf(out + n, REVERSE_MAX + 1 - n,
		    "%u.", octet[i]) : snprintf(out + n, REVERSE_MAX + 1 - n,
		    "%x.%x.", octet[i] & 15, octet[i] >> 4));
	if (!zone) zone = ip4 ? "in-addr.arpa" : "ip6.arpa";
	snprintf(out + n, REVERSE_MAX + 1 - n, "%s", zone);
}
