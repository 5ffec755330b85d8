/* SPDX-License-Identifier: ISC */
/* A named socket that a daemon listens on, and who may come in. */
#ifndef MAILGRAVE_DOOR_H
#define MAILGRAVE_DOOR_H

#include <stdbool.h>
#include <sys/types.h>
#include "common/loop.h"

enum { DOOR_UIDS_MAX = 8 };

struct door {
	char const *path;
	bool anybody;		/* any uid may; else those below */
	uid_t uid[DOOR_UIDS_MAX];
	size_t uids;
	/* fd is the callee's: connected, non-blocking */
	void (*enter)(void *owner, int fd, uid_t uid);
	void *owner;

	struct loop *loop;
	struct watch watch;
	struct timer rest;	/* after a shortage of descriptors */
	int fd, lock;
};

/* door_bind - before the jail; path is set
 *   owner  who may connect; (uid_t)-1: the binder
 *   false  errno EADDRINUSE when a living process serves it */
bool door_bind(struct door *d, uid_t owner, mode_t mode);

/* door_open - listen: what comes is checked against uid and handed to enter
 * After the jail, so that the listener has the daemon's uid. */
bool door_open(struct door *d, struct loop *loop);

/* door_close - nobody new comes in */
void door_close(struct door *d);

#endif
