/* SPDX-License-Identifier: ISC */
/* Headers of proxies from hostile octets: read whole and octet by octet, with
 * the same outcome. */
#include <stdio.h>
#include <stdlib.h>
#include "smtpd/proxy.h"

int LLVMFuzzerTestOneInput(uint8_t const *octets, size_t len);

int
LLVMFuzzerTestOneInput(uint8_t const *octets, size_t len)
{
	struct slice in = slice_from((char const *)octets, len), one;
	struct proxy whole = { .len = 0 }, cut = { .len = 0 };
	unsigned char octet[NETADDR_OCTETS];
	int got = proxy_feed(&whole, &in), again = 0;
	size_t i;

	for (i = 0; i < len && !again; i++) {
		one = slice_from((char const *)octets + i, 1);
		again = proxy_feed(&cut, &one);
		if (!again && one.len) abort();
	}
	if (got != again) abort();
	if (got == 1 && i != len - in.len) abort();
	if (got == 1 && strcmp(whole.client, cut.client)) abort();
	if (*whole.client && !netaddr_ip(octet, slice_of(whole.client)))
		abort();
	return 0;
}
