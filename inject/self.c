/* SPDX-License-Identifier: ISC */
/* Asks the system for names; never the environment. */
#include <skalibs/nonposix.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/reader.h"
#include "common/slice.h"
#include "inject/self.h"

enum { NAME_SIZE = SELF_NAME_MAX + 1 };

char *
self_host(char *name)
{
	name[SELF_NAME_MAX] = '\0';
	if (gethostname(name, SELF_NAME_MAX) == -1 || !*name)
		snprintf(name, NAME_SIZE, "localhost");
	return name;
}

char *
self_domain(char *name)
{
	struct slice text, line;
	size_t len;
	char *file = file_slurp("/etc/mailname", SELF_NAME_MAX, &len);

	self_host(name);
	if (!file) return name;
	text = slice_from(file, len);
	if (slice_line(&text, &line) && line.len)
		snprintf(name, NAME_SIZE, "%.*s", (int)line.len, line.s);
	free(file);
	return name;
}

char *
self_login(char *name)
{
	struct passwd const *account = getpwuid(getuid());

	if (account)
		snprintf(name, NAME_SIZE, "%s", account->pw_name);
	else
		snprintf(name, NAME_SIZE, "%lu", (unsigned long)getuid());
	return name;
}
