/* SPDX-License-Identifier: ISC */
/* The table of replies and their form on the wire; decides on none. */
#include <stdio.h>
#include "smtpd/reply.h"

/* %h is our host name, %a the argument, a newline begins the next line. The
 * enhanced code is left out where RFC 2034 section 4 wants it left out. */
struct reply_row {
	unsigned code;
	char const *status;
	char const *words;
};

static struct reply_row const rows[REPLIES] = {
	[REPLY_GREETING] = { 220, NULL, "%h ESMTP Mailgrave" },
	[REPLY_GREETING_LMTP] = { 220, NULL, "%h LMTP Mailgrave" },
	[REPLY_HELO] = { 250, NULL, "%h" },
	[REPLY_EHLO] = { 250, NULL, "%h\n%a" },
	[REPLY_HELP] = { 214, "2.0.0", "%a" },
	[REPLY_GOODBYE] = { 221, "2.0.0", "%h goodbye" },
	[REPLY_START_TLS] = { 220, "2.0.0", "go ahead" },
	[REPLY_SENDER_OK] = { 250, "2.1.0", "sender ok" },
	[REPLY_RCPT_OK] = { 250, "2.1.5", "recipient ok" },
	[REPLY_RESET] = { 250, "2.0.0", "forgotten" },
	[REPLY_NOOP] = { 250, "2.0.0", "ok" },
	[REPLY_CHUNK_OK] = { 250, "2.0.0", "go on" },
	[REPLY_ACCEPTED] = { 250, "2.0.0", "accepted id=%a" },
	[REPLY_CANNOT_VERIFY] = { 252, "2.5.2", "send some mail, and see" },
	[REPLY_SEND_TEXT] = { 354, NULL, "end with CRLF.CRLF" },
	[REPLY_SHUTDOWN] = { 421, "4.3.2", "%h going down, come back later" },
	[REPLY_TOO_MANY_SESSIONS] = { 421, "4.3.2", "%h too many sessions" },
	[REPLY_TOO_MANY_FROM_YOU] = { 421, "4.7.0",
	    "%h too many sessions from your address" },
	[REPLY_TOO_FAST] = { 421, "4.7.0",
	    "%h too many new sessions from your address" },
	[REPLY_ACCESS_LIMIT] = { 421, "4.3.5",
	    "%h cannot tell whether to let you in" },
	[REPLY_NO_MEMORY] = { 421, "4.3.0", "%h out of memory" },
	[REPLY_IDLE] = { 421, "4.4.2", "%h waited too long for you" },
	[REPLY_TOO_LONG] = { 421, "4.4.2", "%h you took too long" },
	[REPLY_TOO_MANY_COMMANDS] = { 421, "4.7.0", "%h too many commands" },
	[REPLY_TOO_MANY_MAILS] = { 421, "4.7.0",
	    "%h too many messages, connect again" },
	[REPLY_TOO_MANY_UNKNOWN] = { 421, "4.7.0",
	    "%h too many unknown commands" },
	[REPLY_TOO_MANY_ERRORS] = { 421, "4.7.0", "%h too many errors" },
	[REPLY_NO_HEADER] = { 421, "4.7.0", "%h no valid PROXY header" },
	[REPLY_NO_QUEUE] = { 451, "4.3.0", "mail queue not available" },
	[REPLY_TOO_MANY_OF_YOURS] = { 450, "4.7.1",
	    "too many messages from you, try again later" },
	[REPLY_NO_SPACE] = { 452, "4.3.1", "too much mail at once" },
	[REPLY_TOO_MUCH_FROM_YOU] = { 452, "4.7.0",
	    "too much mail at once from your address" },
	[REPLY_RULE_LIMIT] = { 451, "4.3.5", "cannot tell where this goes" },
	[REPLY_TOO_MANY_RCPTS] = { 452, "4.5.3", "too many recipients" },
	[REPLY_TOO_MANY_RCPTS_OF_YOURS] = { 452, "4.7.1",
	    "too many recipients from you, try again later" },
	[REPLY_UNKNOWN_COMMAND] = { 500, "5.5.1", "unknown command" },
	[REPLY_EMPTY_LINE] = { 500, "5.5.2", "no command" },
	[REPLY_BROKEN_LINE] = { 500, "5.5.2",
	    "lines end with CRLF and hold no CR, LF or NUL" },
	[REPLY_LONG_LINE] = { 500, "5.5.2", "line too long" },
	[REPLY_BAD_ARGUMENT] = { 501, "5.5.4", "bad argument" },
	[REPLY_NO_ARGUMENT] = { 501, "5.5.4", "takes no argument" },
	[REPLY_MISSING_ARGUMENT] = { 501, "5.5.4", "needs an argument" },
	[REPLY_BAD_SENDER] = { 501, "5.1.7", "bad sender address" },
	[REPLY_BAD_RCPT] = { 501, "5.1.3", "bad recipient address" },
	[REPLY_BAD_PARAMETER] = { 501, "5.5.4", "bad parameter" },
	[REPLY_UNKNOWN_PARAMETER] = { 555, "5.5.4", "unknown parameter" },
	[REPLY_NOT_IMPLEMENTED] = { 502, "5.5.1", "not to be had here" },
	[REPLY_BAD_SEQUENCE] = { 503, "5.5.1", "bad sequence of commands" },
	[REPLY_HURRIED] = { 554, "5.5.0", "wait for replies; goodbye" },
	[REPLY_NO_WEB] = { 554, "5.5.0", "this is no web server; goodbye" },
	[REPLY_EARLY] = { 554, "5.5.0",
	    "you spoke before you were greeted; goodbye" },
	[REPLY_NO_VALID_RCPTS] = { 554, "5.5.1", "no valid recipients" },
	[REPLY_NO_SUCH_USER] = { 550, "5.1.1", "no such user here" },
	[REPLY_UNSAFE_MAILBOX] = { 550, "5.1.3",
	    "no mailbox can have this name" },
	[REPLY_NO_RELAYING] = { 550, "5.7.1", "relaying denied" },
	[REPLY_LOOP] = { 550, "5.4.6",
	    "this name stands for itself, or for too many" },
	[REPLY_NO_XCLIENT] = { 550, "5.7.0", "XCLIENT is not for you" },
	[REPLY_TLS_FIRST] = { 530, "5.7.0", "say STARTTLS first" },
	[REPLY_TLS_BUSY] = { 454, "4.7.0", "too many handshakes at once" },
	[REPLY_LOGGED_IN] = { 235, "2.7.0", "welcome" },
	[REPLY_CHALLENGE] = { 334, NULL, "%a" },
	[REPLY_LOGIN_FIRST] = { 530, "5.7.0", "log in first" },
	[REPLY_LOGIN_WRONG] = { 535, "5.7.8", "wrong name or password" },
	[REPLY_LOGIN_BUSY] = { 454, "4.7.0", "too many log in at once" },
	[REPLY_LOGIN_UNKNOWN] = { 454, "4.7.0",
	    "cannot tell whether this is right" },
	[REPLY_LOGIN_TOO_OFTEN] = { 421, "4.7.0",
	    "%h too many wrong passwords from your address" },
	[REPLY_CANCELLED] = { 501, "5.7.0", "as you wish" },
	[REPLY_NO_BASE64] = { 501, "5.5.2", "this is no base64" },
	[REPLY_LONG_ANSWER] = { 500, "5.5.6", "answer too long" },
	[REPLY_NO_MECHANISM] = { 504, "5.5.4", "no such mechanism" },
	[REPLY_NOT_YOUR_SENDER] = { 553, "5.7.1",
	    "this sender address is not yours" },
	[REPLY_NOT_YOUR_FROM] = { 550, "5.7.1",
	    "From or Sender names an address that is not yours" },
	[REPLY_ASCII_SENDER] = { 550, "5.6.7",
	    "this sender needs SMTPUTF8" },
	[REPLY_ASCII_RCPT] = { 553, "5.6.7",
	    "this recipient needs SMTPUTF8" },
	[REPLY_TOO_LARGE] = { 552, "5.3.4", "message too large" },
	[REPLY_BROKEN_TEXT] = { 554, "5.6.0",
	    "message has a bare CR, a bare LF or a NUL" },
	[REPLY_LONG_HEADER] = { 554, "5.6.0",
	    "the header of the message is too long" },
	[REPLY_LONG_TEXT_LINE] = { 554, "5.6.0",
	    "a line of the message is too long" },
	[REPLY_TOO_MANY_HOPS] = { 554, "5.4.6", "too many hops, mail loop" },
};

