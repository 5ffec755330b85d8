/* SPDX-License-Identifier: ISC */
/* Connects to a neighbour's socket, and again whenever it is away. */
#ifndef MAILGRAVE_CALLER_H
#define MAILGRAVE_CALLER_H

#include <stdbool.h>
#include "common/loop.h"

struct caller {
	/* set by the owner */
	struct loop *loop;
	char const *path;	/* NULL: it never connects */
	/* connected - fd is the callee's; false: of no use, try again */
	bool (*connected)(void *owner, int fd);
	void *owner;

	struct timer retry;
	int64_t wait_ms;	/* grows while connections fail or don't last */
	int64_t since_ms;	/* when the last one began */
};

/* caller_start - now, then until connected takes one */
void caller_start(struct caller *c);

/* caller_lost - the connection has ended: get another */
void caller_lost(struct caller *c);

#endif
