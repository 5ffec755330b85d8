/* SPDX-License-Identifier: ISC */
/* Puts one line of routes and one command line together; starts nothing. */
#include <stddef.h>
#include "common/neighbour.h"
#include "common/oneline.h"
#include "smtpd/outlet.h"

/* The client waits for the reply, and we for at most 5 minutes
 * (SUBMISSION_PATIENCE_MS): a command has to end before. */
static char const command_time[] = "240";

static char line[ONELINE_MAX];

bool
outlet_take(struct outlet *o, char *const *operands, char const **why)
{
	size_t n;

	*why = "no operand is wanted";
	if (*operands && !o->command) return false;
	*why = "--maildir and --command exclude each other";
	if (o->maildir && o->command) return false;
	o->arguments = operands;
	for (n = 0; operands[n]; n++)
		;
	*why = "too many arguments for --command";
	if (n > OUTLET_WORDS_MAX) return false;
	o->line = NULL;
	if (!o->maildir && !o->command) return true;
	o->sink = true;
	o->line = line;
	/* local knows below which directory it lies */
	*why = "too long, or a line end in it";
	return o->maildir ? oneline_routes(line, "maildir", "mail/", NULL)
	    : oneline_routes(line, "command", o->command, operands);
}

void
outlet_argv(struct outlet const *o, char const *routes, char const *hostname,
    char const **argv)
{
	size_t n = 0, i;

	argv[n++] = "mailgrave-local";
	argv[n++] = "--in-fd";
	argv[n++] = NEIGHBOUR_FD_TEXT;
	argv[n++] = "--hostname";
	argv[n++] = hostname;
	argv[n++] = "--command-time";
	argv[n++] = command_time;
	if (!o->line) {
		argv[n++] = "--routes";
		argv[n++] = routes;
	} else if (o->maildir) {
		argv[n++] = "--maildir";
		argv[n++] = o->maildir;
	} else {
		argv[n++] = "--command";
		argv[n++] = o->command;
		argv[n++] = "--";
		for (i = 0; o->arguments[i]; i++)
			argv[n++] = o->arguments[i];
	}
	argv[n] = NULL;
}
