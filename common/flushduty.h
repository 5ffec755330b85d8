/* SPDX-License-Identifier: ISC */
/* A sync in the helper of flush.c. */
#ifndef MAILGRAVE_FLUSHDUTY_H
#define MAILGRAVE_FLUSHDUTY_H

#include <stddef.h>
#include "common/flushpart.h"

struct flushduty {
	struct flush_ask ask;
	int fd;			/* -1: there was none, or it couldn't be taken */
	int error;		/* told before the sync */
};

/* flushduty_receive - wait for what starts together; the process ends with its
 * daemon
 *   returns how many; their descriptors are the caller's */
size_t flushduty_receive(int socket, struct flushduty d[FLUSH_MAX]);

/* flushduty_write_out - A file system's commit holds what was written before it
 * began. What starts together is written first, all of it, so that the first of
 * the syncs doesn't begin a commit that the others come too late for. */
void flushduty_write_out(struct flushduty *d, size_t n);

/* flushduty_sync - sync and close; 0 or errno */
int flushduty_sync(struct flushduty const *d);

#endif
