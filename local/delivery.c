/* SPDX-License-Identifier: ISC */
/* Moves deliveries from state to state; waits for no disk. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "local/copy.h"
#include "local/delivery.h"
#include "local/quota.h"

enum state { WAITING, WRITING, SYNCING, SETTLING };

struct delivery {
	struct deliveries *all;
	struct delivery_order order;
	void (*done)(void *owner, struct delivery_result const *result);
	void *owner;
	enum state state;
	struct box *box;	/* NULL until it has begun */
	char name[MAILDIR_NAME_MAX + 1];
	int fd;			/* tmp/NAME, or cur/ while that is synced */
	bool published;		/* new/NAME is of our making */
	bool counted;		/* against the quota */
	struct copy copy;
	struct timer turn;
	struct flush flush;
	struct box_wait settle;
	struct delivery *next;	/* waiting, or working */
	char path[];
};

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

/* release - what it holds, and itself; not its files */
static void
release(struct delivery *d)
{
	struct deliveries *all = d->all;
	struct delivery **at;

	if (d->fd != -1) close(d->fd);
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
finish(struct delivery *d, struct delivery_result result)
{
	result.where = d->path;
	d->done(d->owner, &result);
	release(d);
}

static void
finish_error(struct delivery *d, int error)
{
	finish(d, delivery_trouble(error));
}

static void
give_back(struct delivery *d)
{
	if (d->counted) quota_give_back(&d->box->dir, d->order.size);
	d->counted = false;
}

/* abandon - as finish_error, and tmp/NAME goes */
static void
abandon(struct delivery *d, int error)
{
	give_back(d);
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
	give_back(d);
	finish_error(d, error);
}

static void
settle(struct delivery *d)
{
	d->state = SETTLING;
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
		give_back(d);
		maildir_unmake(&d->box->dir, d->name);
	}
	settle(d);
}

static void
write_on(void *owner)
{
	struct delivery *d = owner;
	int more = 1, i;

	for (i = 0; i < DELIVERY_TURN && more == 1; i++)
		more = copy_piece(&d->copy, d->fd);
	if (more == -1) {
		abandon(d, errno);
	} else if (!more) {
		d->state = SYNCING;
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
		    other->state != SETTLING && !strcmp(other->name, d->name))
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
		d->state = SETTLING;
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

static void
begin(struct delivery *d)
{
	struct deliveries *all = d->all;

	d->state = WRITING;
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

		give_back(d);
		finish_error(d, e);
		return;
	}
	write_on(d);
}

static void
begin_some(void *owner)
{
	struct deliveries *all = owner;

	while (all->first && all->active < DELIVERY_ACTIVE_MAX) {
		struct delivery *d = all->first;

		all->first = d->next;
		if (!all->first) all->end = &all->first;
		d->next = all->working;
		all->working = d;
		all->active++;
		begin(d);
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
	d->state = WAITING;
	d->fd = -1;
	d->copy = (struct copy){ .from = order->message, .size = order->size,
				 .sender = order->sender,
				 .address = order->address,
				 .crlf = all->crlf };
	d->turn = (struct timer){ .due = write_on, .owner = d };
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
	case SETTLING:
		return false;
	case WAITING:
		unqueue(d);
		break;
	case SYNCING:
		flush_cancel(all->flushers, &d->flush);
		/* FALLTHROUGH */
	case WRITING:
		give_back(d);
		maildir_unmake(&d->box->dir, d->name);
		release(d);
		break;
	}
	return true;
}
