/* SPDX-License-Identifier: ISC */
/* Writes reports; believes no octet of what it reports. */
#include <stdio.h>
#include "common/date.h"
#include "common/deliver.h"
#include "common/utf8.h"
#include "send/bounce.h"

enum {
	FOLD = 76,
	REFERENCE_MAX = 250	/* octets of a Message-ID that is repeated */
};

/* A report under construction; failed sticks. */
struct page {
	stralloc *out;
	bool utf8;	/* bounce_is_utf8 */
	bool failed;
};

/* How each action is told. Who stands behind an address that expands is not the
 * sender's to know. */
static struct {
	char const *name, *status, *subject, *words;
} const actions[BOUNCE_ACTIONS] = {
	[BOUNCE_FAILED] = { "failed", "5.0.0",
	    "Your mail could not be delivered",
	    "Your mail could not be delivered to the following recipients. It "
	    "will\r\nnot be tried again.\r\n" },
	[BOUNCE_DELAYED] = { "delayed", "4.0.0",
	    "Your mail has not been delivered yet",
	    "Your mail has not been delivered to the following recipients yet. "
	    "It\r\nwill be tried again: you need not send it once more.\r\n" },
	[BOUNCE_RELAYED] = { "relayed", "2.0.0",
	    "Your mail has been passed on",
	    "Your mail to the following recipients has been passed on to mail "
	    "servers\r\nthat do not report whether they deliver it.\r\n" },
	[BOUNCE_EXPANDED] = { "expanded", "2.0.0",
	    "Your mail has been passed on",
	    "Your mail to the following recipients goes to all for whom these "
	    "addresses\r\nstand. Nothing will be reported about them.\r\n" },
	[BOUNCE_DELIVERED] = { "delivered", "2.0.0",
	    "Your mail has been delivered",
	    "Your mail has been delivered to the following recipients.\r\n" },
};

static void
put(struct page *p, struct slice s)
{
	if (!stralloc_catb(p->out, s.s, s.len)) p->failed = true;
}

static void
put_cstr(struct page *p, char const *s)
{
	put(p, slice_of(s));
}

/* Foreign words on lines of their own: printable, at most FOLD octets each,
 * every line but the first behind indent. */
static void
put_words(struct page *p, struct slice words, char const *indent)
{
	size_t i, column = 0;
	bool fold = false;

	if (words.len > BOUNCE_WORDS_MAX) words.len = BOUNCE_WORDS_MAX;
	for (i = 0; i < words.len; i++) {
		char c = words.s[i];

		/* one line end, however many there are, and none at the end */
		if (c == '\r' || c == '\n' || (c == ' ' &&
		    (fold || !column || column >= FOLD))) {
			fold = column > 0;
			continue;
		}
		if (fold || column >= 3 * FOLD) {
			put_cstr(p, "\r\n");
			put_cstr(p, indent);
			fold = false;
			column = 0;
		}
		if (c < ' ' || c > '~') c = '?';
		put(p, slice_from(&c, 1));
		column++;
	}
}

static void
put_date(struct page *p, int64_t wall_s)
{
	char date[DATE822_TEXT + 1];

	put_cstr(p, date822(date, wall_s));
	put_cstr(p, "\r\n");
}

static void
put_id(struct page *p, struct traceid const *id)
{
	char text[TRACEID_TEXT + 1];

	put_cstr(p, traceid_format(text, id));
}

static void
put_boundary(struct page *p, struct bounce const *b, char const *end)
{
	put_cstr(p, "\r\n--=_");
	put_id(p, &b->id);
	put_cstr(p, end);
}

/* Addresses */

/* One character that isn't ASCII, as RFC 6533 section 3 writes it in seven
 * bits; so does it what can't stand for itself beside such. */
static void
put_embedded(struct page *p, uint32_t point)
{
	char text[16];

	snprintf(text, sizeof text, "\\x{%02X}", (unsigned)point);
	put_cstr(p, text);
}

