/* SPDX-License-Identifier: ISC */
/* What people are told while a spool is looked at: a line for each thing that
 * is wrong, and how far it is, on a terminal. */
#ifndef MAILGRAVE_FINDING_H
#define MAILGRAVE_FINDING_H

#include <stdbool.h>
#include <stdint.h>

struct findings {
	unsigned long long n;
	int64_t next_ms;	/* when to show progress again */
	bool terminal;		/* somebody may be waiting there */
	bool progress;		/* a line of it is on it */
};

void findings_begin(struct findings *all);

/* finding - one line on standard output: where, and what is wrong there */
void finding(struct findings *all, char const *folder, char const *name,
    char const *format, ...) __attribute__((format(printf, 4, 5)));

/* finding_progress - now and then; finding_clear - before anything else is
 * printed */
void finding_progress(struct findings *all, char const *what,
    unsigned long long done, unsigned long long of);
void finding_clear(struct findings *all);

#endif
