/* SPDX-License-Identifier: ISC */
/* Who is let in: by the access file, by how many there are from one address,
 * and as whom. */
#ifndef MAILGRAVE_SMTPD_ENTRANCE_H
#define MAILGRAVE_SMTPD_ENTRANCE_H

#include "smtpd/crowd.h"
#include "smtpd/transaction.h"
#include "smtpd/trust.h"

/* One for all clients. */
struct entrance {
	/* set by the owner */
	unsigned long long address_max;	/* sessions from one address, where
					 * the access file says nothing */
	struct trust const *proxies;	/* put a header before all */
	struct trust const *xclients;	/* may use XCLIENT */

	struct crowd crowd;		/* zeroed */
};

/* entrance_awaits_header - the client of t is a proxy: it speaks first */
bool entrance_awaits_header(struct entrance const *e,
    struct transaction const *t);

/* entrance_welcome - the session of t is greeted, or dismissed
 *   member  counts it, until crowd_leave */
void entrance_welcome(struct entrance *e, struct transaction *t,
    struct crowd_member *member);

/* entrance_change - the same when XCLIENT has named another client */
void entrance_change(struct entrance *e, struct transaction *t,
    struct crowd_member *member);

#endif
