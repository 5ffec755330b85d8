/* SPDX-License-Identifier: ISC */
/* The options of mailgrave-local: a table, their defaults, and which words make
 * sense. */
#include <stdint.h>
#include <string.h>
#include "local/parent.h"
#include "local/settings.h"

static bool
take_rcpt(void *options, char const *argument, char const **why)
{
	struct byhand_mail *mail = &((struct settings *)options)->mail;

	*why = "given too often";
	if (mail->rcpts == DELIVER_RCPTS_MAX) return false;
	mail->rcpt[mail->rcpts++] = argument;
	return true;
}

#define ROW(option, word, kind, field, min, max, help) \
	{ option, word, kind, offsetof(struct settings, field), min, max, \
	  NULL, 0, help }

struct option_row const settings_rows[] = {
	{ "rcpt", "ADDR", OPTION_CALL, 0, 0, 0, take_rcpt, 0,
	  "deliver standard input to it, and exit; may be repeated" },
	ROW("sender", "ADDR", OPTION_TEXT, mail.sender, 0, 0,
	    "with --rcpt: who sends it (<>)"),
	ROW("maildir", "DIR", OPTION_TEXT, maildir, 0, 0,
	    "instead of routes: all mail into this Maildir"),
	ROW("command", "PROG", OPTION_TEXT, command, 0, 0,
	    "the same: to this program; operands are its arguments"),
	ROW("jobs", "N", OPTION_NUMBER, jobs, 1, DELIVER_SLOTS_MAX,
	    "jobs that send may have here (100)"),
	ROW("crlf", NULL, OPTION_FLAG, crlf, 0, 0,
	    "leave CRLF line ends in mailboxes"),
	ROW("over-quota", "temp|perm", OPTION_TEXT, over_quota_word, 0, 0,
	    "how mail for a full Maildir fails (temp)"),
	ROW("lock-time", "SECONDS", OPTION_NUMBER, lock_time_s, 0, 3600,
	    "wait so long for the lock of an mbox (30)"),
	ROW("system", "maildir|mbox", OPTION_TEXT, system_word, 0, 0,
	    "users' mail: in ~/Maildir or in /var/mail (maildir)"),
	ROW("commands", "N", OPTION_NUMBER, commands, 1, PARENT_CHILDREN_MAX,
	    "commands and users' deliveries at a time (20)"),
	ROW("command-time", "SECONDS", OPTION_NUMBER, command_time_s, 1, 86400,
	    "then a command is ended with its children (300)"),
	ROW("command-memory", "SIZE", OPTION_SIZE, limits.memory, 1 << 20,
	    INT64_MAX, "of each process of a command, K, M or G (no limit)"),
	ROW("command-files", "N", OPTION_NUMBER, limits.files, 8, 1 << 20,
	    "that each of them may have open (1024)"),
	ROW("command-processes", "N", OPTION_NUMBER, limits.processes, 1,
	    1 << 22, "of their user, at a time (1000)"),
	ROW("exit-codes", "auto|qmail|sysexits", OPTION_TEXT,
	    exit_codes_word, 0, 0,
	    "how those of commands are read (auto)"),
	ROW("safe-env", NULL, OPTION_FLAG, safe_env, 0, 0,
	    "no shell metacharacters in a command's variables"),
};

size_t const settings_rows_n = sizeof settings_rows / sizeof *settings_rows;

void
settings_default(struct settings *s)
{
	*s = (struct settings){ .jobs = 100, .commands = 20,
		.command_time_s = 300, .lock_time_s = 30,
		.limits = { .files = 1024, .processes = 1000 },
		.exit_codes_word = "auto", .system_word = "maildir",
		.over_quota_word = "temp" };
}

/* one_of - a word that has but two values: *second is whether it is that one */
static bool
one_of(char const *word, char const *first, char const *other, bool *second)
{
	*second = !strcmp(word, other);
	return *second || !strcmp(word, first);
}

char const *
settings_wrong(struct settings *s, char const **which)
{
	*which = s->system_word;
	if (!one_of(*which, "maildir", "mbox", &s->system_mbox))
		return "--system: neither maildir nor mbox";
	*which = s->over_quota_word;
	if (!one_of(*which, "temp", "perm", &s->full_is_perm))
		return "--over-quota: neither temp nor perm";
	*which = s->exit_codes_word;
	if (!exitcode_table_named(*which, &s->exit_codes))
		return "--exit-codes: not auto, qmail or sysexits";
	*which = byhand_wrong(&s->mail);
	if (*which) return "--rcpt, --sender: not an address";
	if (s->maildir && s->command)
		return "--maildir and --command exclude each other";
	return NULL;
}
