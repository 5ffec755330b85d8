/* SPDX-License-Identifier: ISC */
/* Networks whose clients are believed when they speak for others. Pure. */
#ifndef MAILGRAVE_SMTPD_TRUST_H
#define MAILGRAVE_SMTPD_TRUST_H

#include "common/network.h"

enum { TRUST_MAX = 64 };	/* networks in a list */

/* Zeroed trusts nobody. */
struct trust {
	struct network network[TRUST_MAX];
	size_t networks;
};

/* trust_add - more of them, a comma between; false and *why, as network_parse,
 * or there are too many */
bool trust_add(struct trust *t, struct slice list, char const **why);

/* trust_holds - address is as text; one that is none is not trusted */
bool trust_holds(struct trust const *t, struct slice address);

#endif
