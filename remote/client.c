/* SPDX-License-Identifier: ISC */
/* Speaks SMTP to one host for one message; never touches a descriptor, never
 * believes what it hears. */
#include <stdio.h>
#include "remote/client.h"

static void say_ehlo(struct client *);
static void say_helo(struct client *);
static void say_mail(struct client *);
static void say_rcpt(struct client *);
static void say_data(struct client *);
static void say_dot(struct client *);
static void say_quit(struct client *);

/* Whom a refusal concerns. */
enum whom { NOBODY, THIS_ONE, ALL, ALL_FOR_NOW };

/* The dialogue. A refusal of the greeting or of HELO speaks about that host,
 * not about the mail, so even a 5xx is temporary there. A 5xx to EHLO leads to
 * HELO (RFC 5321 section 3.2). The waits are those of section 4.5.3.2. */
static struct row {
	void (*command)(struct client *);
	char expected;			/* first digit of a good reply */
	enum client_step good;		/* where that leads */
	enum whom refused;
	enum client_step bad;		/* where a refusal leads */
	unsigned wait_s;
	char const *moment;
} const rows[CLIENT_STEPS] = {
	[CLIENT_GREETING] = { NULL, '2', CLIENT_EHLO,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "before the greeting" },
	[CLIENT_EHLO] = { say_ehlo, '2', CLIENT_MAIL,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to EHLO" },
	[CLIENT_HELO] = { say_helo, '2', CLIENT_MAIL,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to HELO" },
	[CLIENT_MAIL] = { say_mail, '2', CLIENT_RCPT,
	    ALL, CLIENT_RCPT, 300, "in reply to MAIL" },
	[CLIENT_RCPT] = { say_rcpt, '2', CLIENT_RCPT,
	    THIS_ONE, CLIENT_RCPT, 300, "in reply to RCPT" },
	[CLIENT_DATA] = { say_data, '3', CLIENT_TEXT,
	    ALL, CLIENT_QUIT, 120, "in reply to DATA" },
	[CLIENT_TEXT] = { NULL, '-', CLIENT_DOT,
	    ALL, CLIENT_OVER, 180, "in the middle of the message" },
	[CLIENT_DOT] = { say_dot, '2', CLIENT_QUIT,
	    ALL, CLIENT_QUIT, 600,
	    "after the whole message: they may have it" },
	[CLIENT_QUIT] = { say_quit, '2', CLIENT_OVER,
	    NOBODY, CLIENT_OVER, 5, "in reply to QUIT" },
	[CLIENT_OVER] = { NULL, '-', CLIENT_OVER,
	    NOBODY, CLIENT_OVER, 5, "after QUIT" },
};

/* Places */

static bool
same_place(struct client_place a, struct client_place b)
{
	return a.step == b.step && a.rcpt == b.rcpt;
}

/* MAIL to DATA: these may be sent without waiting for replies (RFC 2920). */
static bool
in_group(struct client_place p)
{
	return p.step >= CLIENT_MAIL && p.step <= CLIENT_DATA;
}

/* The place behind p if all goes well. The group's commands follow one another
 * whatever is replied: what was said ahead must be heard to its end. */
static struct client_place
follow(struct client const *c, struct client_place p)
{
	size_t i = p.step == CLIENT_RCPT ? p.rcpt + 1 : 0;

	if (p.step != CLIENT_MAIL && p.step != CLIENT_RCPT)
		return (struct client_place){ .step = rows[p.step].good };
	while (i < c->order.rcpts && c->bad[i])
		i++;
	if (i == c->order.rcpts)
		return (struct client_place){ .step = CLIENT_DATA };
	return (struct client_place){ .step = CLIENT_RCPT, .rcpt = i };
}

/* Both cursors move: nothing that was said is without a reply. */
static void
go(struct client *c, enum client_step step)
{
	c->say = c->hear = (struct client_place){ .step = step };
	if (step == CLIENT_OVER) c->over = true;
}

/* Results */

/* The result for all in this range that have none yet. */
static void
decide(struct client *c, enum verdict verdict, size_t from, size_t end)
{
	size_t i;

	c->result.verdict = verdict;
	for (i = from; i < end; i++) {
		if (c->rcpt[i] != CLIENT_RCPT_OPEN) continue;
		c->rcpt[i] = CLIENT_RCPT_DUE;
		c->open--;
		c->due++;
	}
}

/* By the reply just heard. */
static void
decide_by_reply(struct client *c, enum verdict verdict, size_t from,
    size_t end)
{
	static char const class[VERDICTS] = { '2', '4', '5' };

	reply_status(&c->reply, class[verdict], c->result.status);
	c->result.words = reply_words(&c->reply);
	decide(c, verdict, from, end);
}

/* By ourselves; what is said stands in c->words. */
static void
decide_by_us(struct client *c, enum verdict verdict, char const *status,
    size_t from, size_t end)
{
	snprintf(c->result.status, sizeof c->result.status, "%s", status);
	c->result.words = slice_of(c->words);
	decide(c, verdict, from, end);
}

/* Where the dialogue stands, in words. Until the end mark is out they can't
 * have the message. */
static char const *
moment(struct client const *c)
{
	bool unsent = c->hear.step == CLIENT_DOT && !c->unanswered;

	return rows[unsent ? CLIENT_TEXT : c->hear.step].moment;
}

void
client_end(struct client *c, enum verdict verdict, char const *status,
    char const *words)
{
	snprintf(c->words, sizeof c->words, "%s", words);
	decide_by_us(c, verdict, status, 0, c->order.rcpts);
	go(c, CLIENT_OVER);
}

void
client_lost(struct client *c, char const *reason)
{
	char words[sizeof c->words];

	snprintf(words, sizeof words, "%s %s", reason, moment(c));
	client_end(c, VERDICT_TEMP, "4.4.2", words);
}

/* What came isn't SMTP, or not here: nothing after it can be believed. */
static void
lose_protocol(struct client *c, char const *what)
{
	char words[sizeof c->words];

	snprintf(words, sizeof words, "not SMTP: %s %s", what, moment(c));
	client_end(c, VERDICT_TEMP, "4.5.0", words);
}

static bool
next_result(struct client *c)
{
	size_t i;

	for (i = 0; c->due; i++) {
		if (c->rcpt[i] != CLIENT_RCPT_DUE) continue;
		c->rcpt[i] = CLIENT_RCPT_TOLD;
		c->due--;
		c->result.rcpt = i;
		return true;
	}
	return false;
}

/* What we say */

static void
put(struct client *c, struct slice text)
{
	memcpy(c->out + c->out_len, text.s, text.len);
	c->out_len += text.len;
}

static void
put_path(struct client *c, struct slice mailbox)
{
	struct addr a;

	/* formatted anew: what goes out is what was checked */
	if (mailbox.len && addr_parse(&a, mailbox))
		c->out_len += addr_format(&a, c->out + c->out_len);
}

static void
say_hello(struct client *c, struct slice verb)
{
	put(c, verb);
	put(c, c->order.hostname);
	put(c, SLICE("\r\n"));
}

static void
say_ehlo(struct client *c)
{
	say_hello(c, SLICE("EHLO "));
}

static void
say_helo(struct client *c)
{
	say_hello(c, SLICE("HELO "));
}

/* Where 8BITMIME isn't offered, 8-bit text is sent as it is: nearly all hosts
 * pass it on, and a message must not change on its way. */
static void
say_mail(struct client *c)
{
	char size[32];

	put(c, SLICE("MAIL FROM:<"));
	put_path(c, c->order.sender);
	put(c, SLICE(">"));
	if (c->size) {
		snprintf(size, sizeof size, " SIZE=%llu",
		    (unsigned long long)c->order.size);
		put(c, slice_of(size));
	}
	if (c->eightbitmime && c->order.eightbit)
		put(c, SLICE(" BODY=8BITMIME"));
	put(c, SLICE("\r\n"));
}

static void
say_rcpt(struct client *c)
{
	put(c, SLICE("RCPT TO:<"));
	put_path(c, c->order.rcpt[c->say.rcpt]);
	put(c, SLICE(">\r\n"));
}

static void
say_data(struct client *c)
{
	put(c, SLICE("DATA\r\n"));
}

static void
say_dot(struct client *c)
{
	c->out_len += body_send_end(&c->body, c->out + c->out_len);
}

static void
say_quit(struct client *c)
{
	put(c, SLICE("QUIT\r\n"));
}

static bool
may_say(struct client const *c)
{
	if (!rows[c->say.step].command) return false;
	if (sizeof c->out - c->out_len < CLIENT_COMMAND_MAX) return false;
	if (same_place(c->say, c->hear)) return true;
	return c->pipelining && c->open && in_group(c->hear) &&
	    in_group(c->say);
}

enum client_do
client_next(struct client *c, struct slice *view)
{
	if (next_result(c)) return CLIENT_RESULT;
	if (c->over) return CLIENT_CLOSE;
	while (may_say(c)) {
		rows[c->say.step].command(c);
		c->say = follow(c, c->say);
	}
	if (c->out_at < c->out_len) {
		*view = slice_from(c->out + c->out_at, c->out_len - c->out_at);
		return CLIENT_SEND;
	}
	return c->hear.step == CLIENT_TEXT ? CLIENT_BODY : CLIENT_READ;
}

/* Commands hold one LF each, so LFs sent are commands sent. */
void
client_sent(struct client *c, size_t n)
{
	struct slice sent = slice_from(c->out + c->out_at, n);
	bool drained = c->out_at + n == c->out_len;

	if (client_in_text(c)) {
		if (drained && c->hear.step == CLIENT_DOT) c->unanswered = 1;
	} else {
		while (slice_find(sent, '\n') < sent.len) {
			sent = slice_skip(sent, slice_find(sent, '\n') + 1);
			c->unanswered++;
		}
	}
	c->out_at += n;
	if (!drained) return;
	c->out_at = c->out_len = 0;
	c->turn++;
}

static bool
has_bare(struct client *c, struct slice piece)
{
	size_t i;

	for (i = 0; i < piece.len; i++) {
		if (c->cr != (piece.s[i] == '\n')) return true;
		c->cr = piece.s[i] == '\r';
	}
	return c->cr && c->taken == c->order.size;
}

void
client_body(struct client *c, struct slice piece)
{
	c->taken += piece.len;
	if (has_bare(c, piece)) {
		client_end(c, VERDICT_PERM, "5.6.0",
		    "the message holds a bare CR or LF");
		return;
	}
	c->out_len += body_send(&c->body, piece, c->out + c->out_len);
	if (c->taken == c->order.size) go(c, CLIENT_DOT);
}

/* What we hear */

static void
take_offer(struct client *c, struct slice line)
{
	struct slice keyword = slice_word(&line), argument = slice_word(&line);
	unsigned long long most;

	if (slice_is_nocase(keyword, "PIPELINING")) c->pipelining = true;
	if (slice_is_nocase(keyword, "8BITMIME")) c->eightbitmime = true;
	if (!slice_is_nocase(keyword, "SIZE")) return;
	c->size = true;
	if (slice_number(argument, UINT64_MAX, &most)) c->size_max = most;
}

static bool
is_too_large(struct client const *c)
{
	return c->size_max && c->order.size > c->size_max;
}

/* Where a good reply leads. */
static enum client_step
granted(struct client *c)
{
	switch (c->hear.step) {
	case CLIENT_EHLO:
		if (!is_too_large(c)) break;
		snprintf(c->words, sizeof c->words,
		    "%llu octets are more than the %llu they take",
		    (unsigned long long)c->order.size,
		    (unsigned long long)c->size_max);
		decide_by_us(c, VERDICT_PERM, "5.3.4", 0, c->order.rcpts);
		return CLIENT_QUIT;
	case CLIENT_DATA:
		/* With all recipients refused and DATA sent ahead, the end mark
		 * alone must follow (RFC 2920 section 3.1). */
		if (!c->open || !c->order.size) return CLIENT_DOT;
		break;
	case CLIENT_DOT:
		decide_by_reply(c, VERDICT_OK, 0, c->order.rcpts);
		break;
	default:
		break;
	}
	return rows[c->hear.step].good;
}

/* Where a refusal leads. */
static enum client_step
refused(struct client *c, enum verdict verdict)
{
	struct row const *row = &rows[c->hear.step];
	bool one = row->refused == THIS_ONE;

	if (c->hear.step == CLIENT_EHLO && verdict == VERDICT_PERM)
		return CLIENT_HELO;
	if (row->refused == ALL_FOR_NOW) verdict = VERDICT_TEMP;
	if (row->refused != NOBODY)
		decide_by_reply(c, verdict, one ? c->hear.rcpt : 0,
		    one ? c->hear.rcpt + 1 : c->order.rcpts);
	return row->bad;
}

/* MAIL and RCPT: what was said ahead is heard to its end, whatever the
 * replies. When nothing is left to hear and nobody to deliver to, that was
 * it. */
static void
go_on(struct client *c, enum client_step step)
{
	if (step != CLIENT_RCPT) {
		go(c, step);
		return;
	}
	c->hear = follow(c, c->hear);
	if (!c->open && same_place(c->say, c->hear)) go(c, CLIENT_QUIT);
}

static void
take_reply(struct client *c)
{
	char class = (char)('0' + c->reply.code / 100);
	enum verdict verdict = class == '4' ? VERDICT_TEMP : VERDICT_PERM;
	char what[32];

	/* They are closing (RFC 5321 section 3.8), asked or not; or they have
	 * had enough of the message before its end. */
	if (c->reply.code == 421 ||
	    (c->hear.step == CLIENT_TEXT && class >= '4')) {
		decide_by_reply(c, verdict, 0, c->order.rcpts);
		go(c, CLIENT_OVER);
		return;
	}
	if (c->unanswered && class == rows[c->hear.step].expected) {
		c->unanswered--;
		go_on(c, granted(c));
	} else if (c->unanswered && class >= '4') {
		c->unanswered--;
		go_on(c, refused(c, verdict));
	} else {
		snprintf(what, sizeof what, "an unexpected %u", c->reply.code);
		lose_protocol(c, what);
	}
}

size_t
client_feed(struct client *c, struct slice in)
{
	size_t len = in.len;

	if (c->due) return 0;
	if (c->over) return len;
	while (in.len) {
		enum reply_got got = reply_feed(&c->reply, &in);

		if (got == REPLY_MORE) break;
		if (got == REPLY_BAD) {
			lose_protocol(c, c->reply.why);
			return len;
		}
		/* the first line names the host, each other one an offer */
		if (c->hear.step == CLIENT_EHLO && c->reply.code == 250 &&
		    c->reply.lines > 1)
			take_offer(c, reply_line(&c->reply));
		if (got == REPLY_LINE) continue;
		c->turn++;
		take_reply(c);
		break;
	}
	return len - in.len;
}

/* From outside */

void
client_start(struct client *c, struct client_order const *order)
{
	struct addr a;
	size_t i;

	memset(c, 0, offsetof(struct client, out));
	c->order = *order;
	c->open = order->rcpts;
	c->say.step = CLIENT_EHLO;
	c->unanswered = 1;
	if (order->sender.len && !addr_parse(&a, order->sender)) {
		client_end(c, VERDICT_PERM, "5.1.7",
		    "the sender is no address");
		return;
	}
	snprintf(c->words, sizeof c->words, "no address");
	for (i = 0; i < order->rcpts; i++) {
		c->bad[i] = !addr_parse(&a, order->rcpt[i]);
		if (c->bad[i]) decide_by_us(c, VERDICT_PERM, "5.1.3", i, i + 1);
	}
	if (!c->open) go(c, CLIENT_OVER);
}

unsigned
client_wait_s(struct client const *c)
{
	return rows[c->hear.step].wait_s;
}

bool
client_in_text(struct client const *c)
{
	return c->hear.step == CLIENT_TEXT || c->hear.step == CLIENT_DOT;
}

bool
client_committed(struct client const *c)
{
	return c->hear.step == CLIENT_DOT && c->unanswered;
}
