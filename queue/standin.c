/* SPDX-License-Identifier: ISC */
/* Gathers and sorts; knows no message. */
#include <stdlib.h>
#include "common/addr.h"
#include "queue/standin.h"

static bool
has_room(struct standins *all)
{
	uint32_t room = all->room ? 2 * all->room : 16;
	struct standin *one;

	if (all->n < all->room) return true;
	one = realloc(all->one, room * sizeof *one);
	if (!one) return false;
	all->one = one;
	all->room = room;
	return true;
}

bool
standins_add(struct standins *all, struct handover_target const *frame)
{
	struct slice address = frame->address;
	struct addr a;

	if (all->n == SUBMIT_RCPTS_MAX || !has_room(all)) return false;
	if (!addr_parse(&a, address) || !dsn_notify_valid(frame->notify))
		return false;
	all->one[all->n++] = (struct standin){ .of = frame->of,
	    .action = frame->action, .notify = frame->notify,
	    .at = (uint32_t)all->addresses.len,
	    .len = (uint16_t)address.len };
	return stralloc_catb(&all->addresses, address.s, address.len);
}

static int
by_recipient(void const *one, void const *other)
{
	struct standin const *a = one, *b = other;

	if (a->of != b->of) return a->of < b->of ? -1 : 1;
	return a->at < b->at ? -1 : 1;
}

void
standins_sort(struct standins *all)
{
	qsort(all->one, all->n, sizeof *all->one, by_recipient);
}

uint32_t
standins_run(struct standins const *all, uint32_t i)
{
	uint32_t n = 0;

	while (i + n < all->n && all->one[i + n].of == all->one[i].of)
		n++;
	return n;
}

bool
standins_fit(struct standins const *all, uint32_t rcpts)
{
	uint32_t i, n;

	for (i = 0; i < all->n; i += n) {
		n = standins_run(all, i);
		if (n > HANDOVER_TARGETS_MAX || all->one[i].of >= rcpts)
			return false;
	}
	return true;
}

struct slice
standins_address(struct standins const *all, struct standin const *one)
{
	return slice_from(all->addresses.s + one->at, one->len);
}

void
standins_free(struct standins *all)
{
	free(all->one);
	stralloc_free(&all->addresses);
	*all = (struct standins){ .n = 0 };
}
