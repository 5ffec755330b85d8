/* SPDX-License-Identifier: ISC */
/* Removes files in mess/ that no message refers to, some at a time. */
#ifndef MAILGRAVE_SWEEP_H
#define MAILGRAVE_SWEEP_H

#include <dirent.h>
#include "queue/state.h"

enum { SWEEP_STEP = 500 };	/* names looked at in one step */

struct sweep {
	DIR *dir;
	int mess;
	struct state const *state;
	int64_t since_ms;
	unsigned removed;
};

/* sweep_begin - state knows of all messages there were
 *   since_ms  wall time: files with ids from then on stay, for they may be of
 *             messages that are being taken
 *   false and errno; nothing to end */
bool sweep_begin(struct sweep *s, int mess, struct state const *state,
    int64_t since_ms);

/* sweep_step - false: that was all. What can't be read or removed stays for the
 * next start. */
bool sweep_step(struct sweep *s);

void sweep_end(struct sweep *s);

#endif