/* As UTF-8 where that may be. What is no character, or one for terminals
 * alone, is no part of any address. */
static void
put_address(struct page *p, struct slice address)
{
	bool ascii = utf8_is_ascii(address);

	while (address.len) {
		uint32_t point;
		size_t n = utf8_take(address, &point);

		if (!n || utf8_is_control(point)) {
			put_cstr(p, "?");
			n = n ? n : 1;
		} else if (ascii || p->utf8 || (point > ' ' && point < 127 &&
		    !strchr("+=\\", (int)point))) {
			put(p, slice_from(address.s, n));
		} else {
			put_embedded(p, point);
		}
		address = slice_skip(address, n);
	}
}

static void
put_typed(struct page *p, struct slice type, struct slice address)
{
	put(p, type);
	put_cstr(p, "; ");
	put_address(p, address);
}

static void
put_final(struct page *p, struct slice address)
{
	put_typed(p, utf8_is_ascii(address) ? SLICE("rfc822") :
	    SLICE("utf-8"), address);
}

/* What comes back */

static bool
has(struct bounce const *b, enum bounce_action action)
{
	size_t i;

	for (i = 0; i < b->rcpts; i++)
		if (b->rcpt[i].action == action) return true;
	return false;
}

/* RFC 3461 sections 4.3 and 6.2 */
static bool
returns_whole(struct bounce const *b)
{
	return b->whole && b->ret != RET_HDRS && has(b, BOUNCE_FAILED);
}

static struct slice
returned(struct bounce const *b)
{
	return returns_whole(b) ? b->text : bounce_header(b->text);
}

/* It is a message of RFC 6532. */
static bool
returns_global(struct bounce const *b)
{
	return b->utf8 && !utf8_is_ascii(bounce_header(b->text));
}

struct slice
bounce_header(struct slice text)
{
	size_t n = 0;

	while (n < text.len) {
		size_t line = slice_find(slice_skip(text, n), '\n') + 1;

		if (n + line > BOUNCE_HEADER_MAX || n + line > text.len) break;
		n += line;
		if (line <= 2) break; /* the empty line */
	}
	return slice_from(text.s, n);
}

static bool
rcpt_is_ascii(struct bounce_rcpt const *r)
{
	char out[ORCPT_MAX];
	struct slice type;
	size_t len;

	if (!utf8_is_ascii(r->address)) return false;
	return !dsn_orcpt_decode(r->orcpt, &type, out, &len) ||
	    utf8_is_ascii(slice_from(out, len));
}

bool
bounce_is_utf8(struct bounce const *b)
{
	size_t i;

	if (!utf8_is_ascii(b->to)) return true;
	if (!b->utf8) return false;
	for (i = 0; i < b->rcpts; i++)
		if (!rcpt_is_ascii(&b->rcpt[i])) return true;
	return returns_global(b);
}

bool
bounce_is_eightbit(struct bounce const *b)
{
	return bounce_is_utf8(b) || !utf8_is_ascii(returned(b));
}

/* The header of the report */

/* The next header field, with its folded lines and without the last CRLF. */
static bool
take_field(struct slice *header, struct slice *field)
{
	struct slice line, start = *header;

	if (!slice_line(header, &line) || !line.len) return false;
	while (header->len && (*header->s == ' ' || *header->s == '\t'))
		slice_line(header, &line);
	*field = slice_from(start.s, (size_t)(line.s + line.len - start.s));
	return true;
}

static bool
is_reference(struct slice id)
{
	size_t i;

	if (id.len < 3 || id.len > REFERENCE_MAX || *id.s != '<') return false;
	for (i = 1; i + 1 < id.len; i++)
		if (id.s[i] <= ' ' || id.s[i] > '~' || id.s[i] == '<' ||
		    id.s[i] == '>')
			return false;
	return id.s[i] == '>';
}