/* A reply under construction; what does not fit is left out. */
struct text {
	char *s;
	size_t len, room;
};

static void
put(struct text *t, struct slice more)
{
	if (more.len > t->room - t->len) more.len = t->room - t->len;
	if (more.len) memcpy(t->s + t->len, more.s, more.len);
	t->len += more.len;
}

static void
put_start(struct text *t, unsigned code, bool last, char const *status)
{
	char start[32];
	int n = snprintf(start, sizeof start, "%u%c%s%s", code,
	    last ? ' ' : '-', status ? status : "", status ? " " : "");

	put(t, slice_from(start, (size_t)n));
}

unsigned
reply_code(enum reply reply)
{
	return rows[reply].code;
}

/* The words of a row with what they have a place for. */
static size_t
fill_in(char *out, struct slice words, struct slice hostname,
    struct slice argument)
{
	struct text t = { .s = out, .room = REPLY_MAX };

	for (;;) {
		size_t n = slice_find(words, '%');

		put(&t, slice_from(words.s, n));
		if (n == words.len) return t.len;
		put(&t, words.s[n + 1] == 'h' ? hostname : argument);
		words = slice_skip(words, n + 2);
	}
}

size_t
reply_format(char *out, enum reply reply, struct slice hostname,
    struct slice argument)
{
	struct reply_row const *row = &rows[reply];
	char all[REPLY_MAX];
	struct slice line, words = slice_from(all,
	    fill_in(all, slice_of(row->words), hostname, argument));
	struct text t = { .s = out, .room = REPLY_MAX };

