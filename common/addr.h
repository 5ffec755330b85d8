/* SPDX-License-Identifier: ISC */
/* Mailboxes and paths as SMTP writes them (RFC 5321 section 4.1.2), in UTF-8
 * too (RFC 6531 section 3.3), both ways. Pure: octets in, a verdict out. */
#ifndef MAILGRAVE_ADDR_H
#define MAILGRAVE_ADDR_H

#include <stdbool.h>
#include "common/slice.h"

enum {
	ADDR_LOCAL_MAX = 64,	/* RFC 5321 section 4.5.3.1.1 */
	ADDR_DOMAIN_MAX = 255,	/* section 4.5.3.1.2 */
	/* every octet of the local part escaped, two quotes, "@", domain */
	ADDR_TEXT_MAX = 2 * ADDR_LOCAL_MAX + 2 + 1 + ADDR_DOMAIN_MAX
};

/* One mailbox, taken apart. The local part is kept without quotes and escapes,
 * in its own case; the domain in lower case as far as it is ASCII, an address
 * literal with its brackets. domain_len is 0 only for the bare <postmaster> of
 * section 4.5.1. */
struct addr {
	char local[ADDR_LOCAL_MAX];
	char domain[ADDR_DOMAIN_MAX];
	unsigned short local_len;
	unsigned short domain_len;
};

static inline struct slice
addr_local(struct addr const *a)
{
	return slice_from(a->local, a->local_len);
}

static inline struct slice
addr_domain(struct addr const *a)
{
	return slice_from(a->domain, a->domain_len);
}

/* addr_parse - one mailbox, local@domain, and nothing else
 *   false leaves *a undefined. Not accepted: control characters, octets above
 *   127 that are no UTF-8, a missing domain, a dot at its end, a length over
 *   the limits above (they count octets that are kept, not quotes and
 *   escapes). */
bool addr_parse(struct addr *a, struct slice text);

/* addr_is_ascii - false: only hosts that know SMTPUTF8 may get it */
bool addr_is_ascii(struct addr const *a);

enum addr_path {
	ADDR_PATH_BAD,
	ADDR_PATH_NULL,		/* <> */
	ADDR_PATH_MAILBOX,
	ADDR_PATH_POSTMASTER	/* <postmaster>, any case, no domain */
};

/* addr_path_parse - a path in angle brackets at the start of text
 *   A source route (@a,@b:) is read and dropped (appendix C).
 *   *rest  what follows the ">"; undefined, as *a is, when the path is bad */
enum addr_path addr_path_parse(struct addr *a, struct slice text,
    struct slice *rest);

/* addr_format - as local@domain, the local part quoted where it must be
 *   out  at least ADDR_TEXT_MAX octets, no NUL is added
 *   returns the length; addr_parse reads it back to the same mailbox, but for
 *   the bare postmaster, who is written without "@" */
size_t addr_format(struct addr const *a, char *out);

/* addr_domain_valid - a domain name or an address literal, [192.0.2.1] or
 * [IPv6:2001:db8::1], as HELO and a mailbox may have it */
bool addr_domain_valid(struct slice domain);

#endif
