/* SPDX-License-Identifier: ISC */
/* mailgrave-inject: hands a message from standard input to the queue. Runs as
 * its caller and never has a right more. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/body.h"
#include "common/clock.h"
#include "common/complete.h"
#include "common/handin.h"
#include "common/header.h"
#include "common/jail.h"
#include "common/unixsock.h"
#include "inject/delegate.h"
#include "inject/envelope.h"
#include "inject/hand.h"
#include "inject/input.h"
#include "inject/login.h"
#include "inject/settings.h"
#include "inject/show.h"

struct inject {
	struct settings set;
	struct traceid id;
	struct envelope envelope;
	struct input input;
	stralloc text;		/* as it came: the header and a piece more */
	stralloc head;		/* as it leaves */
	uint64_t size;		/* octets that left */

	struct hand hand;
	struct body_lf lf;	/* of --dry-run */
	struct handin submission;
};

/* How we end, by our own name and as sendmail (sysexits.h). */
enum ending { MISUSED, BAD_DATA, REFUSED, NOT_NOW, FORBIDDEN, BROKEN };

static int const codes[][2] = {
	[MISUSED] = { 100, 64 },
	[BAD_DATA] = { 100, 65 },
	[REFUSED] = { 100, 69 },
	[NOT_NOW] = { 111, 75 },
	[FORBIDDEN] = { 111, 77 },
	[BROKEN] = { 111, 70 },
};

/* One line, whatever the caller's words are. */
static char const *
printable(char *out, size_t room, char const *text)
{
	size_t n;

	for (n = 0; n + 1 < room && text[n]; n++)
		out[n] = (unsigned char)text[n] < ' ' || text[n] == 0x7f ? '?'
			: text[n];
	out[n] = '\0';
	return out;
}

static _Noreturn void
quit(struct inject const *i, enum ending ending, char const *what,
    char const *which)
{
	char a[ADDR_TEXT_MAX], b[WORDS_MAX + 1];

	strerr_warn(PROG, ": ", printable(a, sizeof a, what),
	    which ? ": " : NULL,
	    which ? printable(b, sizeof b, which) : NULL);
	exit(codes[ending][i->set.sendmail]);
}

static _Noreturn void
quit_sys(struct inject const *i, char const *what)
{
	quit(i, errno == EACCES || errno == EPERM ? FORBIDDEN : NOT_NOW, what,
	    strerror(errno));
}

static _Noreturn void
quit_address(struct inject const *i, enum ending ending, char const *where)
{
	quit(i, ending, where, i->envelope.why);
}

static void
read_envelope_options(struct inject *i, char *const *operand)
{
	struct envelope *e = &i->envelope;
	char login[LOGIN_MAX + 1];
	char const *sender = i->set.sender;

	envelope_init(e, slice_of(i->set.domain), i->set.rcpts_max);
	if (!sender) sender = login_name(login);
	if (!envelope_from(e, slice_of(sender)))
		quit_address(i, MISUSED, sender);
	if (!*operand) i->set.from_header = true;
	for (; *operand; operand++)
		if (!envelope_to(e, slice_of(*operand)))
			quit_address(i, MISUSED, *operand);
}

/* more_text - append a piece of the input to text */
static void
more_text(struct inject *i)
{
	size_t n;

	if (!stralloc_readyplus(&i->text, WIRE_BODY_MAX))
		quit_sys(i, "read the message");
	if (!input_read(&i->input, i->text.s + i->text.len, &n)) {
		if (errno == EPROTO)
			quit(i, BAD_DATA, "the message has a NUL or a CR that "
			    "ends no line", NULL);
		quit_sys(i, "read the message");
	}
	i->text.len += n;
}

static struct slice
read_header(struct inject *i, struct slice *body)
{
	struct header_search search = { .line = 0 };
	struct slice text;
	int got;

	do {
		more_text(i);
		text = slice_from(i->text.s, i->text.len);
		got = header_search(&search, text, i->input.end);
	} while (got == 0);
	if (got == -1) quit(i, BAD_DATA, "the header is too long", NULL);
	*body = slice_skip(text, search.body);
	return search.header;
}

static void
read_recipients(struct inject *i, struct slice header)
{
	struct envelope *e = &i->envelope;
	struct slice field;
	char name[HEADER_NAME_MAX + 1];

	if (i->set.from_header && !envelope_read(e, header, &field)) {
		snprintf(name, sizeof name, "%.*s", (int)field.len, field.s);
		quit_address(i, BAD_DATA, name);
	}
	if (!e->rcpts) quit(i, BAD_DATA, "no recipients", NULL);
	envelope_settle(e);
}

static void
complete(struct inject *i, struct slice header)
{
	char login[LOGIN_MAX + 1], author[ADDR_TEXT_MAX];
	struct envelope self;
	int64_t now_ms = clock_wall_ms();
	struct complete_facts facts = {
		.domain = i->set.gateway ? SLICE("") :
		    slice_of(i->set.domain),
		.hostname = slice_of(i->set.hostname),
		.name = slice_of(i->set.name),
		.now_s = now_ms / 1000,
	};

	/* A message without a sender still has an author. */
	envelope_init(&self, slice_of(i->set.domain), 1);
	self.sender = i->envelope.sender;
	if (i->envelope.bounce &&
	    !envelope_from(&self, slice_of(login_name(login))))
		quit(i, MISUSED, "the login name is no address", login);
	facts.author = slice_from(author, addr_format(&self.sender, author));
	traceid_make(&i->id, now_ms);
	facts.id = i->id;
	if (complete_header(header, &facts, &i->head)) return;
	if (errno == EMSGSIZE)
		quit(i, BAD_DATA, "the completed header is too long", NULL);
	quit_sys(i, "complete the header");
}

