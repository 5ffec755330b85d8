/* SPDX-License-Identifier: ISC */
/* The way from a command to a queue: the running one, or one that is started for
 * a moment on a spool at rest. */
#ifndef MAILGRAVE_QUEUE_REACH_H
#define MAILGRAVE_QUEUE_REACH_H

#include <sys/types.h>

struct reached {
	int fd;			/* connected */
	pid_t child;		/* a queue of ours; 0: it runs by itself */
	int log;		/* what that says */
};

/* reach - a queue
 *   submit  socket of the running one; NULL: the usual one
 *   spool   NULL: only a running one will do
 *   returns 0, or what complain does. A spool at rest that root names is worked
 *   on as its owner from here on. */
int reach(struct reached *q, char const *submit, char const *spool);

#endif
