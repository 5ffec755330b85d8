/* SPDX-License-Identifier: ISC */
/* A Maildir that deliveries share while they need it: opened once, its
 * directories synced once for all that wait. The next message often goes where
 * the last one went: for a moment they stay open after that. */
#ifndef MAILGRAVE_BOX_H
#define MAILGRAVE_BOX_H

#include <sys/stat.h>
#include "common/flush.h"
#include "local/maildir.h"

enum {
	BOX_IDLE_MAX = 128,	/* three descriptors each */
	BOX_IDLE_MS = 250
};

struct boxes {
	int root;		/* directory that all paths start from */
	struct loop *loop;
	struct flushers *flushers;
	struct box *first;	/* in use */
	struct box *idle;	/* the last one used comes first */
	struct timer expire;
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
	struct stat new;	/* which directory that is */
	struct boxes *all;
	size_t users;
	int64_t idle_ms;	/* since then */
	struct flush flush;
	bool flushing;
	struct box_wait *covered;	/* by the sync that is under way */
	struct box_wait *waiting;	/* for the next one */
	struct box *next;
	char path[];
};

void boxes_init(struct boxes *all);

/* boxes_close - those that nobody uses */
void boxes_close(struct boxes *all);

/* box_open - NULL and errno as maildir_open, or ENOMEM */
struct box *box_open(struct boxes *all, char const *path);

/* box_close - one user less */
void box_close(struct box *box);

/* box_settle - done is called, from the loop, after a sync of new/ that starts
 * from now on; a box_wait can't be taken back */
void box_settle(struct box *box, struct box_wait *wait);

#endif
