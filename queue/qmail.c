/* SPDX-License-Identifier: ISC */
/* One message from a program that thinks it talks to qmail; prints nothing, as
 * that prints nothing: the exit code, and a text on descriptor 6 for those who
 * read it, are all that there is to say. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include <skalibs/stralloc.h>
#include "common/body.h"
#include "common/clock.h"
#include "common/handin.h"
#include "common/hostname.h"
#include "common/option.h"
#include "common/unixsock.h"
#include "queue/qmail.h"
#include "queue/qmailenv.h"

enum {
	QUEUED = 0,
	TOO_LONG = 11,		/* an address */
	REFUSED = 31,
	NO_MEMORY = 51,
	TOO_SLOW = 52,
	CANT_WRITE = 53,
	CANT_READ = 54,
	NOT_NOW = 71,
	SILENT = 72,		/* the queue */
	UNREACHABLE = 73,
	BROKEN_OFF = 74,
	SAID_WHY = 82,		/* on descriptor 6 */
	BAD_FORM = 91,		/* the envelope */
	MESSAGE = 0, ENVELOPE = 1, REASON = 6,	/* descriptors */
	PATIENCE_S = 86400,	/* as qmail-queue has it */
	PIECE = WIRE_BODY_MAX / 2 - 1
};

/* One call. */
struct call {
	int code;		/* once it is known that it failed */
	bool heard;		/* REASON is for reasons */
	int text;		/* the message with CRLF, without a name */
	bool eightbit;
	stralloc envelope;
	struct qmailenv env;
	char mailname[HOSTNAME_MAX + 1];
	struct handin handin;
	char in[PIECE], out[2 * PIECE + 2];
};

static bool
fail(struct call *c, int code)
{
	c->code = code;
	return false;
}

/* is_heard - somebody waits for a reason: it is a pipe, not just any file that
 * happens to have this number */
