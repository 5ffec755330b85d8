/* SPDX-License-Identifier: ISC */
/* What the command line says beyond the options that all stages share. */
#ifndef MAILGRAVE_LOCAL_SETTINGS_H
#define MAILGRAVE_LOCAL_SETTINGS_H

#include "common/option.h"
#include "local/byhand.h"
#include "local/command.h"
#include "local/exitcode.h"

struct settings {
	struct byhand_mail mail;	/* --rcpt and --sender */
	char const *maildir, *command;	/* instead of routes, or NULL */
	unsigned long long jobs, commands, command_time_s, lock_time_s;
	struct command_limits limits;
	bool crlf, safe_env;

	/* as given, and what that means, by settings_wrong */
	char const *exit_codes_word, *system_word, *over_quota_word;
	enum exitcode_table exit_codes;
	bool system_mbox;	/* users' mail: /var/mail/USER, not ~/Maildir */
	bool full_is_perm;	/* a full Maildir refuses for good */
};

extern struct option_row const settings_rows[];
extern size_t const settings_rows_n;

/* settings_default - before the command line is read */
void settings_default(struct settings *s);

/* settings_wrong - take the words in, when all has been read
 *   which  gets the word or address that is wrong, or NULL
 *   returns what is wrong (static), or NULL */
char const *settings_wrong(struct settings *s, char const **which);

#endif
