/* SPDX-License-Identifier: ISC */
/* Sequence, limits and message text; what single commands mean is verb.c's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "smtpd/session.h"
#include "smtpd/verb.h"
#include "smtpd/xclient.h"

enum { KEYWORDS_MAX = 512 };	/* octets of what compose fills in */

/* Who is greeted by name hears what the server can do for him. */
static void
list_extensions(struct session const *s, char *out)
{
	snprintf(out, KEYWORDS_MAX, "PIPELINING\nSIZE %llu\n8BITMIME\n"
	    "SMTPUTF8\nENHANCEDSTATUSCODES\nCHUNKING\nDSN\n"
	    "LIMITS RCPTMAX=%llu MAILMAX=%llu\n%s%s%s%s%s%s%sHELP",
	    s->rules->text.size_max, s->rules->rcpts_max, s->rules->mails_max,
	    verb_may_secure(s) ? "STARTTLS\n" : "",
	    verb_may_log_in(s) ? "AUTH " : "",
	    verb_may_log_in(s) ? sasl_names : "",
	    verb_may_log_in(s) ? "\n" : "",
	    s->trusted ? "XCLIENT " : "", s->trusted ? xclient_names : "",
	    s->trusted ? "\n" : "");
}

static void
compose(struct session *s, enum reply reply)
{
	char text[KEYWORDS_MAX] = "";

	if (reply == REPLY_ACCEPTED)
		traceid_format(text, &s->id);
	else if (reply == REPLY_EHLO)
		list_extensions(s, text);
	else if (reply == REPLY_CHALLENGE)
		snprintf(text, sizeof text, "%s", sasl_challenge(s->sasl));
	else if (reply == REPLY_HELP)
		verb_list(text, sizeof text, s->rules->lmtp);
	s->reply_len = reply_format(s->reply, reply, s->rules->hostname,
	    slice_of(text));
	s->reply_times = 1;
}

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
	compose(s, reply);
	s->phase = SESSION_CLOSING;
	s->dismissed = true;
}

static void
quote(struct session *s, unsigned code, struct slice status,
    struct slice words)
{
	s->reply_len = reply_custom_format(s->reply, code, status, words);
	s->reply_times = 1;
}

void
session_turn_away(struct session *s, unsigned code, struct slice status,
    struct slice words)
{
	session_dismiss(s, REPLY_SHUTDOWN);
	quote(s, code, status, words);
}

/* Refusals for good are counted: who earns too many of them is guessing. */
static bool
is_one_too_many(struct session *s, unsigned code)
{
	if (code < 500 || ++s->errors <= s->rules->errors_max) return false;
	session_dismiss(s, REPLY_TOO_MANY_ERRORS);
	return true;
}

/* say - the reply to a command or a message */
static void
say(struct session *s, enum reply reply)
{
	if (!is_one_too_many(s, reply_code(reply))) compose(s, reply);
}

/* The reply that has been said is that to a message of so many recipients: LMTP
 * wants it for each of them (RFC 2033 section 4.2). */
static void
repeat(struct session *s, unsigned long long rcpts)
{
	if (s->rules->lmtp && s->phase != SESSION_CLOSING)
		s->reply_times = rcpts;
}

