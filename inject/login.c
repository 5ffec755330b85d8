/* SPDX-License-Identifier: ISC */
/* Asks the system for our account; never the environment. */
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>
#include "inject/login.h"

char *
login_name(char *name)
{
	struct passwd const *account = getpwuid(getuid());

	if (account)
		snprintf(name, LOGIN_MAX + 1, "%s", account->pw_name);
	else
		snprintf(name, LOGIN_MAX + 1, "%lu",
		    (unsigned long)getuid());
	return name;
}
