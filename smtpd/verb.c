/* SPDX-License-Identifier: ISC */
/* What each command means (RFC 5321 section 4.1.1); when it is legal and what
 * it may carry stands in the table, and session.c sees to it. */
#include "smtpd/verb.h"

/* Any word will do: a client's idea of its own name is kept for the record and
 * believed by nobody. */
static bool
take_hello(struct session *s, struct slice name)
{
	size_t i;

	if (name.len > SESSION_HELO_MAX) return false;
	for (i = 0; i < name.len; i++)
		if (name.s[i] <= ' ' || name.s[i] > '~') return false;
	session_reset(s);
	memcpy(s->helo, name.s, name.len);
	s->helo[name.len] = '\0';
	s->state = SESSION_READY;
	return true;
}

static enum reply
verb_helo(struct session *s, struct slice argument)
{
	if (!take_hello(s, argument)) return REPLY_BAD_ARGUMENT;
	s->extended = false;
	return REPLY_HELO;
}

static enum reply
verb_ehlo(struct session *s, struct slice argument)
{
	if (!take_hello(s, argument)) return REPLY_BAD_ARGUMENT;
	s->extended = true;
	return REPLY_EHLO;
}

/* take_path - "FROM:" or "TO:" and a path
 *   rest   the parameters
 * White space behind the colon is none of RFC 5321's, but common. */
static bool
take_path(struct session *s, char const *word, struct slice in,
    struct slice *rest)
{
	struct slice domain = s->rules->domain;
	struct addr *a = &s->addr;
	size_t i;

	in = slice_skip(in, strlen(word));
	while (in.len && *in.s == ' ')
		in = slice_skip(in, 1);
	s->path = addr_path_parse(a, in, rest);
	if (s->path == ADDR_PATH_POSTMASTER) {
		for (i = 0; i < domain.len && i < sizeof a->domain; i++)
			a->domain[i] = slice_lower(domain.s[i]);
		a->domain_len = (unsigned short)i;
		s->path = ADDR_PATH_MAILBOX;
	}
	if (rest->len && *rest->s != ' ') s->path = ADDR_PATH_BAD;
	return s->path != ADDR_PATH_BAD;
}

/* RFC 1870 section 3: up to 20 digits; what is beyond 64 bits is too large
 * whatever the limit. */
static enum reply
parameter_size(struct session *s, struct slice value)
{
	unsigned long long n;
	size_t i;

	if (!value.len || value.len > 20) return REPLY_BAD_PARAMETER;
	for (i = 0; i < value.len; i++)
		if (value.s[i] < '0' || value.s[i] > '9')
			return REPLY_BAD_PARAMETER;
	if (!slice_number(value, s->rules->size_max, &n))
		return REPLY_TOO_LARGE;
	s->promised = n;
	return REPLY_NONE;
}

/* RFC 6152 section 2 */
static enum reply
parameter_body(struct session *s, struct slice value)
{
	s->eightbit = slice_is_nocase(value, "8BITMIME");
	if (s->eightbit || slice_is_nocase(value, "7BIT")) return REPLY_NONE;
	return REPLY_BAD_PARAMETER;
}

/* One row a parameter of MAIL; RCPT has none. */
static struct {
	char const *name;
	enum reply (*take)(struct session *s, struct slice value);
} const parameters[] = {
	{ "SIZE", parameter_size },
	{ "BODY", parameter_body },
};

enum { PARAMETERS = sizeof parameters / sizeof *parameters };

/* seen  a bit for each row that has been taken */
static enum reply
take_parameter(struct session *s, struct slice word, unsigned *seen)
{
	size_t i, n = slice_find(word, '=');

	for (i = 0; i < PARAMETERS; i++)
		if (slice_is_nocase(slice_from(word.s, n), parameters[i].name))
			break;
	if (!s->extended || i == PARAMETERS) return REPLY_UNKNOWN_PARAMETER;
	if (*seen & 1U << i) return REPLY_BAD_PARAMETER;
	*seen |= 1U << i;
	return parameters[i].take(s, slice_skip(word, n + 1));
}