void
session_init(struct session *s, struct session_rules const *rules)
{
	*s = (struct session){ .rules = rules, .state = SESSION_FRESH };
	compose(s, rules->lmtp ? REPLY_GREETING_LMTP : REPLY_GREETING);
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
forget_sasl(struct session *s)
{
	if (s->sasl) explicit_bzero(s->sasl, sizeof *s->sasl);
	free(s->sasl);
	s->sasl = NULL;
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
	forget_sasl(s);
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

/* One line of an exchange (RFC 4954 section 4). */
static enum reply
run_answer(struct session *s, struct line const *line)
{
	s->secret = true;
	if (line->overlong || line->broken) {
		s->phase = SESSION_IN_COMMANDS;
		forget_sasl(s);
		return line->overlong ? REPLY_LONG_LINE : REPLY_BROKEN_LINE;
	}
	if (!slice_is(line_text(line), "*"))
		return session_take_answer(s, line_text(line));
	s->phase = SESSION_IN_COMMANDS;
	forget_sasl(s);
	return REPLY_CANCELLED;
}

enum reply
session_take_answer(struct session *s, struct slice answer)
{
	int got = sasl_take(s->sasl, answer);

	s->phase = SESSION_IN_AUTH;
	if (!got) return REPLY_CHALLENGE;
	s->phase = got == 1 ? SESSION_ASKING : SESSION_IN_COMMANDS;
	s->question = SESSION_LOGIN;
	if (got == 1) return REPLY_NONE;
	forget_sasl(s);
	return REPLY_BAD_ARGUMENT;
}

static void
obey(struct session *s)
{
	enum reply reply;

	if (++s->commands > s->rules->commands_max) {
		session_dismiss(s, REPLY_TOO_MANY_COMMANDS);
		return;
	}
	reply = s->phase == SESSION_IN_AUTH ? run_answer(s, s->line)
	    : run_command(s, s->line);
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

/* A message that has shown a fault is forgotten at once, the rest of it is
 * swallowed, and the refusal given at its end, where the client listens. */
static void
spoil(struct session *s, enum reply fault)
{
	if (s->spoiled || !fault) return;
	s->spoiled = fault;
	s->abort = true;
	s->stored.len = 0;
}

static void
store(struct session *s, struct slice octets)
{
	if (s->spoiled) return;
	s->stored = octets;
	spoil(s, text_fault(&s->text, &s->rules->text));
}

static void
end_text(struct session *s)
{
	unsigned long long rcpts = s->rcpts;
	enum reply fault = s->spoiled;

	if (!fault) {
		s->phase = SESSION_COMMITTING;
		return;
	}
	s->phase = SESSION_IN_COMMANDS;
	session_reset(s);
	say(s, fault);
	repeat(s, rcpts);
}

static void
take_text(struct session *s, struct slice *in)
{
	store(s, text_data(&s->text, &s->rules->text, in));
	if (text_is_done(&s->text)) end_text(s);
}

/* Chunks. What belongs to none of the message is swallowed all the same: RFC
 * 3030 section 2. A message that lacks a piece is none. */

static void
end_chunk(struct session *s)
{
	s->phase = SESSION_IN_COMMANDS;
	if (s->misplaced) {
		if (s->state == SESSION_CHUNKS) spoil(s, s->misplaced);
		say(s, s->misplaced);
	} else if (s->chunk.last) {
		end_text(s);
	} else {
		say(s, s->spoiled ? s->spoiled : REPLY_CHUNK_OK);
	}
}

static void
take_piece(struct session *s, struct slice piece)
{
	bool last;

	s->chunk.left -= piece.len;
	last = s->chunk.last && !s->chunk.left;
	if (!s->misplaced && !s->spoiled)
		store(s, text_chunk(&s->text, &s->rules->text, piece, last));
	if (!s->chunk.left) end_chunk(s);
}

void
session_begin_chunk(struct session *s, enum reply misplaced)
{
	s->misplaced = misplaced;
	s->phase = SESSION_IN_CHUNK;
	if (!misplaced) s->state = SESSION_CHUNKS;
	if (!s->chunk.left) take_piece(s, slice_from(NULL, 0));
}

static void
take_chunk(struct session *s, struct slice *in)
{
	struct slice piece = *in;

	if (piece.len > s->chunk.left) piece.len = (size_t)s->chunk.left;
	*in = slice_skip(*in, piece.len);
	take_piece(s, piece);
}

size_t
session_feed(struct session *s, char const *octets, size_t len)
{
	struct slice in;

	if (len > TEXT_PIECE_MAX) len = TEXT_PIECE_MAX;
	in = slice_from(octets, len);
	if (s->phase == SESSION_IN_TEXT)
		take_text(s, &in);
	else if (s->phase == SESSION_IN_CHUNK)
		take_chunk(s, &in);
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

/* take_answer - what it means for the transaction */
static void
take_answer(struct session *s, bool welcome)
{
	s->phase = SESSION_IN_COMMANDS;
	if (s->question == SESSION_LOGIN) forget_sasl(s);
	if (!welcome) return;
	switch (s->question) {
	case SESSION_SENDER:
		s->state = SESSION_MAIL;
		s->mails++;
		break;
	case SESSION_RECIPIENT:
		s->state = SESSION_RCPT;
		s->rcpts++;
		break;
	case SESSION_CLIENT:
		s->state = SESSION_FRESH;
		s->extended = s->logged_in = false;
		*s->helo = '\0';
		break;
	case SESSION_LOGIN:
		s->logged_in = true;
		break;
	case SESSION_SECURITY:
		s->phase = SESSION_SECURING;
		break;
	}
}

void
session_answer(struct session *s, enum reply reply)
{
	unsigned long long rcpts = s->rcpts;
	bool message = s->phase == SESSION_COMMITTING;

	if (message) {
		s->phase = SESSION_IN_COMMANDS;
		end_message(s);
	} else {
		take_answer(s, reply_code(reply) < 400);
	}
	say(s, reply);
	if (message) repeat(s, rcpts);
}

void
session_refuse(struct session *s, unsigned code, struct slice status,
    struct slice words)
{
	take_answer(s, false);
	if (!is_one_too_many(s, code)) quote(s, code, status, words);
}

void
session_verdict(struct session *s, enum verdict verdict, struct slice status,
    struct slice words, bool more)
{
	unsigned long long rcpts = more ? 1 : s->rcpts - s->rcpts_told;
	bool one_of_many = s->rcpts_told++ || more;

	if (!more) {
		s->phase = SESSION_IN_COMMANDS;
		end_message(s);
	}
	if (verdict == VERDICT_OK) {
		compose(s, REPLY_ACCEPTED);
	} else if (one_of_many ||	/* all of them must be heard */
	    !is_one_too_many(s, verdict == VERDICT_PERM ? 554 : 451)) {
		s->reply_len = reply_refusal_format(s->reply, verdict, status,
		    words);
		s->reply_times = 1;
	}
	repeat(s, rcpts);
}
