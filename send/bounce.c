/* SPDX-License-Identifier: ISC */
/* Writes reports; believes no octet of what it reports. */
#include <stdio.h>
#include "common/date.h"
#include "send/bounce.h"

enum { FOLD = 76 };

/* A report under construction; failed sticks. */
struct page {
	stralloc *out;
	bool failed;
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

	if (words.len > BOUNCE_WORDS_MAX) words.len = BOUNCE_WORDS_MAX;
	for (i = 0; i < words.len; i++) {
		char c = words.s[i];

		if (c == '\r' || c == '\n' || (column >= FOLD && c == ' ') ||
		    column >= 3 * FOLD) {
			/* one line end, however many there are */
			if (column) {
				put_cstr(p, "\r\n");
				put_cstr(p, indent);
			}
			column = 0;
			if (c == '\r' || c == '\n' || c == ' ') continue;
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

static struct slice
returned(struct bounce const *b)
{
	return b->whole ? b->text : bounce_header(b->text);
}

bool
bounce_is_eightbit(struct bounce const *b)
{
	struct slice text = returned(b);
	size_t i;

	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.s[i] > 127) return true;
	return false;
}

static void
put_header(struct page *p, struct bounce const *b)
{
	put_cstr(p, "Date: ");
	put_date(p, b->now_s);
	put_cstr(p, "From: \"Mail delivery\" <postmaster@");
	put(p, b->hostname);
	put_cstr(p, ">\r\nTo: <");
	put(p, b->to);
	put_cstr(p, ">\r\nSubject: Your mail could not be delivered\r\n"
	    "Message-ID: <");
	put_id(p, &b->id);
	put_cstr(p, "@");
	put(p, b->hostname);
	put_cstr(p, ">\r\n"
	    "Auto-Submitted: auto-replied\r\n"	/* RFC 3834 */
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    "\tboundary=\"=_");
	put_id(p, &b->id);
	put_cstr(p, "\"\r\n");
	if (bounce_is_eightbit(b))
		put_cstr(p, "Content-Transfer-Encoding: 8bit\r\n");
}

static void
put_for_people(struct page *p, struct bounce const *b)
{
	size_t i;

	put_boundary(p, b, "\r\nContent-Type: text/plain; charset=us-ascii\r\n"
	    "\r\n");
	put_cstr(p, "This is the mail server at ");
	put(p, b->hostname);
	put_cstr(p, ".\r\n\r\nYour mail could not be delivered to the "
	    "following recipients. It will\r\nnot be tried again.\r\n");
	for (i = 0; i < b->rcpts; i++) {
		put_cstr(p, "\r\n  <");
		put(p, b->rcpt[i].address);
		put_cstr(p, ">\r\n    ");
		put_words(p, b->rcpt[i].words, "    ");
		put_cstr(p, "\r\n");
	}
}

/* RFC 3464 section 2.3 */
static void
put_rcpt(struct page *p, struct bounce_rcpt const *r)
{
	/* an SMTP reply begins with its code; all else are our own words */
	bool heard = r->words.len && *r->words.s >= '2' && *r->words.s <= '5';

	put_cstr(p, "\r\nFinal-Recipient: rfc822; ");
	put(p, r->address);
	put_cstr(p, "\r\nAction: failed\r\nStatus: ");
	put(p, r->status.len ? r->status : SLICE("5.0.0"));
	if (r->words.len) {
		put_cstr(p, "\r\nDiagnostic-Code: ");
		put_cstr(p, heard ? "smtp; " : "x-mailgrave; ");
		put_words(p, r->words, "\t");
	}
	if (heard && r->where.len) {
		put_cstr(p, "\r\nRemote-MTA: dns; ");
		put_words(p, r->where, "\t");
	}
	put_cstr(p, "\r\n");
}

static void
put_for_programs(struct page *p, struct bounce const *b)
{
	size_t i;

	put_boundary(p, b,
	    "\r\nContent-Type: message/delivery-status\r\n\r\n");
	put_cstr(p, "Reporting-MTA: dns; ");
	put(p, b->hostname);
	put_cstr(p, "\r\nX-Mailgrave-ID: ");
	put_id(p, &b->of);
	put_cstr(p, "\r\nArrival-Date: ");
	put_date(p, b->arrived_s);
	for (i = 0; i < b->rcpts; i++)
		put_rcpt(p, &b->rcpt[i]);
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

static void
put_mail(struct page *p, struct bounce const *b)
{
	put_boundary(p, b, b->whole ?
	    "\r\nContent-Type: message/rfc822\r\n" :
	    "\r\nContent-Type: text/rfc822-headers\r\n");
	if (bounce_is_eightbit(b))
		put_cstr(p, "Content-Transfer-Encoding: 8bit\r\n");
	put_cstr(p, "\r\n");
	put(p, returned(b));
	put_boundary(p, b, "--\r\n");
}

bool
bounce_compose(stralloc *out, struct bounce const *b)
{
	size_t before = out->len;
	struct page p = { .out = out };

	put_header(&p, b);
	put_for_people(&p, b);
	put_for_programs(&p, b);
	put_mail(&p, b);
	if (p.failed) out->len = before;
	return !p.failed;
}