	/* one without words is a line, too */
	line = words;
	do {
		slice_line(&words, &line);
		put_start(&t, row->code, !words.len, row->status);
		put(&t, line);
		put(&t, SLICE("\r\n"));
	} while (words.len);
	return t.len;
}

/* class "." subject "." detail, each of at most three digits (RFC 3463) */
static bool
is_status(struct slice status, char class)
{
	unsigned dots = 0, digits = 0;
	size_t i;

	if (status.len < 5 || status.s[0] != class || status.s[1] != '.')
		return false;
	for (i = 2; i < status.len; i++) {
		bool dot = status.s[i] == '.';

		if (dot ? !digits || ++dots > 1
			: status.s[i] < '0' || status.s[i] > '9' || digits == 3)
			return false;
		digits = dot ? 0 : digits + 1;
	}
	return dots == 1 && digits;
}

static void
put_words(struct text *t, struct slice words)
{
	size_t i;

	for (i = 0; i < words.len; i++) {
		char c = words.s[i];

		put(t, slice_from(c >= ' ' && c <= '~' ? &c : "?", 1));
	}
}

size_t
reply_custom_format(char *out, unsigned code, struct slice status,
    struct slice words)
{
	struct text t = { .s = out, .room = REPLY_LINE_MAX - 2 };
	char copy[STATUS_MAX + 1];
	bool temp;

	if (code < 400 || code > 599) code = 554;
	temp = code < 500;
	if (status.len > STATUS_MAX || !is_status(status, temp ? '4' : '5'))
		status = temp ? SLICE("4.3.0") : SLICE("5.3.0");
	memcpy(copy, status.s, status.len);
	copy[status.len] = '\0';
	put_start(&t, code, true, copy);
	put_words(&t, words.len ? words : SLICE("not accepted"));
	t.room = REPLY_LINE_MAX;
	put(&t, SLICE("\r\n"));
	return t.len;
}

size_t
reply_refusal_format(char *out, enum verdict verdict, struct slice status,
    struct slice words)
{
	/* RFC 5321 section 4.2.3: 452 is for storage */
	unsigned code = verdict == VERDICT_PERM ? 554
	    : slice_is(status, "4.3.1") ? 452 : 451;

	return reply_custom_format(out, code, status,
	    words.len ? words : SLICE("message not accepted"));
}
