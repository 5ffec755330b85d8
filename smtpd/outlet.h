/* SPDX-License-Identifier: ISC */
/* What --sink, --maildir and --command say: where mail goes without a queue.
 * Pure. */
#ifndef MAILGRAVE_OUTLET_H
#define MAILGRAVE_OUTLET_H

#include <stdbool.h>

enum {
	OUTLET_WORDS_MAX = 100,		/* arguments of --command */
	OUTLET_ARGUMENTS_MAX = OUTLET_WORDS_MAX + 16	/* of local */
};

struct outlet {
	bool sink;
	char const *maildir, *command;
	char *const *arguments;	/* of command, NULL ends */
	char const *line;	/* the routes that they stand for, or NULL for
				 * those of a file */
};

/* outlet_take - after the options: command's arguments are the operands
 *   false  *why says what is wrong; operands are no use, or too many */
bool outlet_take(struct outlet *o, char *const *operands, char const **why);

/* outlet_argv - local's arguments, OUTLET_ARGUMENTS_MAX of them with NULL */
void outlet_argv(struct outlet const *o, char const *routes,
    char const *hostname, char const **argv);

#endif
