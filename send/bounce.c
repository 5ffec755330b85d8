/* SPDX-License-Identifier: ISC */
/* Writes reports; believes no octet of what it reports. */
#include "common/deliver.h"
#include "common/utf8.h"
#include "send/page.h"
#include "send/returned.h"

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
put_boundary(struct page *p, struct bounce const *b, char const *end)
{
	page_say(p, "\r\n--=_");
	page_id(p, &b->id);
	page_say(p, end);
}

static void
put_final(struct page *p, struct slice address)
{
	page_typed(p, utf8_is_ascii(address) ? SLICE("rfc822") :
	    SLICE("utf-8"), address);
}

bool
bounce_tells(struct bounce const *b, enum bounce_action action)
{
	size_t i;

	for (i = 0; i < b->rcpts; i++)
		if (b->rcpt[i].action == action) return true;
	return false;
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
	return returned_is_global(b);
}

bool
bounce_is_eightbit(struct bounce const *b)
{
	return bounce_is_utf8(b) || !utf8_is_ascii(returned_text(b));
}

/* The header of the report */

static void
put_subject(struct page *p, struct bounce const *b)
{
	enum bounce_action worst = BOUNCE_DELIVERED;
	size_t i;

	for (i = 0; i < b->rcpts; i++)
		if (b->rcpt[i].action < worst) worst = b->rcpt[i].action;
	page_say(p, ">\r\nSubject: ");
	page_say(p, actions[worst].subject);
}

static void
put_header(struct page *p, struct bounce const *b)
{
	struct slice of = returned_reference(b);

	page_say(p, "Date: ");
	page_date(p, b->now_s);
	page_say(p, "From: \"Mail delivery\" <postmaster@");
	page_put(p, b->hostname);
	page_say(p, ">\r\nTo: <");
	page_address(p, b->to);
	put_subject(p, b);
	page_say(p, "\r\nMessage-ID: <");
	page_id(p, &b->id);
	page_say(p, "@");
	page_put(p, b->hostname);
	page_say(p, ">\r\n");
	if (of.len) {
		page_say(p, "References: ");
		page_put(p, of);
		page_say(p, "\r\n");
	}
	page_say(p, "Auto-Submitted: auto-replied\r\n"	/* RFC 3834 */
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    "\tboundary=\"=_");
	page_id(p, &b->id);
	page_say(p, "\"\r\n");
	if (bounce_is_eightbit(b))
		page_say(p, "Content-Transfer-Encoding: 8bit\r\n");
}

/* The part for people */

static void
put_group(struct page *p, struct bounce const *b, enum bounce_action action)
{
	size_t i;

	page_say(p, "\r\n");
	page_say(p, actions[action].words);
	if (action == BOUNCE_DELAYED && b->until_s) {
		page_say(p, "It is given up on ");
		page_date(p, b->until_s);
	}
	for (i = 0; i < b->rcpts; i++) {
		struct bounce_rcpt const *r = &b->rcpt[i];

		if (r->action != action) continue;
		page_say(p, "\r\n  <");
		page_address(p, r->address);
		page_say(p, ">\r\n    ");
		page_words(p, r->words, "    ");
		page_say(p, "\r\n");
	}
}

static void
put_for_people(struct page *p, struct bounce const *b)
{
	enum bounce_action action;

	put_boundary(p, b, "\r\nContent-Type: text/plain; charset=");
	page_say(p, p->utf8 ?
	    "utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" :
	    "us-ascii\r\n\r\n");
	page_say(p, "This is the mail server at ");
	page_put(p, b->hostname);
	page_say(p, ".\r\n");
	for (action = 0; action < BOUNCE_ACTIONS; action++)
		if (bounce_tells(b, action)) put_group(p, b, action);
}

/* The part for programs */

static void
put_original(struct page *p, struct slice orcpt)
{
	char out[ORCPT_MAX];
	struct slice type;
	size_t len;

	if (!dsn_orcpt_decode(orcpt, &type, out, &len)) return;
	page_say(p, "Original-Recipient: ");
	page_typed(p, type, slice_from(out, len));
	page_say(p, "\r\n");
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
	page_say(p, "Last-Attempt-Date: ");
	page_date(p, b->now_s);
	if (!b->until_s) return;
	page_say(p, "Will-Retry-Until: ");
	page_date(p, b->until_s);
}

/* RFC 3464 section 2.3 */
static void
put_rcpt(struct page *p, struct bounce const *b, struct bounce_rcpt const *r)
{
	/* an SMTP reply begins with its code; all else are our own words, or
	 * those of a command, which may begin with anything */
	bool heard = r->words.len && *r->words.s >= '2' &&
	    *r->words.s <= '5' && !deliver_where_is_local(r->where);

	page_say(p, "\r\n");
	put_original(p, r->orcpt);
	page_say(p, "Final-Recipient: ");
	put_final(p, r->address);
	page_say(p, "\r\nAction: ");
	page_say(p, actions[r->action].name);
	page_say(p, "\r\nStatus: ");
	page_put(p, status_of(r));
	if (heard && r->where.len) {
		page_say(p, "\r\nRemote-MTA: dns; ");
		page_words(p, r->where, "\t");
	}
	if (r->words.len) {
		page_say(p, "\r\nDiagnostic-Code: ");
		page_say(p, heard ? "smtp; " : "x-mailgrave; ");
		page_words(p, r->words, "\t");
	}
	page_say(p, "\r\n");
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
		page_say(p, "Original-Envelope-Id: ");
		page_put(p, slice_from(envid, len));
		page_say(p, "\r\n");
	}
	page_say(p, "Reporting-MTA: dns; ");
	page_put(p, b->hostname);
	page_say(p, "\r\nX-Mailgrave-ID: ");
	page_id(p, &b->of);
	page_say(p, "\r\nArrival-Date: ");
	page_date(p, b->arrived_s);
	for (i = 0; i < b->rcpts; i++)
		put_rcpt(p, b, &b->rcpt[i]);
}

/* The mail */

static void
put_mail(struct page *p, struct bounce const *b)
{
	struct slice text = returned_text(b);

	put_boundary(p, b, "\r\nContent-Type: ");
	page_say(p, returned_type(b));
	page_say(p, utf8_is_ascii(text) ? "\r\n\r\n" :
	    "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
	page_put(p, text);
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
