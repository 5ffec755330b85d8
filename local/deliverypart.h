/* SPDX-License-Identifier: ISC */
/* One delivery from inside, for delivery.c, its steps, and deliveries.c, the
 * crowd of them; for them alone. */
#ifndef MAILGRAVE_DELIVERYPART_H
#define MAILGRAVE_DELIVERYPART_H

#include "local/copy.h"
#include "local/delivery.h"

enum delivery_state {
	DELIVERY_WAITING, DELIVERY_WRITING, DELIVERY_SYNCING, DELIVERY_SETTLING
};

struct delivery {
	struct deliveries *all;
	struct delivery_order order;
	void (*done)(void *owner, struct delivery_result const *result);
	void *owner;
	enum delivery_state state;
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

/* delivery_begin - the first step of one that waited */
void delivery_begin(struct delivery *d);

/* delivery_write - more of the file; the timer's due */
void delivery_write(void *delivery);

/* delivery_give_back - what was counted against the quota */
void delivery_give_back(struct delivery *d);

/* delivery_settling - it is in the Maildir: another one may begin */
void delivery_settling(struct delivery *d);

/* delivery_release - what it holds, and itself; not its files */
void delivery_release(struct delivery *d);

#endif
