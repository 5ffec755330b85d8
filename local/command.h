/* SPDX-License-Identifier: ISC */
/* One run of a program with a message on its standard input, by a process that
 * is the right user already and waits for nothing else. */
#ifndef MAILGRAVE_COMMAND_RUN_H
#define MAILGRAVE_COMMAND_RUN_H

#include <stdbool.h>
#include <stddef.h>

enum {
	COMMAND_OUTPUT_MAX = 4096,	/* octets kept of its output */
	COMMAND_GRACE_MS = 1000,	/* between SIGTERM and SIGKILL */
	COMMAND_STRAYS_MS = 5000	/* to find all that it started */
};

/* What the kernel allows it. 0: as who started us has it */
struct command_limits {
	unsigned long long memory;	/* octets of each of its processes */
	unsigned long long files;	/* open in each of them */
	unsigned long long processes;	/* of its user, at a time */
};

struct command {
	/* set by the caller */
	char *const *argv;	/* argv[0] is a path */
	char *const *env;
	char const *home;	/* current directory, or "/" if it can't be */
	int message;		/* its standard input, at offset 0 */
	int leash;		/* when its other end is closed, the command
				 * is ended too */
	unsigned limit_s;	/* then it is ended with all its children */
	struct command_limits limits;

	/* afterwards */
	int code;		/* its exit status, -1: it was killed */
	bool timed_out;
	size_t len;
	char output[COMMAND_OUTPUT_MAX];
};

/* command_run - start it in a process group of its own and wait for its end
 *   false and errno: it was never started; ENOENT, EACCES and the like are the
 *   program's, as execve has them */
bool command_run(struct command *c);

#endif
