/* SPDX-License-Identifier: ISC */
/* mailgrave-inject: hands a message from standard input to the queue. Runs as
 * its caller and never has a right more. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/clock.h"
#include "common/complete.h"
#include "common/header.h"
#include "common/jail.h"
#include "inject/delegate.h"
#include "inject/envelope.h"
#include "inject/login.h"
#include "inject/message.h"
#include "inject/outlet.h"
#include "inject/settings.h"
#include "inject/verp.h"

struct inject {
	struct settings set;
	struct traceid id;
	struct envelope envelope;
	struct message message;
	stralloc head;		/* as it leaves: the header, and a piece more */
	uint64_t size;		/* octets that leave */
	size_t done;		/* recipients, where each has his own */
	struct outlet outlet;
};

/* By our own name, and as sendmail (sysexits.h). */
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
	char a[ADDR_TEXT_MAX], b[WORDS_MAX + 1], done[80];

	snprintf(done, sizeof done, "queued for %zu of %zu recipients: ",
	    i->done, i->envelope.rcpts);
	strerr_warn(PROG, ": ", i->done ? done : "",
	    printable(a, sizeof a, what), which ? ": " : NULL,
	    which ? printable(b, sizeof b, which) : NULL);
	exit(codes[ending][i->set.sendmail]);
}

static _Noreturn void
quit_trouble(struct inject const *i, struct trouble t)
{
	quit(i, t.ending, t.what, t.which);
}

static _Noreturn void
quit_sys(struct inject const *i, char const *what)
{
	quit_trouble(i, trouble_sys(what));
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

static void
read_recipients(struct inject *i)
{
	struct envelope *e = &i->envelope;
	struct slice field;
	char name[HEADER_NAME_MAX + 1];

	if (i->set.from_header && !envelope_read(e, i->message.header,
	    &field)) {
		snprintf(name, sizeof name, "%.*s", (int)field.len, field.s);
		quit_address(i, BAD_DATA, name);
	}
	if (!e->rcpts) quit(i, BAD_DATA, "no recipients", NULL);
	envelope_settle(e);
}

static void
complete(struct inject *i)
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
	if (complete_header(i->message.header, &facts, &i->head) &&
	    stralloc_catb(&i->head, i->message.begun.s, i->message.begun.len))
		return;
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
	return !i->message.end;
}

/* weigh - more of what is to leave is known */
static void
weigh(struct inject *i, size_t octets)
{
	i->size += octets;
	if (i->size > i->set.size_max)
		quit(i, BAD_DATA, "the message is larger than --max-size",
		    NULL);
}

static struct slice
read_on(struct inject *i)
{
	struct slice piece;

	if (!message_next(&i->message, &piece))
		quit_trouble(i, i->message.trouble);
	weigh(i, piece.len);
	return piece;
}

static void
finish(struct inject *i)
{
	char text[TRACEID_TEXT + 1];

	if (!outlet_end(&i->outlet)) quit_trouble(i, i->outlet.trouble);
	if (i->set.verbose && !i->set.dry_run)
		printf("%s\n", traceid_format(text, &i->id));
}

/* One message for all, which leaves while it comes. */
static void
send_to_all(struct inject *i)
{
	struct slice piece = slice_from(i->head.s, i->head.len);

	if (!outlet_open(&i->outlet, &i->envelope, &i->id, i->set.eightbit ||
	    may_have_8bit(i, piece)))
		quit_trouble(i, i->outlet.trouble);
	for (;;) {
		if (!outlet_put(&i->outlet, piece))
			quit_trouble(i, i->outlet.trouble);
		if (i->message.end) break;
		piece = read_on(i);
	}
	finish(i);
}

/* name_him - the envelope of one recipient, its sender naming him */
static void
name_him(struct inject *i, size_t n, struct envelope *one)
{
	char text[ADDR_TEXT_MAX + 1];

	*one = i->envelope;
	one->rcpt += n;
	one->rcpts = 1;
	if (!verp_sender(&i->envelope.sender, one->rcpt, i->set.verp,
	    &one->sender)) {
		text[addr_format(one->rcpt, text)] = '\0';
		quit(i, BAD_DATA, "-XV makes too long a sender for", text);
	}
}

/* A message for each recipient (VERP). It is kept whole, for it leaves several
 * times. What the queue has taken can't be taken back when the next one fails:
 * so it is said how far we came. */
static void
send_to_each(struct inject *i)
{
	struct envelope one;
	struct slice text;
	size_t n;

	while (!i->message.end) {
		text = read_on(i);
		if (!stralloc_catb(&i->head, text.s, text.len))
			quit_sys(i, "read the message");
	}
	text = slice_from(i->head.s, i->head.len);
	for (n = 0; n < i->envelope.rcpts; n++)
		name_him(i, n, &one);
	for (n = 0; n < i->envelope.rcpts; n++) {
		name_him(i, n, &one);
		traceid_make(&i->id, clock_wall_ms());
		if (!outlet_open(&i->outlet, &one, &i->id, i->set.eightbit ||
		    may_have_8bit(i, text)) ||
		    !outlet_put(&i->outlet, text))
			quit_trouble(i, i->outlet.trouble);
		finish(i);
		i->done += !i->set.dry_run;
	}
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
	static struct inject i = { .outlet = { .set = &i.set } };
	char const *why;
	int operand;

	jail_begin();
	operand = settings_read(&i.set, argc, argv, codes[MISUSED]);
	if (i.set.mode == MODE_NOTHING) return 0;
	why = settings_check(&i.set);
	if (why) quit(&i, MISUSED, why, NULL);
	if (i.set.mode != MODE_SUBMIT) return let_another(&i, argv + operand);
	read_envelope_options(&i, argv + operand);
	if (!message_open(&i.message, 0, i.set.sendmail && !i.set.dots))
		quit_trouble(&i, i.message.trouble);
	read_recipients(&i);
	complete(&i);
	weigh(&i, i.head.len);
	if (i.set.verp)
		send_to_each(&i);
	else
		send_to_all(&i);
	outlet_close(&i.outlet);
	envelope_free(&i.envelope);
	message_close(&i.message);
	stralloc_free(&i.head);
	return 0;
}
