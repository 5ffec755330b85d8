/* SPDX-License-Identifier: ISC */
/* The directories of a spool, and its lock. */
#ifndef MAILGRAVE_SPOOL_H
#define MAILGRAVE_SPOOL_H

#include <stdbool.h>

struct spool {
	int journal, mess, damaged;
	int lock;		/* the process has it as long as this is open,
				 * however it dies */
};

/* spool_open - open it for one process alone
 *   make   what is missing is made, and durable; else nothing is changed
 *   why    what could not be done, when false is returned, and errno: EBUSY
 *          when another process has the lock */
bool spool_open(struct spool *s, char const *path, bool make,
    char const **why);

#endif
