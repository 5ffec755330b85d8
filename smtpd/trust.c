/* SPDX-License-Identifier: ISC */
/* Lists of networks; what they are believed is for others to say. */
#include "smtpd/trust.h"

bool
trust_add(struct trust *t, struct slice list, char const **why)
{
	size_t n;

	do {
		n = slice_find(list, ',');
		*why = "too many networks";
		if (t->networks == TRUST_MAX) return false;
		if (!network_parse(&t->network[t->networks],
		    slice_from(list.s, n), why))
			return false;
		t->networks++;
		*why = "ends with a comma";
		if (n + 1 == list.len) return false;
		list = slice_skip(list, n + 1);
	} while (list.len);
	return true;
}

bool
trust_holds(struct trust const *t, struct slice address)
{
	unsigned char octet[NETADDR_OCTETS];
	size_t i;

	if (!t->networks || !netaddr_ip(octet, address)) return false;
	for (i = 0; i < t->networks; i++)
		if (network_holds(&t->network[i], octet)) return true;
	return false;
}
