/* SPDX-License-Identifier: ISC */
/* The header that a proxy puts before all that its client says, in both forms
 * (PROXY protocol 1 and 2, haproxy's proxy-protocol.txt). Pure. */
#ifndef MAILGRAVE_SMTPD_PROXY_H
#define MAILGRAVE_SMTPD_PROXY_H

#include <stdbool.h>
#include <stdint.h>
#include "common/netaddr.h"

enum {
	PROXY_LINE_MAX = 107,	/* of form 1, with its CRLF */
	PROXY_FIXED = 16,	/* of form 2; then as much as it says */
	PROXY_KEPT = 36		/* of that: addresses and ports */
};

/* A header under construction. Zeroed is empty. */
struct proxy {
	unsigned char octet[PROXY_LINE_MAX];
	size_t len;
	uint32_t skip;		/* octets of form 2 that are of no use */
	/* the client's address as text, empty where the proxy speaks for
	 * itself or knows none */
	char client[NETADDR_TEXT_MAX + 1];
};

_Static_assert((int)PROXY_FIXED + (int)PROXY_KEPT <= (int)PROXY_LINE_MAX,
    "either form fits");

/* proxy_feed - in is advanced, never past the header
 *   1   complete: client is set
 *   0   more is wanted
 *   -1  it is no header */
int proxy_feed(struct proxy *p, struct slice *in);

#endif
