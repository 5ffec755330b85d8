/* SPDX-License-Identifier: ISC */
/* Another of our programs as a child over a socket pair: how inject and send
 * work by hand, with no daemon running. */
#ifndef MAILGRAVE_NEIGHBOUR_H
#define MAILGRAVE_NEIGHBOUR_H

#include <sys/types.h>

enum { NEIGHBOUR_FD = 3 };	/* its end of the connection */
#define NEIGHBOUR_FD_TEXT "3"

enum { NEIGHBOUR_PATH_MAX = 4096 };

/* neighbour_path - where a program of ours is: beside the one that calls, else
 * in the sbin beside that one's directory
 *   path  NEIGHBOUR_PATH_MAX octets
 *   returns path, or the bare name, for a search of PATH */
char const *neighbour_path(char const *name, char *path);

/* neighbour_start - begin it
 *   argv  argv[0] names the program, found by neighbour_path and
 *         PATH; NULL ends it
 *   log   becomes its standard error
 *   pid   gets its process id
 *   returns our end of the connection, non-blocking, or -1 and errno */
int neighbour_start(char const *const *argv, int log, pid_t *pid);

/* neighbour_wait - for its end; returns its exit code, 111 for a signal */
int neighbour_wait(pid_t pid);

#endif
