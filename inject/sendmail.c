/* SPDX-License-Identifier: ISC */
/* The table of sendmail's letters; does nothing that they ask for. */
#include "inject/sendmail.h"
#include "inject/settings.h"
#include "inject/verp.h"

static struct {
	char const *name;
	enum mode mode;
} const names[] = {
	{ "sendmail", MODE_SUBMIT },
	{ "send-mail", MODE_SUBMIT },
	{ "mailq", MODE_LIST },
	{ "newaliases", MODE_NOTHING },
};

bool
sendmail_mode(char const *name, enum mode *mode)
{
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_is(slice_of(name), names[i].name)) {
			*mode = names[i].mode;
			return true;
		}
	return false;
}

/* What "-bX" asks for. */
static struct mode_letter {
	char letter;
	enum mode mode;
	char const *refused;
} const modes[] = {
	{ 'm', MODE_SUBMIT, NULL },
	{ 's', MODE_SMTP, NULL },
	{ 'p', MODE_LIST, NULL },
	{ 'i', MODE_NOTHING, NULL },
	{ 'v', MODE_EXPLAIN, NULL },
	{ 't', MODE_EXPLAIN, NULL },
	{ 'h', MODE_NOTHING, NULL },
	{ 'H', MODE_NOTHING, NULL },
	{ 'd', MODE_NOTHING, "the daemon is mailgrave-smtpd" },
	{ 'D', MODE_NOTHING, "the daemon is mailgrave-smtpd" },
	{ 'l', MODE_NOTHING, "the daemon is mailgrave-smtpd" },
};

static bool
take_mode(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	size_t i;

	*why = "no such mode";
	for (i = 0; i < sizeof modes / sizeof *modes; i++) {
		struct mode_letter const *m = modes + i;

		if (argument[0] != m->letter || argument[1]) continue;
		s->mode = m->mode;
		*why = m->refused;
		return !m->refused;
	}
	return false;
}

static bool
take_aliases(void *options, char const *argument, char const **why)
{
	(void)argument;
	return take_mode(options, "i", why);
}

static bool
take_sender(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	(void)why;
	s->sender = argument;
	return true;
}

static bool
take_body(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	struct slice type = slice_of(argument);

	s->eightbit = slice_is_nocase(type, "8bitmime");
	if (s->eightbit || slice_is_nocase(type, "7bit")) return true;
	*why = "neither 7BIT nor 8BITMIME";
	return false;
}

/* "-q" is all mail. "-q30m" tells a daemon how often, which is for
 * mailgrave-send to know: there is nothing to do. */
static bool
take_queue(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	char const *a = argument ? argument : "";

	if (*a >= '0' && *a <= '9') {
		if (s->mode == MODE_SUBMIT) s->mode = MODE_NOTHING;
		return true;
	}
	s->mode = MODE_RETRY;
	s->retry = RETRY_ALL;
	if (*a != 'I' && *a != 'R' && *a != 'S') return true;
	s->retry = *a == 'I' ? RETRY_ID : *a == 'R' ? RETRY_RCPT : RETRY_SENDER;
	s->pattern = a + 1;
	*why = "which messages?";
	return *s->pattern;
}

/* "-oX": two of them matter, one of these for a lone dot. */
static bool
take_old_option(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	(void)why;
	if (argument[0] == 'i' && !argument[1]) s->dots = true;
	if (argument[0] == 'v' && !argument[1]) s->verbose = true;
	return true;
}

static bool
take_yes(struct slice value, bool *yes)
{
	*yes = slice_is_nocase(value, "yes") || slice_is_nocase(value, "true");
	return *yes || slice_is_nocase(value, "no") ||
	    slice_is_nocase(value, "false");
}

/* "-O name=value" */
static bool
take_option(void *options, char const *argument, char const **why)
{
	struct settings *s = options;
	struct slice text = slice_of(argument);
	size_t n = slice_find(text, '=');
	struct slice name = slice_from(text.s, n);
	struct slice value = slice_skip(text, n < text.len ? n + 1 : n);
	bool yes;

	*why = "neither yes nor no";
	if (slice_is_nocase(name, "ignoredots")) {
		s->dots = true;
		return true;
	}
	if (slice_is_nocase(name, "smtputf8"))
		return take_yes(value, &s->utf8);
	if (!slice_is_nocase(name, "requiretls")) return true;
	if (!take_yes(value, &yes)) return false;
	*why = "can't be promised (RFC 8689)";
	return !yes;
}

/* "-XV", "-XVxy": VERP. Any other is a log file: not from here. */
static bool
take_verp(void *options, char const *argument, char const **why)
{
	struct settings *s = options;

	if (*argument != 'V') return true;
	s->verp = argument[1] ? argument + 1 : "+=";
	*why = "delimiters are two of - + =";
	return verp_delimiters_valid(s->verp);
}

static bool
ignore(void *options, char const *argument, char const **why)
{
	(void)options;
	(void)argument;
	(void)why;
	return true;
}

#define CALL(letter, argument, take) \
	{ NULL, argument, OPTION_CALL, 0, 0, 0, take, letter, NULL }
#define FLAG(letter, member) \
	{ NULL, NULL, OPTION_FLAG, offsetof(struct settings, member), 0, 0, \
	  NULL, letter, NULL }
#define IGNORED(letter, argument) CALL(letter, argument, ignore)

/* f F i N R t V have names, too, and stand in settings.c */
struct option_row const sendmail_rows[] = {
	IGNORED('A', "FILE"),		/* -Am, -Ac */
	CALL('B', "TYPE", take_body),
	CALL('b', "MODE", take_mode),
	IGNORED('C', "FILE"),
	IGNORED('c', NULL),
	IGNORED('D', "FILE"),
	IGNORED('d', "[LEVEL]"),
	IGNORED('E', "[CODE]"),
	IGNORED('e', "HOW"),
	FLAG('G', gateway),
	IGNORED('h', "N"),
	CALL('I', NULL, take_aliases),
	IGNORED('J', "[CODE]"),
	IGNORED('L', "TAG"),
	IGNORED('m', NULL),
	IGNORED('n', NULL),
	CALL('O', "NAME=VALUE", take_option),
	CALL('o', "OPTION", take_old_option),
	IGNORED('p', "PROTOCOL"),
	CALL('q', "[WHICH]", take_queue),
	CALL('r', "ADDR", take_sender),
	IGNORED('s', NULL),
	IGNORED('T', NULL),
	IGNORED('U', NULL),
	FLAG('v', verbose),
	CALL('X', "FILE", take_verp),
	IGNORED('x', NULL),
};
size_t const sendmail_rows_n = sizeof sendmail_rows / sizeof *sendmail_rows;
