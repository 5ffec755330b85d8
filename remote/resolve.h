/* SPDX-License-Identifier: ISC */
/* From a host's name to its addresses, and from a domain to its mail
 * exchangers, without waiting. */
#ifndef MAILGRAVE_RESOLVE_H
#define MAILGRAVE_RESOLVE_H

#include "common/resolver.h"
#include "remote/mx.h"

enum { RESOLVE_ADDRESSES_MAX = 2 * MX_EACH_MAX };

enum resolved {
	RESOLVED_FOUND,
	RESOLVED_NONE,		/* the name has nothing of that kind */
	RESOLVED_NO_NAME,	/* MX only: there is no such domain */
	RESOLVED_FAILED		/* the resolver does not say */
};

struct lookup;

/* resolve - look up a name or an address as text; localhost is never asked for
 *   done  called once, later, never from here; IPv4 comes first, for a black
 *         hole costs more than a missing route
 *   returns what lookup_cancel takes, or NULL: no memory, or too many */
struct lookup *resolve(struct resolver *r, char const *host,
    void (*done)(void *owner, enum resolved how, struct address const *address,
    size_t n), void *owner);

/* resolve_mx - look up a domain's mail exchangers; as resolve does
 *   mx  not settled; lives until done returns */
struct lookup *resolve_mx(struct resolver *r, char const *domain,
    void (*done)(void *owner, enum resolved how, struct mx const *mx),
    void *owner);

/* lookup_cancel - done isn't called any more */
void lookup_cancel(struct lookup *lookup);

#endif
