/* SPDX-License-Identifier: ISC */
/* Composes From_ lines from the text that date.c makes. */
#include <stdio.h>
#include "common/date.h"
#include "local/fromline.h"

size_t
fromline(char out[FROMLINE_MAX], struct slice sender, int64_t wall_s)
{
	static char const nobody[] = "MAILER-DAEMON";
	char date[DATE822_TEXT + 1];
	size_t n, i;

	if (!sender.len) sender = slice_of(nobody);
	date822(date, wall_s); /* "Fri, 20 Nov 2026 19:44:31 +0000" */
	if (date[5] == '0') date[5] = ' '; /* as ctime(3) has it */
	n = (size_t)snprintf(out, FROMLINE_MAX,
	    "From %.*s %.3s %.3s %.2s %.8s %.4s\n", (int)sender.len, sender.s,
	    date, date + 8, date + 5, date + 17, date + 12);
	for (i = 0; i < sender.len; i++)
		if (out[5 + i] == ' ' || out[5 + i] == '\t') out[5 + i] = '-';
	return n;
}
