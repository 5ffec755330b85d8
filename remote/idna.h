/* SPDX-License-Identifier: ISC */
/* Domains in UTF-8 as DNS has them (RFC 5890, A-labels). Pure.
 *
 * A domain is looked up as it is written: nothing is mapped, for that is the
 * affair of whoever types it (RFC 5891 section 5.2), and there are no tables of
 * what Unicode allows (section 5.4). A domain that is not in lower case and in
 * normal form C becomes a name that nobody can have registered, and so does not
 * exist. */
#ifndef MAILGRAVE_IDNA_H
#define MAILGRAVE_IDNA_H

#include "common/netaddr.h"

enum { IDNA_LABEL_MAX = 63 };	/* octets, as an A-label */

/* idna_ascii - a NUL is added; ASCII letters become lower case
 *   false  no host name comes of it: too long, no UTF-8, or an octet that no
 *          name has */
bool idna_ascii(char out[NETADDR_HOST_MAX + 1], struct slice domain);

#endif
