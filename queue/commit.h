/* SPDX-License-Identifier: ISC */
/* The journal's groups: what waits is written and synced, and its owners are
 * told. Only for what lies in journal.h. */
#ifndef MAILGRAVE_COMMIT_H
#define MAILGRAVE_COMMIT_H

#include "queue/journal.h"

/* commit_init - the chore and the timer */
void commit_init(struct journal *j);

/* commit_enqueue - the unit waits in the lane that is open */
void commit_enqueue(struct journal *j, struct journal_unit *unit);

/* commit_waits - something isn't written yet */
bool commit_waits(struct journal const *j);

/* commit_room - octets left in the segment that is being written */
size_t commit_room(struct journal const *j);

/* commit_give_up - all that isn't durable is refused, and failed is called */
void commit_give_up(struct journal *j, int error);

#endif
