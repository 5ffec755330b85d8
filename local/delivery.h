/* SPDX-License-Identifier: ISC */
/* One message on its way into one Maildir:
 *
 *   waiting -> writing tmp/NAME -> syncing it -> rename into new/
 *           -> settling (new/ is synced, for all that wait) -> result
 *
 * After the rename there is no way back. */
#ifndef MAILGRAVE_DELIVERY_H
#define MAILGRAVE_DELIVERY_H

#include "local/box.h"
#include "local/result.h"

enum {
	/* at work; each needs a descriptor, and up to three more when it has
	 * its mailbox for itself */
	DELIVERY_ACTIVE_MAX = 128,
	/* of these, not yet renamed: the others' directories are synced
	 * together with the files of those that follow */
	DELIVERY_WRITING_MAX = 64,
	DELIVERY_TURN = 16		/* pieces written, then others have
					 * their turn */
};

/* All of them, and what they share. */
struct deliveries {
	/* set by main */
	struct loop *loop;
	struct flushers *flushers;
	struct boxes boxes;
	char const *hostname;
	bool crlf;
	bool full_is_perm;	/* a full mailbox refuses for good */

	size_t active, settling;
	struct delivery *first, **end;	/* waiting */
	struct delivery *working;
	struct chore begin;
};

/* What to deliver; the views and the descriptor must live until done. */
struct delivery_order {
	struct traceid const *id;
	uint32_t rcpt;
	uint64_t arrived_s;
	struct slice sender, address;
	int message;		/* read with pread, unless there is a */
	struct slice text;
	uint64_t size;
	bool maybe;		/* it may be there already */
	uint64_t quota;		/* of its Maildir, octets; 0: none */
};

struct delivery;

void deliveries_init(struct deliveries *all);

/* delivery_start - done is called once, from the loop, never from here
 *   path  of the Maildir, below boxes.root; copied
 *   NULL  out of memory */
struct delivery *delivery_start(struct deliveries *all,
    struct delivery_order const *order, char const *path,
    void (*done)(void *owner, struct delivery_result const *result),
    void *owner);

/* delivery_cancel - take it back, if it hasn't been renamed yet
 *   true   it is gone, done isn't called any more
 *   false  too late: done will be called */
bool delivery_cancel(struct delivery *d);

/* deliveries_idle - none is waiting or at work */
bool deliveries_idle(struct deliveries const *all);

#endif
