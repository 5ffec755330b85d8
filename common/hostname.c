/* SPDX-License-Identifier: ISC */
/* Asks the system for names; never the environment. */
#include <skalibs/nonposix.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/hostname.h"
#include "common/reader.h"
#include "common/slice.h"

enum { NAME_SIZE = HOSTNAME_MAX + 1 };

char *
hostname_of_host(char *name)
{
	name[HOSTNAME_MAX] = '\0';
	if (gethostname(name, HOSTNAME_MAX) == -1 || !*name)
		snprintf(name, NAME_SIZE, "localhost");
	return name;
}

char *
hostname_of_mail(char *name)
{
	struct slice text, line;
	size_t len;
	char *file = file_slurp("/etc/mailname", HOSTNAME_MAX, &len);

	hostname_of_host(name);
	if (!file) return name;
	text = slice_from(file, len);
	if (slice_line(&text, &line) && line.len)
		snprintf(name, NAME_SIZE, "%.*s", (int)line.len, line.s);
	free(file);
	return name;
}
