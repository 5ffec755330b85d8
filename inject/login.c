/* SPDX-License-Identifier: ISC */
/* Asks the system for our account; never the environment. */
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>
#include "common/complete.h"
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

char *
login_person(char *person)
{
	struct passwd const *account = getpwuid(getuid());
	size_t n = 0;

	if (account)
		n = complete_person(slice_of(account->pw_gecos),
		    slice_of(account->pw_name), person);
	person[n] = '\0';
	return person;
}
