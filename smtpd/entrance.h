/* SPDX-License-Identifier: ISC */
/* Who is let in: by the access file and the DNS, by how many there are from one
 * address, and as whom. */
#ifndef MAILGRAVE_SMTPD_ENTRANCE_H
#define MAILGRAVE_SMTPD_ENTRANCE_H

#include "smtpd/crowd.h"
#include "smtpd/lookup.h"
#include "smtpd/transaction.h"
#include "smtpd/trust.h"

/* One for all clients. */
struct entrance {
	/* set by the owner */
	unsigned long long address_max;	/* sessions from one address, where
					 * the access file says nothing */
	struct trust const *proxies;	/* put a header before all */
	struct trust const *xclients;	/* may use XCLIENT */

	struct lookups *lookups;
	struct tallies *tallies;

	struct crowd crowd;		/* zeroed */
};

/* entrance_awaits_header - the client of t is a proxy: it speaks first */
bool entrance_awaits_header(struct entrance const *e,
    struct transaction const *t);

/* entrance_decide - what the access file says of the client of t, with all that
 * the DNS has to say; t learns the client's name
 *   w      is told when there is more to know; NULL: what is not known by now
 *          counts as unknown: he has no name, and is on no list
 *   false  not before w is woken */
bool entrance_decide(struct entrance *e, struct transaction *t,
    struct lookup_waiter *w, struct access_decision *may);

/* entrance_welcome - the session of t is greeted, or dismissed
 *   member  counts it, until crowd_leave */
void entrance_welcome(struct entrance *e, struct transaction *t,
    struct crowd_member *member, struct access_decision const *may);

/* entrance_change - the same when XCLIENT has named another client */
void entrance_change(struct entrance *e, struct transaction *t,
    struct crowd_member *member, struct access_decision const *may);

#endif