static bool
is_heard(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	return flags != -1 && (flags & O_ACCMODE) != O_RDONLY &&
	    fstat(fd, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* explain - with words, where they are heard
 *   code  what is said otherwise */
static bool
explain(struct call *c, int code, char const *status, char const *words)
{
	char text[1 + WORDS_MAX + sizeof " (#)" + STATUS_MAX];
	int n;

	if (!c->heard) return fail(c, code);
	n = snprintf(text, sizeof text, "%c%s (#%s)",
	    code >= TOO_LONG && code <= 40 ? 'D' : 'Z', words, status);
	if (n < 0 || allwrite(REASON, text, (size_t)n) < (size_t)n)
		return fail(c, code);
	return fail(c, SAID_WHY);
}

static _Noreturn void
give_up(int sig)
{
	(void)sig;
	_exit(TOO_SLOW);
}

static bool
keep(struct call *c, size_t n)
{
	size_t i;

	for (i = 0; i < n && !c->eightbit; i++)
		c->eightbit = (unsigned char)c->out[i] >= 0x80;
	if (allwrite(c->text, c->out, n) < n) return fail(c, CANT_WRITE);
	return true;
}

/* The envelope comes after the message, the queue wants it before. */
static bool
read_message(struct call *c)
{
	struct body_crlf crlf = { .broken = false };
	ssize_t n;

	c->text = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (c->text == -1) return fail(c, CANT_WRITE);
	while ((n = fd_read(MESSAGE, c->in, sizeof c->in)) > 0)
		if (!keep(c, body_crlf(&crlf, slice_from(c->in, (size_t)n),
		    c->out)))
			return false;
	if (n == -1) return fail(c, CANT_READ);
	if (!keep(c, body_crlf_end(&crlf, c->out))) return false;
	if (crlf.broken)
		return explain(c, REFUSED, "5.6.0",
		    "the message has a NUL or a CR that ends no line");
	return lseek(c->text, 0, SEEK_SET) == 0 || fail(c, CANT_READ);
}

static bool
read_envelope(struct call *c)
{
	stralloc *e = &c->envelope;
	ssize_t n;

	do {
		if (e->len > QMAIL_ENVELOPE_MAX)
			return explain(c, REFUSED, "5.5.3",
			    "too many recipients");
		if (!stralloc_readyplus(e, sizeof c->in))
			return fail(c, NO_MEMORY);
		n = fd_read(ENVELOPE, e->s + e->len, sizeof c->in);
		if (n == -1) return fail(c, CANT_READ);
		e->len += (size_t)n;
	} while (n);
	return true;
}

static bool
bad_envelope(struct call *c)
{
	switch (c->env.wrong) {
	case QMAILENV_FINE:
		return true;
	case QMAILENV_CUT:
		return fail(c, CANT_READ);
	case QMAILENV_FORMAT:
		return fail(c, BAD_FORM);
	case QMAILENV_LONG:
		return fail(c, TOO_LONG);
	case QMAILENV_BAD:
		return explain(c, REFUSED, "5.1.3", "an address is malformed");
	case QMAILENV_VERP:
		return explain(c, REFUSED, "5.1.7",
		    "a sender for each recipient can't be had");
	}
	return fail(c, BAD_FORM);
}

/* All of it before any of it is said: a bad last address refuses the first. */
static bool
check_envelope(struct call *c, bool *utf8)
{
	struct qmailenv e = c->env;
	struct addr rcpt;
	size_t rcpts = 0;

	*utf8 = false;
	if (qmailenv_begin(&e)) {
		*utf8 = !e.bounce && !addr_is_ascii(&e.sender);
		for (; qmailenv_next(&e, &rcpt); rcpts++)
			*utf8 |= !addr_is_ascii(&rcpt);
	}
	if (!rcpts && e.wrong == QMAILENV_FINE) e.wrong = QMAILENV_FORMAT;
	c->env.wrong = e.wrong;
	if (rcpts > SUBMIT_RCPTS_MAX)
		return explain(c, REFUSED, "5.5.3", "too many recipients");
	return bad_envelope(c);
}

/* The queue has refused, or is no longer there. */
static bool
lost(struct call *c)
{
	struct handin const *h = &c->handin;

	if (h->answered)
		return explain(c, h->verdict == VERDICT_PERM ? REFUSED :
		    !strcmp(h->status, "4.3.1") ? CANT_WRITE : NOT_NOW,
		    h->status, h->words);
	return fail(c, errno == ETIMEDOUT ? SILENT : BROKEN_OFF);
}

static bool
begin(struct call *c, char const *submit, bool utf8)
{
	char sender[ADDR_TEXT_MAX];
	struct submit_open open = { .eightbit = c->eightbit, .utf8 = utf8 };
	int fd = unixsock_connect(submit);

	if (fd == -1) return fail(c, errno == EAGAIN ? NOT_NOW : UNREACHABLE);
	traceid_make(&open.id, clock_wall_ms());
	if (!c->env.bounce)
		open.sender = slice_from(sender,
		    addr_format(&c->env.sender, sender));
	return handin_open(&c->handin, fd, &open) || lost(c);
}

static bool
hand_in(struct call *c, char const *submit, bool utf8)
{
	struct addr rcpt;
	ssize_t n;

	qmailenv_begin(&c->env);
	if (!begin(c, submit, utf8)) return false;
	while (qmailenv_next(&c->env, &rcpt))
		if (!handin_rcpt(&c->handin, &rcpt, 0)) return lost(c);
	while ((n = fd_read(c->text, c->out, sizeof c->out)) > 0)
		if (!handin_body(&c->handin, slice_from(c->out, (size_t)n)))
			return lost(c);
	if (n == -1) return fail(c, CANT_READ);
	/* commit: after this the message is the queue's */
	return handin_end(&c->handin) || lost(c);
}

bool
qmail_called(int argc, char *const *argv)
{
	char const *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

	if (argc < 2) return true;
	return !strcmp(slash ? slash + 1 : argv[0], "qmail-queue");
}

static int
hand_over(char const *submit)
{
	static struct call c;
	bool utf8;

	/* before any descriptor of ours can have such a number */
	if (fcntl(MESSAGE, F_GETFD) == -1 || fcntl(ENVELOPE, F_GETFD) == -1)
		return CANT_READ;
	c.heard = is_heard(REASON);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);	/* a full quota is an error, not an end */
	signal(SIGALRM, give_up);
	alarm(PATIENCE_S);
	c.env.domain = slice_of(hostname_of_mail(c.mailname));
	if (!read_message(&c) || !read_envelope(&c)) return c.code;
	c.env.rest = slice_from(c.envelope.s, c.envelope.len);
	if (!check_envelope(&c, &utf8) || !hand_in(&c, submit, utf8))
		return c.code;
	return QUEUED;
}

int
qmail_run(int argc, char *const *argv)
{
	char const *submit = "/var/spool/mailgrave/submit.ctrl";
	struct option_row const rows[] = {
		{ "submit", "PATH", OPTION_TEXT, 0, 0, 0, NULL, 0,
		  "socket of the queue (/var/spool/mailgrave/submit.ctrl)" },
	};
	struct option_table const table = OPTION_TABLE(rows, &submit);
	struct option_page const page = { .program = "qmail-queue",
	    .synopsis = "[--submit PATH]", .purpose = "Queues the message on "
	    "descriptor 0 for the envelope on descriptor 1.",
	    .notes = "Exit codes are those of qmail-queue; see "
	    "mailgrave-queue(8)." };

	if (option_parse(argc, argv, &page, &table, 1, 100) < argc)
		option_misused(page.program, "takes no operands", NULL);
	return hand_over(submit);
}
