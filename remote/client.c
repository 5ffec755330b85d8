/* SPDX-License-Identifier: ISC */
/* Speaks SMTP to one host; never touches a descriptor, never believes what it
 * hears. */
#include <stdio.h>
#include "remote/outcome.h"
#include "remote/say.h"

/* Whom a refusal concerns. */
enum whom { NOBODY, THIS_ONE, THESE, ALL, ALL_FOR_NOW };

/* The dialogue. A refusal of the greeting, of HELO, TLS or the login speaks
 * about that host or about us, not about the mail, so even a 5xx is temporary
 * there. The waits are those of RFC 5321 section 4.5.3.2. Where a good reply
 * leads is said by granted(), if it depends on more than the step. */
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
	[CLIENT_STARTTLS] = { say_starttls, '2', CLIENT_TLS,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to STARTTLS" },
	[CLIENT_TLS] = { NULL, '-', CLIENT_EHLO,
	    ALL_FOR_NOW, CLIENT_OVER, 120, "in the TLS handshake" },
	[CLIENT_AUTH] = { say_auth, '2', CLIENT_MAIL,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to AUTH" },
	[CLIENT_READY] = { NULL, '-', CLIENT_MAIL,
	    ALL, CLIENT_OVER, 300, "before MAIL" },
	[CLIENT_SCAN] = { NULL, '-', CLIENT_MAIL,
	    ALL, CLIENT_OVER, 300, "before MAIL" },
	[CLIENT_MAIL] = { say_mail, '2', CLIENT_RCPT,
	    ALL, CLIENT_RCPT, 300, "in reply to MAIL" },
	[CLIENT_RCPT] = { say_rcpt, '2', CLIENT_RCPT,
	    THIS_ONE, CLIENT_RCPT, 300, "in reply to RCPT" },
	[CLIENT_DATA] = { say_data, '3', CLIENT_TEXT,
	    THESE, CLIENT_RSET, 120, "in reply to DATA" },
	[CLIENT_TEXT] = { NULL, '-', CLIENT_DOT,
	    ALL, CLIENT_OVER, 180, "in the middle of the message" },
	[CLIENT_DOT] = { say_dot, '2', CLIENT_IDLE,
	    THESE, CLIENT_IDLE, 600,
	    "after the whole message: they may have it" },
	[CLIENT_RSET] = { say_rset, '2', CLIENT_IDLE,
	    ALL_FOR_NOW, CLIENT_QUIT, 300, "in reply to RSET" },
	[CLIENT_IDLE] = { NULL, '-', CLIENT_QUIT,
	    NOBODY, CLIENT_OVER, 300, "between messages" },
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
	size_t i = p.step == CLIENT_RCPT ? p.rcpt + 1 : c->first;

	if (p.step != CLIENT_MAIL && p.step != CLIENT_RCPT)
		return (struct client_place){ .step = rows[p.step].good };
	while (i < c->end && c->bad[i])
		i++;
	if (i == c->end) return (struct client_place){ .step = CLIENT_DATA };
	return (struct client_place){ .step = CLIENT_RCPT, .rcpt = i };
}

/* Both cursors move: nothing that was said is without a reply. */
static void
go(struct client *c, enum client_step step)
{
	c->say = c->hear = (struct client_place){ .step = step };
	if (step == CLIENT_OVER) c->over = true;
}

/* Giving up */

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
	outcome_by_us(c, verdict, status, 0, c->order.rcpts);
	go(c, CLIENT_OVER);
}

