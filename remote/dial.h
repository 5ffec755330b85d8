/* SPDX-License-Identifier: ISC */
/* Connects to the first of several addresses that takes the call. */
#ifndef MAILGRAVE_DIAL_H
#define MAILGRAVE_DIAL_H

#include "common/loop.h"
#include "remote/resolve.h"

enum { DIAL_WAIT_MS = 30000 };	/* for each address */

struct dial {
	/* set by the caller */
	struct loop *loop;
	struct address address[RESOLVE_ADDRESSES_MAX];
	size_t addresses;
	unsigned port;
	int64_t wait_ms;	/* DIAL_WAIT_MS; tests are in more of a hurry */
	/* fd     connected, non-blocking, the callee's; -1: nobody answers
	 * error  errno of the first address then: it is the best one */
	void (*done)(void *owner, int fd, int error);
	void *owner;

	size_t at;		/* the address under way, or that answered */
	int error;		/* of the first that did not */
	struct watch watch;
	struct timer timer;
	struct chore begin;
};

/* dial_start - done is called later, never from here */
void dial_start(struct dial *d);

/* dial_cancel - done isn't called any more; harmless on one that has ended */
void dial_cancel(struct dial *d);

#endif
