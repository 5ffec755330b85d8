/* SPDX-License-Identifier: ISC */
/* Connects to the first of several places that takes the call. */
#ifndef MAILGRAVE_DIAL_H
#define MAILGRAVE_DIAL_H

#include "common/loop.h"
#include "remote/mx.h"

enum {
	DIAL_WAIT_MS = 30000,	/* for each address */
	DIAL_STAGGER_MS = 250,	/* until the next one is called too; RFC 8305
				 * section 5 */
	DIAL_AT_ONCE = 4
};

struct dial;

struct dial_call {
	struct dial *dial;
	struct watch watch;
	struct timer timer;
	struct candidate *place;
};

struct dial {
	/* set by the caller */
	struct loop *loop;
	struct candidates *places;	/* those not done are called, equals
					 * staggered, worse ones when all better
					 * have failed; failures get done */
	struct candidate *only;		/* of places, NULL: all */
	char const *path;		/* instead: a Unix socket */
	unsigned port;
	struct address const *source;	/* IPv6, IPv4, as remote has them */
	bool const *has_source;
	int64_t wait_ms;	/* DIAL_WAIT_MS; tests are in more of a hurry */
	/* fd     connected, non-blocking, the callee's; -1: nobody answers
	 * place  who; NULL with fd -1, or for a path
	 * error  errno of the first failure then: it is the best one */
	void (*done)(void *owner, int fd, struct candidate *place, int error);
	void *owner;

	struct dial_call call[DIAL_AT_ONCE];
	struct timer stagger;
	struct chore begin;
	int error;
};

/* dial_start - done is called later, never from here */
void dial_start(struct dial *d);

/* dial_cancel - done isn't called any more; harmless on one that has ended, or
 * never began and is zeroed but for loop */
void dial_cancel(struct dial *d);

#endif
