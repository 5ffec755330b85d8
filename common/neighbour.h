/* SPDX-License-Identifier: ISC */
/* Another of our programs as a child over a socket pair: how inject and send
 * work by hand, with no daemon running. */
#ifndef MAILGRAVE_NEIGHBOUR_H
#define MAILGRAVE_NEIGHBOUR_H

#include <sys/types.h>

enum { NEIGHBOUR_FD = 3 };	/* its end of the connection */
#define NEIGHBOUR_FD_TEXT "3"

/* neighbour_start - begin it
 *   argv  argv[0] names the program, which is looked for beside ours, then in
 *         PATH; NULL ends it
 *   log   becomes its standard error
 *   pid   gets its process id
 *   returns our end of the connection, non-blocking, or -1 and errno */
int neighbour_start(char const *const *argv, int log, pid_t *pid);

/* neighbour_wait - for its end; returns its exit code, 111 for a signal */
int neighbour_wait(pid_t pid);

#endif
