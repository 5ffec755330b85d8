/* SPDX-License-Identifier: ISC */
/* The way to a mailbox: every step is opened from the one before it and never
 * through a symbolic link; what is missing is made. */
#ifndef MAILGRAVE_WALK_H
#define MAILGRAVE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include "common/slice.h"

enum { WALK_DEPTH_MAX = 32 };	/* steps from the root to the mailbox */

struct walk {
	int at;			/* the directory; -1 while closed */
	/* directories in which others were made: these names are durable
	 * after a sync of each, from the last one to the first */
	int changed[WALK_DEPTH_MAX + 1];
	size_t changes;
};

/* walk_open - to the directory at path, made 0700 where it is missing
 *   root   directory that path starts from
 *   path   steps with "/" between; none may be ".."
 *   steps  gets how many there were; may be NULL
 *   false and errno: ENOTDIR for a symbolic link or file on the way, EINVAL
 *   for a path that leads nowhere; what was made stays */
bool walk_open(struct walk *w, int root, struct slice path, size_t *steps);
void walk_close(struct walk *w);

/* walk_directory - one step; walk_make - it may have to be made: then *made is
 * set. A descriptor, or -1 and errno. */
int walk_directory(int at, char const *name);
int walk_make(int at, char const *name, bool *made);

/* walk_changed - remember that something was made in w->at */
bool walk_changed(struct walk *w);

#endif
