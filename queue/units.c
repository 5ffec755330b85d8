/* SPDX-License-Identifier: ISC */
/* Units in the order in which they came; knows no disk. */
#include <stddef.h>
#include "queue/units.h"

void
units_init(struct journal_queue *q)
{
	q->first = NULL;
	q->end = &q->first;
}

void
units_append(struct journal_queue *q, struct journal_unit *unit)
{
	unit->next = NULL;
	*q->end = unit;
	q->end = &unit->next;
}

struct journal_unit *
units_take(struct journal_queue *q)
{
	struct journal_unit *unit = q->first;

	if (!unit) return NULL;
	q->first = unit->next;
	if (!q->first) q->end = &q->first;
	return unit;
}

void
units_tell(struct journal_queue *q, bool fine)
{
	struct journal_queue told;
	struct journal_unit *unit = q->first;

	if (!unit) return;
	told.first = unit;
	told.end = q->end;
	units_init(q);
	while ((unit = units_take(&told)))
		unit->committed(unit->owner, fine);
}
