/* SPDX-License-Identifier: ISC */
/* How a command that can't be done ends: a line on standard error, and the exit
 * code of the program. */
#ifndef MAILGRAVE_QUEUE_COMPLAIN_H
#define MAILGRAVE_QUEUE_COMPLAIN_H

#include <skalibs/strerr.h>

enum {
	MISUSED = 100,
	NOT_NOW = 111	/* it may help to try again */
};

/* complain - which may be NULL; returns code */
static inline int
complain(int code, char const *what, char const *which)
{
	strerr_warn(PROG, ": ", what, which ? ": " : NULL, which);
	return code;
}

#endif
