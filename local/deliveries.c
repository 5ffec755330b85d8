/* SPDX-License-Identifier: ISC */
/* Which deliveries wait and which are at work; what each does is
 * delivery.c's. */
#include <stdlib.h>
#include <unistd.h>
#include "local/deliverypart.h"

static void begin_some(void *owner);

void
deliveries_init(struct deliveries *all)
{
	all->boxes.loop = all->loop;
	boxes_init(&all->boxes);
	all->end = &all->first;
	all->begin = (struct chore){ .run = begin_some, .owner = all };
}

bool
deliveries_idle(struct deliveries const *all)
{
	return !all->first && !all->active;
}

void
delivery_settling(struct delivery *d)
{
	struct deliveries *all = d->all;

	d->state = DELIVERY_SETTLING;
	all->settling++;
	if (all->first) loop_later(all->loop, &all->begin);
}

void
delivery_release(struct delivery *d)
{
	struct deliveries *all = d->all;
	struct delivery **at;

	if (d->fd != -1) close(d->fd);
	if (d->state == DELIVERY_SETTLING) all->settling--;
	loop_disarm(all->loop, &d->turn);
	if (d->box) box_close(d->box);
	for (at = &all->working; *at != d; at = &(*at)->next)
		;
	*at = d->next;
	free(d);
	all->active--;
	if (all->first) loop_later(all->loop, &all->begin);
}

static void
begin_some(void *owner)
{
	struct deliveries *all = owner;

	while (all->first && all->active < DELIVERY_ACTIVE_MAX &&
	    all->active - all->settling < DELIVERY_WRITING_MAX) {
		struct delivery *d = all->first;

		all->first = d->next;
		if (!all->first) all->end = &all->first;
		d->next = all->working;
		all->working = d;
		all->active++;
		delivery_begin(d);
	}
}

struct delivery *
delivery_start(struct deliveries *all, struct delivery_order const *order,
    char const *path,
    void (*done)(void *owner, struct delivery_result const *result),
    void *owner)
{
	size_t const len = strlen(path) + 1;
	struct delivery *d = calloc(1, sizeof *d + len);

	if (!d) return NULL;
	d->all = all;
	d->order = *order;
	d->done = done;
	d->owner = owner;
	d->state = DELIVERY_WAITING;
	d->fd = -1;
	d->copy = (struct copy){ .from = order->message,
				 .text = order->text, .size = order->size,
				 .sender = order->sender,
				 .address = order->address,
				 .crlf = all->crlf };
	d->turn = (struct timer){ .due = delivery_write, .owner = d };
	memcpy(d->path, path, len);
	*all->end = d;
	all->end = &d->next;
	loop_later(all->loop, &all->begin);
	return d;
}

static void
unqueue(struct delivery *d)
{
	struct deliveries *all = d->all;
	struct delivery **at;

	for (at = &all->first; *at != d; at = &(*at)->next)
		;
	*at = d->next;
	if (!*at) all->end = at;
	free(d);
}

bool
delivery_cancel(struct delivery *d)
{
	struct deliveries *all = d->all;

	switch (d->state) {
	case DELIVERY_SETTLING:
		return false;
	case DELIVERY_WAITING:
		unqueue(d);
		break;
	case DELIVERY_SYNCING:
		flush_cancel(all->flushers, &d->flush);
		/* FALLTHROUGH */
	case DELIVERY_WRITING:
		delivery_give_back(d);
		maildir_unmake(&d->box->dir, d->name);
		delivery_release(d);
		break;
	}
	return true;
}
