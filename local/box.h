/* SPDX-License-Identifier: ISC */
/* A Maildir that deliveries share while they need it: opened once, its
 * directories synced once for all that wait. */
#ifndef MAILGRAVE_BOX_H
#define MAILGRAVE_BOX_H

#include "common/flush.h"
#include "local/maildir.h"

struct boxes {
	int root;		/* directory that all paths start from */
	struct flushers *flushers;
	struct box *first;
};

/* Somebody who waits until the names in new/ are durable. Lives in its owner's
 * struct until done. */
struct box_wait {
	void (*done)(void *owner, int error);	/* 0 or errno */
	void *owner;
	struct box_wait *next;
};

struct box {
	struct maildir dir;
	struct boxes *all;
	size_t users;
	struct flush flush;
	bool flushing;
	struct box_wait *covered;	/* by the sync that is under way */
	struct box_wait *waiting;	/* for the next one */
	struct box *next;
	char path[];
};

/* box_open - NULL and errno as maildir_open, or ENOMEM */
struct box *box_open(struct boxes *all, char const *path);

/* box_close - one user less */
void box_close(struct box *box);

/* box_settle - done is called, from the loop, after a sync of new/ that starts
 * from now on; a box_wait can't be taken back */
void box_settle(struct box *box, struct box_wait *wait);

#endif
