/* SPDX-License-Identifier: ISC */
/* Reads argv by tables, prints --help from them. */
#include <skalibs/nonposix.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/option.h"
#include "common/slice.h"

enum { ROWS_MAX = 64, HELP = 'h' + 256, VERSION = 'V' + 256 };

static void
help_row(char letter, char const *name, char const *argument,
    char const *what)
{
	char left[80], shown[4] = "";

	if (letter) snprintf(shown, sizeof shown, "-%c,", letter);
	snprintf(left, sizeof left, "%-3s --%s%s%s", shown, name,
	    argument ? " " : "", argument ? argument : "");
	if (strlen(left) > 28)
		printf("  %s\n  %-28s %s\n", left, "", what);
	else
		printf("  %-28s %s\n", left, what);
}

static void
print_help(struct option_page const *page, struct option_table const *table,
    size_t tables)
{
	size_t t, i;

	printf("usage: %s %s\n%s\n\n", page->program, page->synopsis,
	    page->purpose);
	for (t = 0; t < tables; t++)
		for (i = 0; i < table[t].rows; i++) {
			struct option_row const *r = &table[t].row[i];

			if (!r->name) continue;
			help_row(r->letter, r->name, r->argument, r->help);
		}
	help_row(0, "help", NULL, "print this and exit");
	help_row(0, "version", NULL, "print the version and exit");
	if (page->notes) printf("\n%s\n", page->notes);
}

_Noreturn void
option_misused(char const *program, char const *what, char const *which)
{
	fprintf(stderr, "%s: %s%s%s\n", program, what, which ? ": " : "",
	    which ? which : "");
	exit(100);
}

static bool
parse_number(struct option_row const *row, char const *text,
    unsigned long long *n)
{
	struct slice digits = slice_of(text);
	unsigned shift = 0;

	if (row->kind == OPTION_SIZE && digits.len) {
		char unit = slice_lower(digits.s[digits.len - 1]);

		shift = unit == 'k' ? 10 : unit == 'm' ? 20 :
		    unit == 'g' ? 30 : 0;
		if (shift) digits.len--;
	}
	if (!slice_number(digits, UINT64_MAX >> shift, n)) return false;
	*n <<= shift;
	return *n >= row->min && *n <= row->max;
}

/* NULL, or what is wrong with the argument. */
static char const *
store(struct option_row const *row, void *options, char const *argument)
{
	static char limits[80];
	char *at = (char *)options + row->offset;
	char const *why = NULL;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)at = true;
		break;
	case OPTION_TEXT:
		if (!*argument) return "must not be empty";
		*(char const **)(void *)at = argument;
		break;
	case OPTION_NUMBER:
	case OPTION_SIZE:
		if (!parse_number(row, argument,
		    (unsigned long long *)(void *)at)) {
			snprintf(limits, sizeof limits,
			    "takes a number from %llu to %llu", row->min,
			    row->max);
			return limits;
		}
		break;
	case OPTION_CALL:
		if (!row->take(options, argument, &why)) return why;
		break;
	}
	return NULL;
}

static _Noreturn void
misused(struct option_page const *page, int misuse, char const *what,
    char const *which)
{
	fprintf(stderr, "%s: %s: %s\n", page->program, what, which);
	exit(misuse);
}

/* The tables as getopt_long wants them; row numbers count through all. */
static void
fill(struct option_table const *table, size_t tables, struct option *list,
    char *letters)
{
	size_t t, i, n = 0, named = 0;

	*letters++ = ':';
	for (t = 0; t < tables; t++)
		for (i = 0; i < table[t].rows && n < ROWS_MAX; i++, n++) {
			struct option_row const *r = &table[t].row[i];

			int has = !r->argument ? no_argument :
			    *r->argument == '[' ? optional_argument :
			    required_argument;

			if (r->name)
				list[named++] = (struct option){
				    .name = r->name, .has_arg = has,
				    .val = (int)n + 1000 };
			if (!r->letter) continue;
			*letters++ = r->letter;
			if (has != no_argument) *letters++ = ':';
			if (has == optional_argument) *letters++ = ':';
		}
	list[named++] = (struct option){ .name = "help", .val = HELP };
	list[named++] = (struct option){ .name = "version", .val = VERSION };
	list[named] = (struct option){ .name = NULL };
	*letters = '\0';
}

static struct option_row const *
find(struct option_table const *table, size_t tables, int got,
    void **options)
{
	size_t t, i, n = 1000;

	for (t = 0; t < tables; t++)
		for (i = 0; i < table[t].rows; i++, n++) {
			struct option_row const *r = &table[t].row[i];

			*options = table[t].options;
			if (got == (int)n || (r->letter && got == r->letter))
				return r;
		}
	return NULL;
}

int
option_parse(int argc, char *const *argv, struct option_page const *page,
    struct option_table const *table, size_t tables, int misuse)
{
	struct option list[ROWS_MAX + 3];
	char letters[3 * ROWS_MAX + 2];
	int got;

	fill(table, tables, list, letters);
	opterr = 0;
	while ((got = getopt_long(argc, argv, letters, list, NULL)) != -1) {
		struct option_row const *row;
		char letter[] = "-?";
		void *options;
		char const *why;

		if (got == HELP) {
			print_help(page, table, tables);
			exit(fflush(stdout) ? 111 : 0);
		}
		if (got == VERSION) {
			printf("%s %s\n", page->program, MAILGRAVE_VERSION);
			exit(fflush(stdout) ? 111 : 0);
		}
		if (got == ':')
			misused(page, misuse, "option needs an argument",
			    argv[optind - 1]);
		row = find(table, tables, got, &options);
		/* in the middle of "-abc" argv goes on to stand there */
		letter[1] = optopt < 128 ? (char)optopt : '\0';
		if (!row)
			misused(page, misuse, "unknown option",
			    letter[1] ? letter : argv[optind - 1]);
		why = store(row, options, optarg);
		if (why) {
			letter[1] = row->letter;
			fprintf(stderr, "%s: %s%s %s: %s\n", page->program,
			    row->name ? "--" : "",
			    row->name ? row->name : letter,
			    optarg ? optarg : "", why);
			exit(misuse);
		}
	}
	return optind;
}