/* The Message-ID of the mail, when it is one that can be repeated. */
static struct slice
reference(struct bounce const *b)
{
	struct slice header = bounce_header(b->text), field;
	static char const name[] = "Message-ID:";

	while (take_field(&header, &field)) {
		if (!slice_starts_nocase(field, name)) continue;
		field = slice_skip(field, sizeof name - 1);
		while (field.len && strchr(" \t\r\n", *field.s) && *field.s)
			field = slice_skip(field, 1);
		while (field.len && strchr(" \t", field.s[field.len - 1]) &&
		    field.s[field.len - 1])
			field.len--;
		return is_reference(field) ? field : SLICE("");
	}
	return SLICE("");
}

static void
put_subject(struct page *p, struct bounce const *b)
{
	enum bounce_action worst = BOUNCE_DELIVERED;
	size_t i;

	for (i = 0; i < b->rcpts; i++)
		if (b->rcpt[i].action < worst) worst = b->rcpt[i].action;
	put_cstr(p, ">\r\nSubject: ");
	put_cstr(p, actions[worst].subject);
}

static void
put_header(struct page *p, struct bounce const *b)
{
	struct slice of = reference(b);

	put_cstr(p, "Date: ");
	put_date(p, b->now_s);
	put_cstr(p, "From: \"Mail delivery\" <postmaster@");
	put(p, b->hostname);
	put_cstr(p, ">\r\nTo: <");
	put_address(p, b->to);
	put_subject(p, b);
	put_cstr(p, "\r\nMessage-ID: <");
	put_id(p, &b->id);
	put_cstr(p, "@");
	put(p, b->hostname);
	put_cstr(p, ">\r\n");
	if (of.len) {
		put_cstr(p, "References: ");
		put(p, of);
		put_cstr(p, "\r\n");
	}
	put_cstr(p, "Auto-Submitted: auto-replied\r\n"	/* RFC 3834 */
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    "\tboundary=\"=_");
	put_id(p, &b->id);
	put_cstr(p, "\"\r\n");
	if (bounce_is_eightbit(b))
		put_cstr(p, "Content-Transfer-Encoding: 8bit\r\n");
}

/* The part for people */

static void
put_group(struct page *p, struct bounce const *b, enum bounce_action action)
{
	size_t i;

	put_cstr(p, "\r\n");
	put_cstr(p, actions[action].words);
	if (action == BOUNCE_DELAYED && b->until_s) {
		put_cstr(p, "It is given up on ");
		put_date(p, b->until_s);
	}
	for (i = 0; i < b->rcpts; i++) {
		struct bounce_rcpt const *r = &b->rcpt[i];

		if (r->action != action) continue;
		put_cstr(p, "\r\n  <");
		put_address(p, r->address);
		put_cstr(p, ">\r\n    ");
		put_words(p, r->words, "    ");
		put_cstr(p, "\r\n");
	}
}

static void
put_for_people(struct page *p, struct bounce const *b)
{
	enum bounce_action action;

	put_boundary(p, b, "\r\nContent-Type: text/plain; charset=");
	put_cstr(p, p->utf8 ?
	    "utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" :
	    "us-ascii\r\n\r\n");
	put_cstr(p, "This is the mail server at ");
	put(p, b->hostname);
	put_cstr(p, ".\r\n");
	for (action = 0; action < BOUNCE_ACTIONS; action++)
		if (has(b, action)) put_group(p, b, action);
}

/* The part for programs */

static void
put_original(struct page *p, struct slice orcpt)
{
	char out[ORCPT_MAX];
	struct slice type;
	size_t len;

	if (!dsn_orcpt_decode(orcpt, &type, out, &len)) return;
	put_cstr(p, "Original-Recipient: ");
	put_typed(p, type, slice_from(out, len));
	put_cstr(p, "\r\n");
}

