/* SPDX-License-Identifier: ISC */
/* One table of options a program: parsing, --help and their limits come from
 * it. Long options only, plus single letters where a row names one. */
#ifndef MAILGRAVE_OPTION_H
#define MAILGRAVE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
	OPTION_FLAG,	/* bool */
	OPTION_TEXT,	/* char const *, points into argv */
	OPTION_NUMBER,	/* unsigned long long, decimal, min..max */
	OPTION_SIZE,	/* the same with K, M or G behind it (1024) */
	OPTION_CALL	/* take() is called, for what may be repeated */
};

struct option_row {
	char const *name;	/* without the dashes; NULL: a letter alone,
				 * which --help doesn't show */
	char const *argument;	/* as --help shows it; NULL for a flag; with
				 * "[" in front it may lack, NULL for take */
	enum option_kind kind;
	size_t offset;		/* of the value in the options' struct */
	unsigned long long min, max;
	/* OPTION_CALL: false and *why when the argument makes no sense */
	bool (*take)(void *options, char const *argument, char const **why);
	char letter;		/* 0: none */
	char const *help;	/* one line; the default in it, if any */
};

/* Rows and the struct that they fill. */
struct option_table {
	struct option_row const *row;
	size_t rows;
	void *options;
};

#define OPTION_TABLE(table, values) \
	{ .row = table, .rows = sizeof(table) / sizeof *(table), \
	  .options = values }

/* What --help says around the options. */
struct option_page {
	char const *program;
	char const *synopsis;	/* after "usage: program " */
	char const *purpose;	/* one sentence */
	char const *notes;	/* below the options; may be NULL */
};

/* option_parse - read argv by these tables
 *   returns the index of the first operand
 *   --help and --version answer on standard output and exit 0; a wrong option
 *   is one line on standard error and exit misuse (100, or 64 for sendmail) */
int option_parse(int argc, char *const *argv, struct option_page const *page,
    struct option_table const *table, size_t tables, int misuse);

/* option_misused - one line "program: what: which" and exit 100 */
_Noreturn void option_misused(char const *program, char const *what,
    char const *which);

#endif
