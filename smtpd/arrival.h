/* SPDX-License-Identifier: ISC */
/* A client on its way in: known, decided about, not greeted yet. */
#ifndef MAILGRAVE_SMTPD_ARRIVAL_H
#define MAILGRAVE_SMTPD_ARRIVAL_H

#include "smtpd/connpart.h"

/* A client that is not greeted yet: the DNS is asked about it, or it is listened
 * to whether it can wait. */
struct arrival {
	struct lookup_waiter waiter;
	int64_t until_ms;
	bool moved;		/* by XCLIENT, to another client */
	bool listening;
};

/* arrival_begin - c->arrival lasts until he is let in, or dismissed
 *   moved  by XCLIENT: it is another client now */
void arrival_begin(struct conn *c, bool moved);

/* arrival_moved - the same, for transaction.h */
void arrival_moved(void *conn);

/* arrival_go_on - one step further on the way in, if it is time for it */
void arrival_go_on(struct conn *c);

/* arrival_end - harmless without */
void arrival_end(struct conn *c);

#endif