void
client_lost(struct client *c, char const *reason)
{
	char words[sizeof c->words];

	snprintf(words, sizeof words, "%s %s", reason, moment(c));
	c->gone = true;
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

/* What they lack decides for everyone; the connection is of no use. */
static enum client_step
turn_away(struct client *c, enum verdict verdict, char const *status,
    char const *words)
{
	snprintf(c->words, sizeof c->words, "%s", words);
	outcome_by_us(c, verdict, status, 0, c->order.rcpts);
	return CLIENT_QUIT;
}

/* From hello to MAIL, and from one transaction to the next */

static bool
is_too_large(struct client const *c)
{
	return c->offer.size_max && c->order.size > c->offer.size_max;
}

/* The recipients that are left, as many as they take in one transaction. */
static enum client_step
begin_mail(struct client *c)
{
	unsigned most = c->offer.rcpts_max, n = 0;

	if (c->offer.mails_max && c->mails >= c->offer.mails_max)
		return turn_away(c, VERDICT_TEMP, "4.5.3",
		    "they take no more on this connection");
	c->first = c->end;
	while (c->end < c->order.rcpts && (!most || n < most))
		n += !c->bad[c->end++];
	c->taken = 0;
	c->cr = false;
	c->body = (struct body_send){ .state = 0 };
	return CLIENT_MAIL;
}

/* This message is done with; clean: they don't remember a part of it. */
static enum client_step
finished(struct client *c, bool clean)
{
	if (!c->open && !c->order.keep) return CLIENT_QUIT;
	if (!clean) return CLIENT_RSET;
	if (c->open) return CLIENT_READY;
	return c->offer.mails_max && c->mails >= c->offer.mails_max ?
	    CLIENT_QUIT : CLIENT_IDLE;
}

static bool
is_ascii(struct slice mailbox)
{
	struct addr a;

	return !mailbox.len || !addr_parse(&a, mailbox) || addr_is_ascii(&a);
}

/* Addresses that need SMTPUTF8 (RFC 6531 section 3.2) are not told to a host
 * without it. */
static void
leave_out_utf8(struct client *c)
{
	size_t i;

	snprintf(c->words, sizeof c->words,
	    "the address needs SMTPUTF8, which they don't offer");
	for (i = 0; i < c->order.rcpts; i++) {
		if (is_ascii(c->order.rcpt[i])) continue;
		c->bad[i] = true;
		outcome_by_us(c, VERDICT_PERM, "5.6.7", i, i + 1);
	}
}

/* A 7-bit host must not be given 8-bit text (RFC 6152 section 3), nor one
 * without SMTPUTF8 a header that needs it (RFC 6531 section 3.2). Whether the
 * text is such, its octets say; what the sender declared may be wrong. */
static enum client_step
before_mail(struct client *c)
{
	char words[sizeof c->words];

	c->first = c->end = 0;
	if (is_too_large(c)) {
		snprintf(words, sizeof words,
		    "%llu octets are more than the %llu they take",
		    (unsigned long long)c->order.size,
		    (unsigned long long)c->offer.size_max);
		return turn_away(c, VERDICT_PERM, "5.3.4", words);
	}
	if (c->utf8 && !c->offer.smtputf8) {
		if (!is_ascii(c->order.sender))
			return turn_away(c, VERDICT_PERM, "5.6.7", "the sender "
			    "needs SMTPUTF8, which they don't offer");
		leave_out_utf8(c);
		if (!c->open) return finished(c, true);
	}
	if (c->order.size && (!c->offer.eightbitmime ||
	    (c->utf8 && !c->offer.smtputf8))) {
		c->taken = 0;
		c->in_body = false;
		c->header_end = 2;	/* a header may be empty */
		return CLIENT_SCAN;
	}
	return begin_mail(c);
}

static enum client_step
before_login(struct client *c)
{
	if (!c->order.login) return before_mail(c);
	if (!c->secure && !c->order.clear_login)
		return turn_away(c, VERDICT_TEMP, "4.7.0", "no password is "
		    "said to them, for the connection is not encrypted");
	c->mechanism = login_choose(c->order.login, c->offer.mechanisms,
	    c->secure);
	if (c->mechanism == LOGIN_MECHANISMS)
		return turn_away(c, VERDICT_TEMP, "4.7.0",
		    "they offer no way to log in that we know");
	return CLIENT_AUTH;
}

static enum client_step
after_hello(struct client *c)
{
	if (c->secure || c->order.tls == CLIENT_TLS_NONE)
		return before_login(c);
	if (c->offer.starttls) return CLIENT_STARTTLS;
	if (c->order.tls == CLIENT_TLS_MAY) return before_login(c);
	return turn_away(c, VERDICT_TEMP, "4.7.0",
	    "TLS is demanded here and not offered there");
}

/* What we say */

static bool
may_say(struct client const *c)
{
	if (!rows[c->say.step].command) return false;
	if (sizeof c->out - c->out_len < CLIENT_COMMAND_MAX) return false;
	if (same_place(c->say, c->hear)) return true;
	return c->offer.pipelining && in_group(c->hear) && in_group(c->say) &&
	    outcome_open(c);
}

enum client_do
client_next(struct client *c, struct slice *view)
{
	if (outcome_next(c)) return CLIENT_RESULT;
	if (c->hear.step == CLIENT_READY) {
		go(c, c->end ? begin_mail(c) : before_mail(c));
		if (outcome_next(c)) return CLIENT_RESULT;
	}
	if (c->over) return CLIENT_CLOSE;
	while (may_say(c)) {
		rows[c->say.step].command(c);
		c->say = follow(c, c->say);
	}
	if (c->out_at < c->out_len) {
		*view = slice_from(c->out + c->out_at, c->out_len - c->out_at);
		return CLIENT_SEND;
	}
	switch (c->hear.step) {
	case CLIENT_SCAN:
	case CLIENT_TEXT:
		return CLIENT_BODY;
	case CLIENT_TLS:
		return CLIENT_SECURE;
	case CLIENT_IDLE:
		return CLIENT_FREE;
	default:
		return CLIENT_READ;
	}
}

/* Commands hold one LF each, so LFs sent are commands sent. */
void
client_sent(struct client *c, size_t n)
{
	struct slice sent = slice_from(c->out + c->out_at, n);
	bool drained = c->out_at + n == c->out_len;

	if (client_in_text(c)) {
		if (drained && c->hear.step == CLIENT_DOT)
			c->unanswered = c->order.lmtp ? outcome_open(c) : 1;
	} else {
		while (slice_find(sent, '\n') < sent.len) {
			sent = slice_skip(sent, slice_find(sent, '\n') + 1);
			c->unanswered++;
		}
	}
	if (client_in_login(c)) explicit_bzero(c->out + c->out_at, n);
	c->out_at += n;
	if (!drained) return;
	c->out_at = c->out_len = 0;
	c->turn++;
}

/* The message */

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

/* Looks for 8-bit octets; the header ends with CRLF CRLF. */
static void
scan(struct client *c, struct slice piece)
{
	static char const end[] = "\r\n\r\n";
	size_t i;

	for (i = 0; i < piece.len; i++) {
		bool eightbit = (unsigned char)piece.s[i] >= 0x80;

		if (eightbit && !c->in_body && c->utf8 &&
		    !c->offer.smtputf8) {
			go(c, turn_away(c, VERDICT_PERM, "5.6.7", "the header "
			    "needs SMTPUTF8, which they don't offer"));
			return;
		}
		if (eightbit && !c->offer.eightbitmime) {
			go(c, turn_away(c, VERDICT_PERM, "5.6.3", "it is 8-bit "
			    "text, and they don't offer 8BITMIME"));
			return;
		}
		if (piece.s[i] == end[c->header_end])
			c->header_end++;
		else
			c->header_end = piece.s[i] == '\r';
		if (c->header_end < 4) continue;
		c->in_body = true;
		c->header_end = 0;
	}
	if (c->taken == c->order.size ||
	    (c->in_body && c->offer.eightbitmime))
		go(c, begin_mail(c));
}

void
client_body(struct client *c, struct slice piece)
{
	c->taken += piece.len;
	if (c->hear.step == CLIENT_SCAN) {
		scan(c, piece);
		return;
	}
	if (has_bare(c, piece)) {
		client_end(c, VERDICT_PERM, "5.6.0",
		    "the message holds a bare CR or LF");
		return;
	}
	c->out_len += body_send(&c->body, piece, c->out + c->out_len);
	if (c->taken == c->order.size) go(c, CLIENT_DOT);
}

/* What we hear */

/* Each recipient has a reply of his own in LMTP (RFC 2033 section 4.2). */
static enum client_step
heard_dot(struct client *c, enum verdict verdict)
{
	while (c->order.lmtp && c->rcpt[c->dot] != CLIENT_RCPT_OPEN)
		c->dot++;
	outcome_by_reply(c, verdict, c->order.lmtp ? c->dot : c->first,
	    c->order.lmtp ? c->dot + 1 : c->end);
	return outcome_open(c) ? CLIENT_DOT : finished(c, true);
}

/* Where a good reply leads. */
static enum client_step
granted(struct client *c)
{
	switch (c->hear.step) {
	case CLIENT_EHLO:
	case CLIENT_HELO:
		return after_hello(c);
	case CLIENT_AUTH:
		return before_mail(c);
	case CLIENT_DATA:
		/* With all recipients refused and DATA sent ahead, the end mark
		 * alone must follow (RFC 2920 section 3.1). In LMTP nobody
		 * would reply to it. */
		c->dot = c->first;
		if (!outcome_open(c) && c->order.lmtp) return CLIENT_OVER;
		if (!outcome_open(c) || !c->order.size) return CLIENT_DOT;
		break;
	case CLIENT_DOT:
		return heard_dot(c, VERDICT_OK);
	case CLIENT_RSET:
		return finished(c, true);
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
	size_t from = 0, end = c->order.rcpts;

	/* RFC 5321 section 3.2 */
	if (c->hear.step == CLIENT_EHLO && verdict == VERDICT_PERM &&
	    !c->order.lmtp)
		return CLIENT_HELO;
	if (c->hear.step == CLIENT_STARTTLS && c->order.tls == CLIENT_TLS_MAY)
		return before_login(c);
	if (c->hear.step == CLIENT_DOT) return heard_dot(c, verdict);
	if (row->refused == ALL_FOR_NOW) verdict = VERDICT_TEMP;
	if (row->refused == THIS_ONE) {
		from = c->hear.rcpt;
		end = from + 1;
	} else if (row->refused == THESE) {
		from = c->first;
		end = c->end;
	}
	if (row->refused != NOBODY) outcome_by_reply(c, verdict, from, end);
	return row->bad == CLIENT_RSET ? finished(c, false) : row->bad;
}

/* MAIL and RCPT: what was said ahead is heard to its end, whatever the
 * replies. When nothing is left to hear and nobody to deliver to, that was
 * it. LMTP's last replies come without a command. */
static void
go_on(struct client *c, enum client_step step)
{
	if (step == CLIENT_DOT && c->hear.step == CLIENT_DOT) return;
	if (step != CLIENT_RCPT) {
		go(c, step);
		return;
	}
	c->hear = follow(c, c->hear);
	if (!outcome_open(c) && same_place(c->say, c->hear))
		go(c, finished(c, false));
}

/* A challenge: the dialogue of AUTH goes on (RFC 4954 section 4). */
static bool
take_challenge(struct client *c)
{
	if (c->hear.step != CLIENT_AUTH || c->reply.code != 334 ||
	    !c->unanswered)
		return false;
	c->unanswered--;
	if (!say_more(c)) lose_protocol(c, "a challenge too many");
	return true;
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
		c->gone = true;
		outcome_by_reply(c, verdict, 0, c->order.rcpts);
		go(c, CLIENT_OVER);
		return;
	}
	if (take_challenge(c)) return;
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
	/* whoever could put words between STARTTLS and the handshake would be
	 * believed as if he had said them after it (RFC 3207 section 4.2) */
	if (c->hear.step == CLIENT_TLS && len) {
		lose_protocol(c, "words");
		return len;
	}
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
			offer_take(&c->offer, reply_line(&c->reply));
		if (got == REPLY_LINE) continue;
		c->turn++;
		take_reply(c);
		break;
	}
	return len - in.len;
}

