/* SPDX-License-Identifier: ISC */
/* IP addresses, host names, and both with a port, as people write them. Pure:
 * never looks a name up. */
#ifndef MAILGRAVE_NETADDR_H
#define MAILGRAVE_NETADDR_H

#include <stdbool.h>
#include "common/slice.h"

enum {
	NETADDR_OCTETS = 16,	/* of an address; IPv4 as ::ffff:0:0/96 */
	NETADDR_TEXT_MAX = 45,	/* of an address as text, without NUL */
	NETADDR_LABEL_MAX = 63,	/* of a host name; RFC 1035 section 2.3.4 */
	NETADDR_HOST_MAX = 255	/* all labels; RFC 5321 section 4.5.3.1.2 */
};

/* netaddr_ip4, netaddr_ip6 - an address of this family, the whole text
 *   false  octet is untouched. A zone ("%eth0") or an IPv4 number with leading
 *          zeros makes it none. */
bool netaddr_ip4(unsigned char octet[NETADDR_OCTETS], struct slice text);
bool netaddr_ip6(unsigned char octet[NETADDR_OCTETS], struct slice text);

/* netaddr_ip - of either family */
bool netaddr_ip(unsigned char octet[NETADDR_OCTETS], struct slice text);

/* netaddr_is_ip4 - one that netaddr_ip4 could have given */
bool netaddr_is_ip4(unsigned char const octet[NETADDR_OCTETS]);

/* netaddr_ip_format - the shortest text with a NUL, IPv4 as 192.0.2.1;
 * returns text, which netaddr_ip reads back to the same octets */
char *netaddr_ip_format(char text[NETADDR_TEXT_MAX + 1],
    unsigned char const octet[NETADDR_OCTETS]);

/* netaddr_name - a host name: labels of letters, digits and inner hyphens, 63
 * octets each, single dots between (RFC 5321 section 4.1.2, Domain) */
bool netaddr_name(struct slice text);

/* Where to connect or to listen. */
struct netaddr {
	char host[NETADDR_HOST_MAX + 1];	/* an address in its shortest
						 * form, or a name in lower
						 * case; NUL */
	unsigned port;				/* 0: the text had none */
};

/* netaddr_parse - "192.0.2.1", "192.0.2.1:25", "2001:db8::1",
 * "[2001:db8::1]", "[2001:db8::1]:587", "mx.example", "mx.example:25"
 *   false  *a is untouched, *why says what is wrong in a few words. A port is
 *          1 to 65535; a name whose last label is a number is an address
 *          gone wrong. */
bool netaddr_parse(struct netaddr *a, struct slice text, char const **why);

#endif
