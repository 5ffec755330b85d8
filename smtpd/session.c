/* SPDX-License-Identifier: ISC */
/* Sequence and limits; what single commands mean is verb.c's, their replies are
 * say.c's, a message's text intake.c's, logging in exchange.c's, and what comes
 * of a question answered.c's. */
#include <stdlib.h>
#include <string.h>
#include "smtpd/exchange.h"
#include "smtpd/intake.h"
#include "smtpd/say.h"
#include "smtpd/session.h"
#include "smtpd/verb.h"

void
session_reset(struct session *s)
{
	if (s->state & SESSION_BEGUN) {
		/* a spoiled message has been aborted already */
		if (!s->spoiled) s->abort = true;
		s->state = SESSION_READY;
	}
	s->promised = 0;
	s->rcpts = s->rcpts_told = 0;
	s->eightbit = s->utf8 = s->rcpts_tried = false;
	s->ret = RET_UNSAID;
	s->envid = slice_from(NULL, 0);
	s->text = (struct text){ .size = 0 };
	s->spoiled = REPLY_NONE;
}

void
session_dismiss(struct session *s, enum reply reply)
{
	session_reset(s);
	say_uncounted(s, reply);
	s->phase = SESSION_CLOSING;
	s->dismissed = true;
}

void
session_turn_away(struct session *s, unsigned code, struct slice status,
    struct slice words)
{
	session_dismiss(s, REPLY_SHUTDOWN);
	say_custom_uncounted(s, code, status, words);
}

void
session_init(struct session *s, struct session_rules const *rules)
{
	*s = (struct session){ .rules = rules, .state = SESSION_FRESH };
	say_uncounted(s, rules->lmtp ? REPLY_GREETING_LMTP : REPLY_GREETING);
}

void
session_secured(struct session *s)
{
	session_free(s);
	session_reset(s);
	s->abort = false;
	if (s->phase == SESSION_SECURING) s->phase = SESSION_IN_COMMANDS;
	s->state = SESSION_FRESH;
	s->extended = s->logged_in = false;
	*s->helo = '\0';
	s->secure = true;
}

static void
free_line(struct session *s)
{
	if (s->line && s->secret) explicit_bzero(s->line, sizeof *s->line);
	free(s->line);
	s->line = NULL;
}

void
session_free(struct session *s)
{
	free_line(s);
	exchange_forget(s);
}

bool
session_is_idle(struct session const *s)
{
	return s->phase == SESSION_IN_COMMANDS && !(s->state & SESSION_BEGUN);
}

bool
session_heard(struct session const *s, struct slice *line)
{
	if (!s->line || !s->line->done || s->secret) return false;
	*line = line_text(s->line);
	return true;
}

bool
session_is_waited_for(struct session const *s)
{
	return s->waited_for;
}

static void
show_reply(struct session *s, struct slice *view)
{
	*view = slice_from(s->reply, s->reply_len);
	s->waited_for = false;
	if (s->reply_times > 1)
		s->reply_times--;
	else
		s->reply_len = 0;
}

enum session_do
session_next(struct session *s, struct slice *view)
{
	if (s->stored.len) {
		*view = s->stored;
		s->stored.len = 0;
		return SESSION_STORE;
	}
	if (s->abort) {
		s->abort = false;
		return SESSION_ABORT;
	}
	if (s->reply_len) {
		show_reply(s, view);
		return SESSION_SEND;
	}
	switch (s->phase) {
	case SESSION_ASKING:
		return SESSION_ASK;
	case SESSION_COMMITTING:
		return SESSION_COMMIT;
	case SESSION_SECURING:
		return SESSION_TLS;
	case SESSION_CLOSING:
		return SESSION_CLOSE;
	case SESSION_IN_COMMANDS:
	case SESSION_IN_AUTH:
	case SESSION_IN_TEXT:
	case SESSION_IN_CHUNK:
		break;
	}
	/* thousands of sessions wait here, without a line of theirs */
	if (s->line && s->line->done) free_line(s);
	return SESSION_READ;
}

static enum reply
check_argument(struct verb const *verb, struct slice argument)
{
	if (verb->argument == VERB_NO_ARGUMENT && argument.len)
		return REPLY_NO_ARGUMENT;
	if (verb->argument == VERB_ARGUMENT && !argument.len)
		return REPLY_MISSING_ARGUMENT;
	return REPLY_NONE;
}

/* RFC 5321 section 4.1.1: white space before the line's end is tolerated. */
static struct slice
trim(struct slice a)
{
	while (a.len && (*a.s == ' ' || *a.s == '\t'))
		a = slice_skip(a, 1);
	while (a.len && (a.s[a.len - 1] == ' ' || a.s[a.len - 1] == '\t'))
		a.len--;
	return a;
}

/* The verb ends at the first white space; white space before it is no verb. */
static enum reply
run_command(struct session *s, struct line const *line)
{
	struct slice text = line_text(line);
	size_t n = 0;
	enum reply wrong;

	s->verb = NULL;
	s->secret = false;
	s->path = ADDR_PATH_BAD;
	if (line->overlong) return REPLY_LONG_LINE;
	if (line->broken) return REPLY_BROKEN_LINE;
	while (n < text.len && text.s[n] != ' ' && text.s[n] != '\t')
		n++;
	if (!n) return REPLY_EMPTY_LINE;
	s->verb = verb_find(slice_from(text.s, n), s->rules->lmtp);
	if (!s->verb) return REPLY_UNKNOWN_COMMAND;
	s->secret = verb_is_secret(s->verb);
	if (text.len > s->verb->line_max) return REPLY_LONG_LINE;
	s->waited_for = s->verb->waits;
	if (s->rules->tls_required && !s->secure && !s->verb->early)
		return REPLY_TLS_FIRST;
	if (s->rules->auth_required && !s->logged_in && !s->verb->early)
		return REPLY_LOGIN_FIRST;
	if (!(s->verb->legal & s->state)) return REPLY_BAD_SEQUENCE;
	s->argument = trim(slice_skip(text, n));
	wrong = check_argument(s->verb, s->argument);
	return wrong ? wrong : s->verb->run(s, s->argument);
}

static void
obey(struct session *s)
{
	enum reply reply;

	if (++s->commands > s->rules->commands_max) {
		session_dismiss(s, REPLY_TOO_MANY_COMMANDS);
		return;
	}
	reply = s->phase == SESSION_IN_AUTH ? exchange_line(s, s->line)
	    : run_command(s, s->line);
	/* it may be a while until the next line */
	if (s->secret) explicit_bzero(s->line->octet, s->line->len);
	if (reply == REPLY_UNKNOWN_COMMAND &&
	    ++s->unknown > s->rules->unknown_max)
		session_dismiss(s, REPLY_TOO_MANY_UNKNOWN);
	else if (reply)
		say(s, reply);
}

static void
take_command(struct session *s, struct slice *in)
{
	if (!s->line) {
		s->line = malloc(sizeof *s->line);
		if (!s->line) {
			session_dismiss(s, REPLY_NO_MEMORY);
			return;
		}
		s->line->done = true;	/* the feed begins a new one */
	}
	if (line_feed(s->line, in, SESSION_PATH_MAX)) obey(s);
}

size_t
session_feed(struct session *s, char const *octets, size_t len)
{
	struct slice in;

	if (len > TEXT_PIECE_MAX) len = TEXT_PIECE_MAX;
	in = slice_from(octets, len);
	if (s->phase == SESSION_IN_TEXT)
		intake_text(s, &in);
	else if (s->phase == SESSION_IN_CHUNK)
		intake_chunk(s, &in);
	else
		take_command(s, &in);
	return len - in.len;
}
