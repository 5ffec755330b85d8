/* SPDX-License-Identifier: ISC */
/* Outcomes that the queue has not acknowledged: kept, and told again on each
 * connection. */
#ifndef MAILGRAVE_OUTCOMES_H
#define MAILGRAVE_OUTCOMES_H

#include "common/handover.h"
#include "common/peer.h"

struct outcomes_kept;

struct outcomes {
	struct outcomes_kept *first, **end;
	struct outcomes_kept *unsent;	/* from here on, on this connection */
};

void outcomes_init(struct outcomes *o);
void outcomes_free(struct outcomes *o);

/* outcomes_add - a copy; without memory for it the recipient stays untold: this
 * process will not get far, and the next one asks whether the mail arrived */
void outcomes_add(struct outcomes *o, struct handover_outcome const *what);

/* outcomes_send - as many as the connection takes without falling behind */
void outcomes_send(struct outcomes *o, struct peer *p);

/* outcomes_send_again - all of them, on a new connection */
void outcomes_send_again(struct outcomes *o, struct peer *p);

/* outcomes_all_acked - the queue knows them all */
static inline bool
outcomes_all_acked(struct outcomes const *o)
{
	return !o->first;
}

/* outcomes_acked - false: none such was told */
bool outcomes_acked(struct outcomes *o,
    struct handover_outcome_ack const *ack);

#endif