static enum reply
verb_mail(struct session *s, struct slice argument)
{
	struct slice rest, word;
	unsigned seen = 0;
	enum reply wrong = REPLY_NONE;

	if (!slice_starts_nocase(argument, "FROM:")) return REPLY_BAD_ARGUMENT;
	if (!take_path(s, "FROM:", argument, &rest)) return REPLY_BAD_SENDER;
	session_reset(s);
	while (!wrong && (word = slice_word(&rest)).len)
		wrong = take_parameter(s, word, &seen);
	if (wrong) return wrong;
	s->question = SESSION_SENDER;
	s->phase = SESSION_ASKING;
	return REPLY_NONE;
}

static enum reply
verb_rcpt(struct session *s, struct slice argument)
{
	struct slice rest;

	s->rcpts_tried = true;
	if (!slice_starts_nocase(argument, "TO:")) return REPLY_BAD_ARGUMENT;
	if (!take_path(s, "TO:", argument, &rest) || s->path == ADDR_PATH_NULL)
		return REPLY_BAD_RCPT;
	if (slice_word(&rest).len) return REPLY_UNKNOWN_PARAMETER;
	if (s->rcpts == s->rules->rcpts_max) return REPLY_TOO_MANY_RCPTS;
	s->question = SESSION_RECIPIENT;
	s->phase = SESSION_ASKING;
	return REPLY_NONE;
}

/* A pipelining client sends DATA before it knows that no recipient was
 * accepted; it must not be told that it made a mistake (RFC 2920 3.1). */
static enum reply
verb_data(struct session *s, struct slice argument)
{
	(void)argument;
	if (!s->rcpts)
		return s->rcpts_tried ? REPLY_NO_VALID_RCPTS
				      : REPLY_BAD_SEQUENCE;
	s->phase = SESSION_IN_TEXT;
	return REPLY_SEND_TEXT;
}

static enum reply
verb_rset(struct session *s, struct slice argument)
{
	(void)argument;
	session_reset(s);
	return REPLY_RESET;
}

static enum reply
verb_noop(struct session *s, struct slice argument)
{
	(void)s;
	(void)argument;
	return REPLY_NOOP;
}

/* RFC 5321 section 7.3: who is here is told by delivery only. */
static enum reply
verb_vrfy(struct session *s, struct slice argument)
{
	(void)s;
	(void)argument;
	return REPLY_CANNOT_VERIFY;
}

static enum reply
verb_help(struct session *s, struct slice argument)
{
	(void)s;
	(void)argument;
	return REPLY_HELP;
}

static enum reply
verb_quit(struct session *s, struct slice argument)
{
	(void)argument;
	session_reset(s);
	s->phase = SESSION_CLOSING;
	return REPLY_GOODBYE;
}

static struct verb const verbs[] = {
	/* name  legal in  argument  longest line  function */
	{ "HELO", SESSION_ANY, VERB_ARGUMENT, SESSION_COMMAND_MAX, verb_helo },
	{ "EHLO", SESSION_ANY, VERB_ARGUMENT, SESSION_COMMAND_MAX, verb_ehlo },
	{ "MAIL", SESSION_READY, VERB_ARGUMENT, SESSION_PATH_MAX, verb_mail },
	{ "RCPT", SESSION_MAIL | SESSION_RCPT, VERB_ARGUMENT, SESSION_PATH_MAX,
	    verb_rcpt },
	{ "DATA", SESSION_MAIL | SESSION_RCPT, VERB_NO_ARGUMENT,
	    SESSION_COMMAND_MAX, verb_data },
	{ "RSET", SESSION_ANY, VERB_NO_ARGUMENT, SESSION_COMMAND_MAX,
	    verb_rset },
	{ "NOOP", SESSION_ANY, VERB_ANY_ARGUMENT, SESSION_COMMAND_MAX,
	    verb_noop },
	{ "VRFY", SESSION_ANY, VERB_ARGUMENT, SESSION_COMMAND_MAX, verb_vrfy },
	{ "HELP", SESSION_ANY, VERB_ANY_ARGUMENT, SESSION_COMMAND_MAX,
	    verb_help },
	{ "QUIT", SESSION_ANY, VERB_NO_ARGUMENT, SESSION_COMMAND_MAX,
	    verb_quit },
};

struct verb const *
verb_find(struct slice name)
{
	size_t i;

	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (slice_is_nocase(name, verbs[i].name)) return &verbs[i];
	return NULL;
}
