/* SPDX-License-Identifier: ISC */
/* Where the password of --login comes from; opens its file, and leaves no copy
 * where others can look. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/reader.h"
#include "remote/settings.h"

static bool
take_secret(struct settings *s, struct slice text)
{
	if (text.len && text.s[text.len - 1] == '\n') text.len--;
	if (text.len && text.s[text.len - 1] == '\r') text.len--;
	if (!text.len || text.len > LOGIN_SECRET_MAX ||
	    slice_find(text, '\n') < text.len ||
	    slice_find(text, '\0') < text.len)
		return false;
	memcpy(s->login.secret, text.s, text.len);
	return true;
}

static bool
read_secret(struct settings *s, char const *path, char const **why)
{
	size_t len;
	char *text = file_slurp(path, LOGIN_SECRET_MAX + 2, &len);
	bool fine;

	*why = strerror(errno);
	if (!text) return false;
	*why = "not one line of at most 4096 octets";
	fine = take_secret(s, slice_from(text, len));
	explicit_bzero(text, len);
	free(text);
	return fine;
}

/* What the kernel shows as our environment is this very memory. */
static void
wipe(char *variable)
{
	if (variable) explicit_bzero(variable, strlen(variable));
}

bool
settings_secret(struct settings *s, char const **why, char const **which)
{
	static char path[4096];
	char *variable = getenv("SMTP_AUTH_PASSWORD");
	char const *directory = getenv("CREDENTIALS_DIRECTORY");
	bool fine = true;

	*which = s->password_file;
	snprintf(path, sizeof path, "%s/SMTP_AUTH_PASSWORD",
	    directory ? directory : "");
	if (!*s->login.name) {
		*why = "--password-file, --token, --token-command and "
		    "--auth-clear need --login";
		fine = !s->password_file && !s->token && !s->auth_clear &&
		    !s->token_command;
	} else if (s->token_command) {
		*why = "--token-command is instead of --password-file";
		fine = !s->password_file;
	} else if (s->password_file) {
		fine = read_secret(s, s->password_file, why);
	} else if (variable) {
		*why = "SMTP_AUTH_PASSWORD: not a line of at most 4096 octets";
		fine = take_secret(s, slice_of(variable));
	} else if (directory) {
		*which = path;
		fine = read_secret(s, path, why);
	} else {
		*why = "--login: no password; see --password-file";
		fine = false;
	}
	wipe(variable);
	return fine;
}