/* From outside */

static void
take_order(struct client *c, struct client_order const *order)
{
	struct addr a;
	size_t i;

	c->order = *order;
	c->utf8 = order->utf8 || !is_ascii(order->sender);
	for (i = 0; i < order->rcpts; i++)
		c->utf8 |= !is_ascii(order->rcpt[i]);
	c->open = order->rcpts;
	c->due = c->first = c->end = 0;
	memset(c->rcpt, 0, sizeof c->rcpt);
	if (order->sender.len && !addr_parse(&a, order->sender)) {
		client_end(c, VERDICT_PERM, "5.1.7",
		    "the sender is no address");
		return;
	}
	snprintf(c->words, sizeof c->words, "no address");
	for (i = 0; i < order->rcpts; i++) {
		c->bad[i] = !addr_parse(&a, order->rcpt[i]);
		if (c->bad[i])
			outcome_by_us(c, VERDICT_PERM, "5.1.3", i, i + 1);
	}
	if (!c->open) go(c, CLIENT_OVER);
}

void
client_start(struct client *c, struct client_order const *order, bool secure)
{
	memset(c, 0, offsetof(struct client, out));
	c->secure = secure;
	c->say.step = CLIENT_EHLO;
	c->unanswered = 1;
	take_order(c, order);
}

void
client_again(struct client *c, struct client_order const *order)
{
	struct client_order kept = c->order, next = *order;

	next.hostname = kept.hostname;
	next.lmtp = kept.lmtp;
	next.tls = kept.tls;
	next.login = kept.login;
	c->turn++;
	take_order(c, &next);
	if (!c->over) go(c, CLIENT_READY);
}

void
client_quit(struct client *c)
{
	go(c, CLIENT_QUIT);
	c->turn++;
}

void
client_secured(struct client *c)
{
	c->secure = true;
	c->offer = (struct offer){ .size_max = 0 };
	memset(&c->reply, 0, sizeof c->reply);
	c->turn++;
	go(c, CLIENT_EHLO);
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
client_in_login(struct client const *c)
{
	return c->hear.step == CLIENT_AUTH;
}

bool
client_committed(struct client const *c)
{
	return c->hear.step == CLIENT_DOT && c->unanswered;
}

bool
client_is_settled(struct client const *c)
{
	return !c->open && !c->due;
}
