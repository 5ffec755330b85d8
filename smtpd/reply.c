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
	[REPLY_HELO] = { 250, NULL, "%h" },
	[REPLY_EHLO] = { 250, NULL,
	    "%h\nPIPELINING\nSIZE %a\n8BITMIME\nENHANCEDSTATUSCODES\nHELP" },
	[REPLY_HELP] = { 214, "2.0.0",
	    "HELO EHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT" },
	[REPLY_GOODBYE] = { 221, "2.0.0", "%h goodbye" },
	[REPLY_SENDER_OK] = { 250, "2.1.0", "sender ok" },
	[REPLY_RCPT_OK] = { 250, "2.1.5", "recipient ok" },
	[REPLY_RESET] = { 250, "2.0.0", "forgotten" },
	[REPLY_NOOP] = { 250, "2.0.0", "ok" },
	[REPLY_ACCEPTED] = { 250, "2.0.0", "accepted id=%a" },
	[REPLY_CANNOT_VERIFY] = { 252, "2.5.2", "send some mail, and see" },
	[REPLY_SEND_TEXT] = { 354, NULL, "end with CRLF.CRLF" },
	[REPLY_SHUTDOWN] = { 421, "4.3.2", "%h going down, come back later" },
	[REPLY_TOO_MANY_SESSIONS] = { 421, "4.3.2", "%h too many sessions" },
	[REPLY_NO_MEMORY] = { 421, "4.3.0", "%h out of memory" },
	[REPLY_IDLE] = { 421, "4.4.2", "%h waited too long for you" },
	[REPLY_TOO_MANY_COMMANDS] = { 421, "4.7.0", "%h too many commands" },
	[REPLY_TOO_MANY_ERRORS] = { 421, "4.7.0", "%h too many errors" },
	[REPLY_NO_QUEUE] = { 451, "4.3.0", "mail queue not available" },
	[REPLY_NO_SPACE] = { 452, "4.3.1", "too much mail at once" },
	[REPLY_TOO_MANY_RCPTS] = { 452, "4.5.3", "too many recipients" },
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
	[REPLY_BAD_SEQUENCE] = { 503, "5.5.1", "bad sequence of commands" },
	[REPLY_NO_VALID_RCPTS] = { 554, "5.5.1", "no valid recipients" },
	[REPLY_NO_SUCH_USER] = { 550, "5.1.1", "no such user here" },
	[REPLY_UNSAFE_MAILBOX] = { 550, "5.1.3",
	    "no mailbox can have this name" },
	[REPLY_NO_RELAYING] = { 550, "5.7.1", "relaying denied" },
	[REPLY_TOO_LARGE] = { 552, "5.3.4", "message too large" },
	[REPLY_BROKEN_TEXT] = { 554, "5.6.0",
	    "message has a bare CR, a bare LF or a NUL" },
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

size_t
reply_format(char *out, enum reply reply, struct slice hostname,
    struct slice argument)
{
	struct reply_row const *row = &rows[reply];
	struct slice words = slice_of(row->words), line;
	struct text t = { .s = out, .room = REPLY_MAX };

	while (slice_line(&words, &line)) {
		put_start(&t, row->code, !words.len, row->status);
		for (;;) {
			size_t n = slice_find(line, '%');

			put(&t, slice_from(line.s, n));
			if (n == line.len) break;
			put(&t, line.s[n + 1] == 'h' ? hostname : argument);
			line = slice_skip(line, n + 2);
		}
		put(&t, SLICE("\r\n"));
	}
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
reply_refusal_format(char *out, enum verdict verdict, struct slice status,
    struct slice words)
{
	bool temp = verdict == VERDICT_TEMP;
	struct text t = { .s = out, .room = REPLY_LINE_MAX - 2 };
	char copy[STATUS_MAX + 1];

	if (status.len > STATUS_MAX || !is_status(status, temp ? '4' : '5'))
		status = temp ? SLICE("4.3.0") : SLICE("5.3.0");
	memcpy(copy, status.s, status.len);
	copy[status.len] = '\0';
	/* RFC 5321 section 4.2.3: 452 is for storage */
	put_start(&t, !temp ? 554 : slice_is(status, "4.3.1") ? 452 : 451,
	    true, copy);
	put_words(&t, words.len ? words : SLICE("message not accepted"));
	t.room = REPLY_LINE_MAX;
	put(&t, SLICE("\r\n"));
	return t.len;
}
