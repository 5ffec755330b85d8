/* SPDX-License-Identifier: ISC */
/* Sequence, limits and message text; what single commands mean is verb.c's. */
#include <stdio.h>
#include <stdlib.h>
#include "smtpd/session.h"
#include "smtpd/verb.h"

static void
compose(struct session *s, enum reply reply)
{
	char text[TRACEID_TEXT + 1] = "";

	if (reply == REPLY_ACCEPTED)
		traceid_format(text, &s->id);
	else if (reply == REPLY_EHLO)
		snprintf(text, sizeof text, "%llu", s->rules->size_max);
	s->reply_len = reply_format(s->reply, reply, s->rules->hostname,
	    slice_of(text));
}

void
session_reset(struct session *s)
{
	if (s->state & (SESSION_MAIL | SESSION_RCPT)) {
		/* a spoiled message has been aborted already */
		if (!s->spoiled) s->abort = true;
		s->state = SESSION_READY;
	}
	s->promised = 0;
	s->rcpts = 0;
	s->eightbit = s->rcpts_tried = false;
	s->body = (struct body_receive){ .done = false };
	s->hops = (struct hops){ .count = 0 };
	s->spoiled = REPLY_NONE;
}

void
session_dismiss(struct session *s, enum reply reply)
{
	session_reset(s);
	compose(s, reply);
	s->phase = SESSION_CLOSING;
}

/* say - the reply to a command or a message. Refusals for good are counted:
 * who earns too many of them is guessing. */
static void
say(struct session *s, enum reply reply)
{
	if (reply_code(reply) >= 500 && ++s->errors > s->rules->errors_max)
		session_dismiss(s, REPLY_TOO_MANY_ERRORS);
	else
		compose(s, reply);
}

void
session_init(struct session *s, struct session_rules const *rules)
{
	*s = (struct session){ .rules = rules, .state = SESSION_FRESH };
	compose(s, REPLY_GREETING);
}

void
session_free(struct session *s)
{
	free(s->line);
	s->line = NULL;
}

bool
session_is_idle(struct session const *s)
{
	return s->phase == SESSION_IN_COMMANDS &&
	    !(s->state & (SESSION_MAIL | SESSION_RCPT));
}

enum session_do
session_next(struct session *s, struct slice *view)
{
	if (s->stored) {
		*view = slice_from(s->rules->text, s->stored);
		s->stored = 0;
		return SESSION_STORE;
	}
	if (s->abort) {
		s->abort = false;
		return SESSION_ABORT;
	}
	if (s->reply_len) {
		*view = slice_from(s->reply, s->reply_len);
		s->reply_len = 0;
		return SESSION_SEND;
	}
	switch (s->phase) {
	case SESSION_ASKING:
		return SESSION_ASK;
	case SESSION_COMMITTING:
		return SESSION_COMMIT;
	case SESSION_CLOSING:
		return SESSION_CLOSE;
	case SESSION_IN_COMMANDS:
	case SESSION_IN_TEXT:
		break;
	}
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
	struct slice text = line_text(line), argument;
	size_t n = 0;
	enum reply wrong;

	s->verb = NULL;
	s->path = ADDR_PATH_BAD;
	if (line->overlong) return REPLY_LONG_LINE;
	if (line->broken) return REPLY_BROKEN_LINE;
	while (n < text.len && text.s[n] != ' ' && text.s[n] != '\t')
		n++;
	if (!n) return REPLY_EMPTY_LINE;
	s->verb = verb_find(slice_from(text.s, n));
	if (!s->verb) return REPLY_UNKNOWN_COMMAND;
	if (text.len > s->verb->line_max) return REPLY_LONG_LINE;
	if (!(s->verb->legal & s->state)) return REPLY_BAD_SEQUENCE;
	argument = trim(slice_skip(text, n));
	wrong = check_argument(s->verb, argument);
	return wrong ? wrong : s->verb->run(s, argument);
}

static void
take_command(struct session *s, struct slice *in)
{
	enum reply reply;

	if (!s->line) {
		s->line = malloc(sizeof *s->line);
		if (!s->line) {
			session_dismiss(s, REPLY_NO_MEMORY);
			return;
		}
		s->line->done = true;	/* the feed begins a new one */
	}
	if (!line_feed(s->line, in, SESSION_PATH_MAX)) return;
	if (++s->commands > s->rules->commands_max) {
		session_dismiss(s, REPLY_TOO_MANY_COMMANDS);
	} else {
		reply = run_command(s, s->line);
		if (reply) say(s, reply);
	}
	session_free(s);
}

static enum reply
find_fault(struct session const *s)
{
	if (s->body.broken) return REPLY_BROKEN_TEXT;
	if (s->body.size > s->rules->size_max) return REPLY_TOO_LARGE;
	if (hops_too_many(&s->hops)) return REPLY_TOO_MANY_HOPS;
	return REPLY_NONE;
}

/* A message that has shown a fault is forgotten at once, the rest of it is
 * swallowed, and the refusal given at its end, where the client listens. */
static void
take_text(struct session *s, struct slice *in)
{
	char *text = s->rules->text;
	enum reply fault;
	size_t n = body_receive(&s->body, in, text);

	if (!s->spoiled) {
		hops_feed(&s->hops, slice_from(text, n));
		s->spoiled = find_fault(s);
		if (s->spoiled)
			s->abort = true;
		else
			s->stored = n;
	}
	if (!s->body.done) return;
	fault = s->spoiled;
	if (!fault) {
		s->phase = SESSION_COMMITTING;
		return;
	}
	s->phase = SESSION_IN_COMMANDS;
	session_reset(s);
	say(s, fault);
}

size_t
session_feed(struct session *s, char const *octets, size_t len)
{
	struct slice in;

	if (len > SESSION_TEXT_MAX) len = SESSION_TEXT_MAX;
	in = slice_from(octets, len);
	if (s->phase == SESSION_IN_TEXT)
		take_text(s, &in);
	else
		take_command(s, &in);
	return len - in.len;
}

/* Whoever gave the outcome has no use for an ABORT. */
static void
end_message(struct session *s)
{
	session_reset(s);
	s->abort = false;
}

void
session_answer(struct session *s, enum reply reply)
{
	bool message = s->phase == SESSION_COMMITTING;

	s->phase = SESSION_IN_COMMANDS;
	if (message) {
		end_message(s);
	} else if (s->question == SESSION_SENDER) {
		if (reply == REPLY_SENDER_OK) s->state = SESSION_MAIL;
	} else if (reply == REPLY_RCPT_OK) {
		s->state = SESSION_RCPT;
		s->rcpts++;
	}
	say(s, reply);
}

void
session_verdict(struct session *s, enum verdict verdict, struct slice status,
    struct slice words)
{
	s->phase = SESSION_IN_COMMANDS;
	end_message(s);
	if (verdict == VERDICT_OK) {
		compose(s, REPLY_ACCEPTED);
		return;
	}
	if (verdict == VERDICT_PERM && ++s->errors > s->rules->errors_max) {
		session_dismiss(s, REPLY_TOO_MANY_ERRORS);
		return;
	}
	s->reply_len = reply_refusal_format(s->reply, verdict, status, words);
}
