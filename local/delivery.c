/* SPDX-License-Identifier: ISC */
/* The steps of one delivery; waits for no disk. */
#include <errno.h>
#include <unistd.h>
#include "local/deliverypart.h"
#include "local/quota.h"

static void
finish(struct delivery *d, struct delivery_result result)
{
	result.where = d->path;
	d->done(d->owner, &result);
	delivery_release(d);
}

static void
finish_error(struct delivery *d, int error)
{
	finish(d, delivery_trouble(error));
}

void
delivery_give_back(struct delivery *d)
{
	if (d->counted) quota_give_back(&d->box->dir, d->order.size);
	d->counted = false;
}

/* abandon - as finish_error, and tmp/NAME goes */
static void
abandon(struct delivery *d, int error)
{
	delivery_give_back(d);
	maildir_unmake(&d->box->dir, d->name);
	finish_error(d, error);
}

static void
finish_well(struct delivery *d)
{
	finish(d, (struct delivery_result){ .verdict = VERDICT_OK,
					    .status = "2.0.0",
					    .words = "" });
}

static void
settled(void *owner, int error)
{
	struct delivery *d = owner;

	if (!error) {
		finish_well(d);
		return;
	}
	if (d->published) maildir_retract(&d->box->dir, d->name);
	delivery_give_back(d);
	finish_error(d, error);
}

static void
settle(struct delivery *d)
{
	delivery_settling(d);
	if (d->fd != -1) close(d->fd);
	d->fd = -1;
	d->settle = (struct box_wait){ .done = settled, .owner = d };
	box_settle(d->box, &d->settle);
}

static void
start_flush(struct delivery *d, void (*done)(void *owner, int error))
{
	d->flush = (struct flush){ .fd = d->fd, .how = FLUSH_ALL,
				   .done = done, .owner = d };
	flush_start(d->all->flushers, &d->flush);
}

/* The file is durable under its name in tmp/. */
static void
synced(void *owner, int error)
{
	struct delivery *d = owner;

	if (error) {
		abandon(d, error);
		return;
	}
	/* point of no return */
	d->published = maildir_publish(&d->box->dir, d->name);
	if (!d->published && errno != EEXIST) {
		abandon(d, errno);
		return;
	}
	/* A copy that is there already is this very message: the name says
	 * so. */
	if (!d->published) {
		delivery_give_back(d);
		maildir_unmake(&d->box->dir, d->name);
	}
	settle(d);
}

void
delivery_write(void *owner)
{
	struct delivery *d = owner;
	int more = 1, i;

	for (i = 0; i < DELIVERY_TURN && more == 1; i++)
		more = copy_piece(&d->copy, d->fd);
	if (more == -1) {
		abandon(d, errno);
	} else if (!more) {
		d->state = DELIVERY_SYNCING;
		start_flush(d, synced);
	} else {
		/* not before the loop has looked at everything else */
		loop_arm(d->all->loop, &d->turn, d->all->loop->now_ms + 1);
	}
}

/* has_twin - the same message for the same recipient is at work in this
 * mailbox: both would write tmp/NAME */
static bool
has_twin(struct delivery const *d)
{
	struct delivery const *other;

	for (other = d->all->working; other; other = other->next)
		if (other != d && other->box == d->box &&
		    other->state != DELIVERY_SETTLING &&
		    !strcmp(other->name, d->name))
			return true;
	return false;
}

/* begin_again - for what may be delivered already
 *   false  it isn't, and the delivery has to be made */
static bool
begin_again(struct delivery *d)
{
	switch (maildir_find(&d->box->dir, d->name, &d->fd)) {
	case MAILDIR_ERROR:
		finish_error(d, errno);
		return true;
	case MAILDIR_NEW:
		settle(d);
		return true;
	case MAILDIR_CUR:
		delivery_settling(d);
		start_flush(d, settled);
		return true;
	case MAILDIR_NOWHERE:
		break;
	}
	return false;
}

/* find_room - within its quota
 *   false  there is none, or it can't be said: the delivery has ended */
static bool
find_room(struct delivery *d)
{
	bool const perm = d->all->full_is_perm;

	switch (quota_take(&d->box->dir, d->order.quota, d->order.size)) {
	case -1:
		finish_error(d, errno);
		return false;
	case 0:
		finish(d, (struct delivery_result){
		    .verdict = perm ? VERDICT_PERM : VERDICT_TEMP,
		    .status = perm ? "5.2.2" : "4.2.2",
		    .words = "the mailbox is full" });
		return false;
	}
	d->counted = true;
	return true;
}

void
delivery_begin(struct delivery *d)
{
	struct deliveries *all = d->all;

	d->state = DELIVERY_WRITING;
	switch (copy_been_here(&d->copy)) {
	case -1:
		finish_error(d, errno);
		return;
	case 1:
		finish(d, (struct delivery_result){ .verdict = VERDICT_PERM,
		    .status = "5.4.6",
		    .words = "mail loop: it was delivered here before" });
		return;
	}
	d->box = box_open(&all->boxes, d->path);
	if (!d->box) {
		finish_error(d, errno);
		return;
	}
	maildir_name(d->name, d->order.arrived_s, d->order.id, d->order.rcpt,
	    slice_of(all->hostname));
	if (has_twin(d)) {
		finish_error(d, EBUSY);
		return;
	}
	if (d->order.maybe && begin_again(d)) return;
	if (d->order.quota && !find_room(d)) return;
	d->fd = maildir_create(&d->box->dir, d->name);
	if (d->fd == -1) {
		int e = errno;

		delivery_give_back(d);
		finish_error(d, e);
		return;
	}
	delivery_write(d);
}
