/* SPDX-License-Identifier: ISC */
/* Carries parcels to a mailgrave-local that is our child, by the deliver
 * protocol: the upper end for those who have no queue and try once. */
#ifndef MAILGRAVE_CARRIER_H
#define MAILGRAVE_CARRIER_H

#include "common/parcel.h"
#include "common/peer.h"

struct carrier_job;

struct carrier {
	/* set by the owner */
	struct loop *loop;
	/* done - all its targets have a result; the parcel is the callee's */
	void (*done)(void *owner, struct parcel *p);
	/* lost - local is gone, after done for all; it won't come back */
	void (*lost)(void *owner);
	void *owner;

	struct peer peer;
	uint32_t slots;		/* 0: local has offered none yet */
	uint32_t running;	/* jobs */
	uint32_t number;	/* of the last one */
	struct carrier_job *job;
	struct parcel *first, **end;	/* all that it has */
};

/* carrier_open - local is at fd, which is the carrier's; false and errno */
bool carrier_open(struct carrier *c, int fd);

/* carrier_is_open - a parcel could be taken */
bool carrier_is_open(struct carrier const *c);

/* carrier_take - after parcel_end has returned true; done is called from the
 * loop, or from here when local is gone */
void carrier_take(struct carrier *c, struct parcel *p);

/* carrier_close - takes back what can be; parcels are freed, done isn't
 * called */
void carrier_close(struct carrier *c);

#endif
