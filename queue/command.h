/* SPDX-License-Identifier: ISC */
/* The client's side of the command protocol: --list and its like. Asks the
 * running queue, or one that it starts for a moment on a spool at rest. */
#ifndef MAILGRAVE_QUEUE_COMMAND_H
#define MAILGRAVE_QUEUE_COMMAND_H

#include <stdbool.h>

/* As the options have it. */
struct command {
	bool list, show, status, retry, hold, release, delete, bounce;
	bool json, openmetrics, dry_run;
	char const *submit;	/* socket of the queue; NULL: the usual one */
	char const *spool;	/* NULL: only a running queue is asked */
};

/* command_given - one of the command words was */
bool command_given(struct command const *c);

/* command_run - do it and print what comes of it
 *   operand  ids or filters, NULL ends them
 *   returns the exit code of the program */
int command_run(struct command const *c, char *const *operand);

#endif
