/* SPDX-License-Identifier: ISC */
/* Prints; judges nothing. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/log.h"
#include "queue/finding.h"

enum {
	PATIENCE_MS = 1000,	/* of people, before they see progress */
	PROGRESS_MS = 200
};

void
findings_begin(struct findings *all)
{
	*all = (struct findings){ .terminal = isatty(STDERR_FILENO),
	    .next_ms = clock_monotonic_ms() + PATIENCE_MS };
}

void
finding_clear(struct findings *all)
{
	if (all->progress) fprintf(stderr, "\r%50s\r", "");
	all->progress = false;
}

void
finding_progress(struct findings *all, char const *what,
    unsigned long long done, unsigned long long of)
{
	int64_t now_ms = all->terminal ? clock_monotonic_ms() : 0;

	if (!all->terminal || now_ms < all->next_ms) return;
	all->next_ms = now_ms + PROGRESS_MS;
	fprintf(stderr, "\r%llu of %llu %s", done, of, what);
	all->progress = true;
}

/* Names may hold anything. */
static void
print_name(char const *name)
{
	char escaped[LOG_ESCAPED_MAX];

	for (; *name; name++)
		printf("%.*s", (int)log_escape(escaped,
		    (unsigned char)*name, "", false), escaped);
}

void
finding(struct findings *all, char const *folder, char const *name,
    char const *format, ...)
{
	va_list args;

	finding_clear(all);
	all->n++;
	printf("%s/", folder);
	print_name(name);
	printf(": ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}
