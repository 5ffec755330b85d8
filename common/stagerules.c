/* SPDX-License-Identifier: ISC */
/* The start of a stage that has rule files; in a file of its own, so that the
 * others link no parser of them. May end the process, as stage.c does. */
#include <stdio.h>
#include <skalibs/strerr.h>
#include "common/stage.h"

/* place - ":LINE:COLUMN" as far as they are known */
static char *
place(char *out, size_t room, struct parse_error const *at)
{
	*out = '\0';
	if (at->line && at->column)
		snprintf(out, room, ":%u:%u", at->line, at->column);
	else if (at->line)
		snprintf(out, room, ":%u", at->line);
	return out;
}

static void
warn(char const *file, struct parse_error const *what)
{
	char at[32];

	fprintf(stderr, "%s: warning: %s%s: %s\n", PROG, file,
	    place(at, sizeof at, what), what->why);
}

void
stage_read_rules(struct stage *s, struct inforce *rules)
{
	struct parse_error why;
	char const *file;
	char at[32];

	rules->routes_path = s->routes;
	if (!inforce_read(rules, &file, &why))
		strerr_dief(100, file, place(at, sizeof at, &why), ": ",
		    why.why);
	if (s->check) inforce_warnings(rules, warn);
}
