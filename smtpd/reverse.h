/* SPDX-License-Identifier: ISC */
/* An address as a name of the DNS: for PTR (RFC 1035 section 3.5, RFC 3596
 * section 2.5) and for lists of addresses (RFC 5782). Pure. */
#ifndef MAILGRAVE_SMTPD_REVERSE_H
#define MAILGRAVE_SMTPD_REVERSE_H

#include "common/netaddr.h"

enum {
	REVERSE_DIGITS_MAX = 64,	/* octets of a reversed address, with
					 * its last dot */
	REVERSE_MAX = REVERSE_DIGITS_MAX + NETADDR_HOST_MAX	/* without NUL;
					 * what no name can be the resolver
					 * refuses */
};

/* reverse_format - the address backwards, digit by digit, below a zone
 *   zone  NULL: that of PTR records, by the address's family; at most
 *         NETADDR_HOST_MAX octets
 *   out   gets a NUL */
void reverse_format(char out[REVERSE_MAX + 1],
    unsigned char const octet[NETADDR_OCTETS], char const *zone);

#endif
