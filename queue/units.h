/* SPDX-License-Identifier: ISC */
/* Lists of journal units, through the units themselves. */
#ifndef MAILGRAVE_UNITS_H
#define MAILGRAVE_UNITS_H

#include "queue/journal.h"

void units_init(struct journal_queue *q);

/* units_append - last */
void units_append(struct journal_queue *q, struct journal_unit *unit);

/* units_take - the first, which is in it no longer; NULL when it is empty */
struct journal_unit *units_take(struct journal_queue *q);

/* units_tell - each owner is told once, and the list is empty before the first
 * one is: what they append now waits for the next group */
void units_tell(struct journal_queue *q, bool fine);

#endif