/* may_have_8bit - begun is the message's first piece; of what comes behind it
 * nothing is known, and 8BITMIME promises nothing about it */
static bool
may_have_8bit(struct inject const *i, struct slice begun)
{
	size_t n;

	for (n = 0; n < begun.len; n++)
		if ((unsigned char)begun.s[n] >= 0x80) return true;
	return !i->input.end;
}

/* The end of a submission that was not accepted. */
static _Noreturn void
quit_submission(struct inject *i)
{
	struct handin const *s = &i->submission;
	int e = errno, code = 0;

	if (i->set.by_hand) {
		close(s->fd);
		code = hand_finish(&i->hand, !s->answered);
	}
	if (s->answered && s->verdict == VERDICT_PERM)
		quit(i, REFUSED, s->status, s->words);
	if (s->answered) quit(i, NOT_NOW, s->status, s->words);
	if (code == 100) quit(i, MISUSED, "no queue", i->set.spool);
	quit(i, NOT_NOW, "the queue went away", strerror(e));
}

static void
open_submission(struct inject *i, bool eightbit)
{
	struct envelope const *e = &i->envelope;
	char sender[ADDR_TEXT_MAX];
	struct submit_open open = { .id = i->id, .eightbit = eightbit,
	    .utf8 = i->set.utf8, .ret = (uint8_t)i->set.ret,
	    .envid = slice_of(i->set.envid ? i->set.envid : "") };
	size_t n;
	int fd;

	if (!e->bounce)
		open.sender = slice_from(sender,
		    addr_format(&e->sender, sender));
	fd = i->set.by_hand ? hand_start(&i->hand, i->set.spool)
			: unixsock_connect(i->set.out);
	if (fd == -1)
		quit_sys(i, i->set.by_hand ? "start mailgrave-queue"
					   : i->set.out);
	if (!handin_open(&i->submission, fd, &open)) quit_submission(i);
	for (n = 0; n < e->rcpts; n++)
		if (!handin_rcpt(&i->submission, e->rcpt + n,
		    i->set.notify))
			quit_submission(i);
}

/* put - a piece of the message leaves, or is shown */
static void
put(struct inject *i, struct slice piece)
{
	i->size += piece.len;
	if (i->size > i->set.size_max)
		quit(i, BAD_DATA, "the message is larger than --max-size",
		    NULL);
	if (i->set.dry_run)
		show_text(&i->lf, piece);
	else if (!handin_body(&i->submission, piece))
		quit_submission(i);
}

static void
end(struct inject *i)
{
	char text[TRACEID_TEXT + 1];

	if (!i->set.dry_run) {
		if (!handin_end(&i->submission)) quit_submission(i);
		close(i->submission.fd);
		/* The verdict said that the message is safe, so how the
		 * child ends changes nothing. */
		if (i->set.by_hand) hand_finish(&i->hand, i->set.verbose);
	}
	if (i->set.verbose && !i->set.dry_run)
		printf("%s\n", traceid_format(text, &i->id));
	if (fflush(stdout) == EOF && i->set.dry_run) quit_sys(i, "write");
}

/* Another program of ours does it, and has spoken for itself if it could. */
static int
let_another(struct inject const *i, char *const *operand)
{
	struct delegate_end end = delegate(&i->set, operand);
	enum ending ending = end.code == 100 ? MISUSED :
	    end.code == 111 ? NOT_NOW : BROKEN;

	if (end.wrong) quit(i, ending, end.wrong, end.which);
	return end.code ? codes[ending][i->set.sendmail] : 0;
}

int
main(int argc, char *const *argv)
{
	static struct inject i;
	struct slice header, body;
	char const *why;
	int operand;

	jail_begin();
	operand = settings_read(&i.set, argc, argv, codes[MISUSED]);
	if (i.set.mode == MODE_NOTHING) return 0;
	why = settings_check(&i.set);
	if (why) quit(&i, MISUSED, why, NULL);
	if (i.set.mode != MODE_SUBMIT) return let_another(&i, argv + operand);
	read_envelope_options(&i, argv + operand);
	input_init(&i.input, 0, i.set.sendmail && !i.set.dots);
	header = read_header(&i, &body);
	read_recipients(&i, header);
	complete(&i, header);
	if (!stralloc_catb(&i.head, body.s, body.len))
		quit_sys(&i, "read the message");
	body = slice_from(i.head.s, i.head.len);
	if (envelope_needs_utf8(&i.envelope)) i.set.utf8 = true;
	if (i.set.dry_run)
		show_envelope(&i.envelope, &i.set);
	else
		open_submission(&i, i.set.eightbit ||
		    may_have_8bit(&i, body));
	put(&i, body);
	while (!i.input.end) {
		i.text.len = 0;
		more_text(&i);
		put(&i, slice_from(i.text.s, i.text.len));
	}
	end(&i);
	envelope_free(&i.envelope);
	stralloc_free(&i.head);
	stralloc_free(&i.text);
	return 0;
}
