/* SPDX-License-Identifier: ISC */
/* A queue of our own for one message, when no daemon runs: mailgrave-queue as
 * a child, its connection a socket pair. */
#ifndef MAILGRAVE_HAND_H
#define MAILGRAVE_HAND_H

#include <stdbool.h>
#include <sys/types.h>

struct hand {
	pid_t pid;
	int log;	/* what the child says, until it is known whether
			 * anybody wants to read it */
};

/* hand_start - begin a queue on this spool directory
 *   returns our end of the connection, or -1 and errno */
int hand_start(struct hand *h, char const *spool);

/* hand_finish - wait for its end, which comes when the connection is closed
 *   show  pass on what it said
 *   returns its exit code, 111 when a signal ended it */
int hand_finish(struct hand *h, bool show);

#endif
