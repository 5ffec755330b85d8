/* SPDX-License-Identifier: ISC */
/* The options of mailgrave-send; opens nothing. */
#include <skalibs/nonposix.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include "common/addr.h"
#include "send/settings.h"

static bool
take_double_bounce(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	struct addr who;

	s->double_bounce = argument;
	*why = "not an address";
	return addr_parse(&who, slice_of(argument));
}

struct option_row const settings_rows[] = {
	{ "local", "PATH", OPTION_TEXT, offsetof(struct settings, local), 0, 0,
	  NULL, 0, "socket of local; --out is remote's (local.ctrl)" },
	{ "double-bounce", "ADDR", OPTION_CALL, 0, 0, 0, take_double_bounce, 0,
	  "who is told of reports that fail (nobody)" },
	{ "lifetime", "SECONDS", OPTION_NUMBER,
	  offsetof(struct settings, limits.lifetime_s), 0, 100ULL * 86400, NULL, 0,
	  "give mail up after so long (432000)" },
	{ "report-lifetime", "SECONDS", OPTION_NUMBER,
	  offsetof(struct settings, limits.report_s), 0, 100ULL * 86400, NULL, 0,
	  "the same for reports (86400)" },
	{ "warn-after", "SECONDS", OPTION_NUMBER,
	  offsetof(struct settings, limits.warn_s), 0, 100ULL * 86400, NULL, 0,
	  "tell the sender of mail so old that it is late; 0: never (14400)" },
	{ "explain", NULL, OPTION_FLAG, offsetof(struct settings, explain), 0, 0,
	  NULL, 0, "say what becomes of recipients: rcpt=ADDR group=NAME" },
	{ "spool", "DIR", OPTION_TEXT, offsetof(struct settings, spool), 0, 0,
	  NULL, 0, "by hand: the spool to empty (.)" },
	{ "relay", "HOST", OPTION_TEXT, offsetof(struct settings, relay), 0, 0,
	  NULL, 0, "by hand: where to (127.0.0.1)" },
	{ "port", "N", OPTION_NUMBER, offsetof(struct settings, port), 1, 65535,
	  NULL, 0, "by hand: its port (25)" },
};

size_t const settings_rows_n = sizeof settings_rows / sizeof *settings_rows;

void
settings_default(struct settings *s)
{
	*s = (struct settings){ .limits = { .lifetime_s = 5 * 86400,
	    .report_s = 86400, .unrouted_s = 3600, .warn_s = 4 * 3600 } };
}

char const *
settings_local_beside(char const *out)
{
	static char path[4096];
	char const *slash = out ? strrchr(out, '/') : NULL;

	snprintf(path, sizeof path, "%.*slocal.ctrl",
	    slash ? (int)(slash - out + 1) : 0, slash ? out : "");
	return path;
}