/* Of another action's class it would contradict itself. */
static struct slice
status_of(struct bounce_rcpt const *r)
{
	char const *fallback = actions[r->action].status;
	size_t i;

	if (!r->status.len || *r->status.s != *fallback)
		return slice_of(fallback);
	for (i = 0; i < r->status.len; i++)
		if ((r->status.s[i] < '0' || r->status.s[i] > '9') &&
		    r->status.s[i] != '.')
			return slice_of(fallback);
	return r->status;
}

static void
put_dates(struct page *p, struct bounce const *b)
{
	put_cstr(p, "Last-Attempt-Date: ");
	put_date(p, b->now_s);
	if (!b->until_s) return;
	put_cstr(p, "Will-Retry-Until: ");
	put_date(p, b->until_s);
}

/* RFC 3464 section 2.3 */
static void
put_rcpt(struct page *p, struct bounce const *b, struct bounce_rcpt const *r)
{
	/* an SMTP reply begins with its code; all else are our own words, or
	 * those of a command, which may begin with anything */
	bool heard = r->words.len && *r->words.s >= '2' &&
	    *r->words.s <= '5' && !deliver_where_is_local(r->where);

	put_cstr(p, "\r\n");
	put_original(p, r->orcpt);
	put_cstr(p, "Final-Recipient: ");
	put_final(p, r->address);
	put_cstr(p, "\r\nAction: ");
	put_cstr(p, actions[r->action].name);
	put_cstr(p, "\r\nStatus: ");
	put(p, status_of(r));
	if (heard && r->where.len) {
		put_cstr(p, "\r\nRemote-MTA: dns; ");
		put_words(p, r->where, "\t");
	}
	if (r->words.len) {
		put_cstr(p, "\r\nDiagnostic-Code: ");
		put_cstr(p, heard ? "smtp; " : "x-mailgrave; ");
		put_words(p, r->words, "\t");
	}
	put_cstr(p, "\r\n");
	if (r->action == BOUNCE_DELAYED) put_dates(p, b);
}

static void
put_for_programs(struct page *p, struct bounce const *b)
{
	char envid[ENVID_MAX];
	size_t i, len;

	put_boundary(p, b, p->utf8 ?
	    "\r\nContent-Type: message/global-delivery-status\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n" :
	    "\r\nContent-Type: message/delivery-status\r\n\r\n");
	if (dsn_envid_decode(b->envid, envid, &len)) {
		put_cstr(p, "Original-Envelope-Id: ");
		put(p, slice_from(envid, len));
		put_cstr(p, "\r\n");
	}
	put_cstr(p, "Reporting-MTA: dns; ");
	put(p, b->hostname);
	put_cstr(p, "\r\nX-Mailgrave-ID: ");
	put_id(p, &b->of);
	put_cstr(p, "\r\nArrival-Date: ");
	put_date(p, b->arrived_s);
	for (i = 0; i < b->rcpts; i++)
		put_rcpt(p, b, &b->rcpt[i]);
}

/* The mail */

static char const *
returned_type(struct bounce const *b)
{
	if (returns_whole(b))
		return returns_global(b) ? "message/global" : "message/rfc822";
	return returns_global(b) ? "message/global-headers" :
	    "text/rfc822-headers";
}

static void
put_mail(struct page *p, struct bounce const *b)
{
	struct slice text = returned(b);

	put_boundary(p, b, "\r\nContent-Type: ");
	put_cstr(p, returned_type(b));
	put_cstr(p, utf8_is_ascii(text) ? "\r\n\r\n" :
	    "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
	put(p, text);
}

bool
bounce_compose(stralloc *out, struct bounce const *b)
{
	size_t before = out->len;
	struct page p = { .out = out, .utf8 = bounce_is_utf8(b) };

	put_header(&p, b);
	put_for_people(&p, b);
	put_for_programs(&p, b);
	if (b->text.len) put_mail(&p, b);
	put_boundary(&p, b, "--\r\n");
	if (p.failed) out->len = before;
	return !p.failed;
}
