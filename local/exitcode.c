/* SPDX-License-Identifier: ISC */
/* Exit codes of qmail's and of sendmail's commands, in one table. */
#include <stdio.h>
#include "local/exitcode.h"

enum { OK = VERDICT_OK, SOFT = VERDICT_TEMP, HARD = VERDICT_PERM };

/* Whatever isn't here is soft. The status is that of sysexits.h's meaning, its
 * class that of the verdict. */
static struct {
	int code;
	unsigned char verdict[3];	/* auto, qmail, sysexits */
	char const *status;
} const codes[] = {
	{ 0,   { OK, OK, OK },		".0.0" },
	{ 64,  { HARD, HARD, HARD },	".3.0" },	/* USAGE */
	{ 65,  { HARD, HARD, HARD },	".6.0" },	/* DATAERR */
	{ 66,  { HARD, SOFT, HARD },	".3.0" },	/* NOINPUT */
	{ 67,  { HARD, SOFT, HARD },	".1.1" },	/* NOUSER */
	{ 68,  { HARD, SOFT, HARD },	".1.2" },	/* NOHOST */
	{ 69,  { HARD, SOFT, HARD },	".3.0" },	/* UNAVAILABLE */
	{ 70,  { HARD, HARD, HARD },	".3.0" },	/* SOFTWARE */
	{ 71,  { SOFT, SOFT, SOFT },	".3.0" },	/* OSERR */
	{ 72,  { SOFT, SOFT, SOFT },	".3.0" },	/* OSFILE */
	{ 73,  { SOFT, SOFT, SOFT },	".2.0" },	/* CANTCREAT */
	{ 74,  { SOFT, SOFT, SOFT },	".2.0" },	/* IOERR */
	{ 75,  { SOFT, SOFT, SOFT },	".3.0" },	/* TEMPFAIL */
	{ 76,  { HARD, HARD, HARD },	".5.0" },	/* PROTOCOL */
	{ 77,  { HARD, HARD, HARD },	".7.0" },	/* NOPERM */
	{ 78,  { HARD, HARD, HARD },	".3.5" },	/* CONFIG */
	{ 99,  { OK, OK, SOFT },	".0.0" },	/* and go no further */
	{ 100, { HARD, HARD, SOFT },	".3.0" },
	{ 111, { SOFT, SOFT, SOFT },	".3.0" },
	{ 112, { HARD, HARD, SOFT },	".3.0" },
	{ -2,  { SOFT, SOFT, SOFT },	".3.0" },
};

/* "." and one to three digits; their count, 0 for none */
static size_t
part(struct slice in)
{
	size_t n = 1;

	if (!in.len || in.s[0] != '.') return 0;
	while (n < in.len && n < 4 && in.s[n] >= '0' && in.s[n] <= '9')
		n++;
	return n > 1 ? n : 0;
}

/* status_of - the enhanced status that output begins with; its length or 0 */
static size_t
status_of(struct slice output)
{
	size_t second, third, n;

	if (!output.len || (output.s[0] != '4' && output.s[0] != '5')) return 0;
	second = part(slice_skip(output, 1));
	third = part(slice_skip(output, 1 + second));
	n = 1 + second + third;
	if (!second || !third) return 0;
	if (n < output.len && !strchr(" \t\r\n", output.s[n])) return 0;
	return n;
}

struct delivery_result
exitcode_result(enum exitcode_table table, int code, struct slice output,
    char status[STATUS_MAX + 1])
{
	static char const classes[] = { '2', '4', '5' };
	struct delivery_result r = { .status = status, .words = "",
				     .where = "" };
	size_t n = status_of(output), i = 0;

	if (n && code > 0) {
		r.verdict = *output.s == '4' ? VERDICT_TEMP : VERDICT_PERM;
		snprintf(status, STATUS_MAX + 1, "%.*s", (int)n, output.s);
		return r;
	}
	while (codes[i].code != code && codes[i].code != -2)
		i++;
	r.verdict = (enum verdict)codes[i].verdict[table];
	snprintf(status, STATUS_MAX + 1, "%c%s", classes[r.verdict],
	    codes[i].status);
	return r;
}

bool
exitcode_table_named(char const *name, enum exitcode_table *table)
{
	static char const *const names[] = { "auto", "qmail", "sysexits" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(name, names[i])) {
			*table = (enum exitcode_table)i;
			return true;
		}
	return false;
}
