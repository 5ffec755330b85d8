/* SPDX-License-Identifier: ISC */
/* Weighs a mail against what a host offers; never says or hears a word. */
#include <stdio.h>
#include "remote/outcome.h"
#include "remote/terms.h"
#include "remote/text.h"

enum client_step
terms_turn_away(struct client *c, enum verdict verdict, char const *status,
    char const *words)
{
	snprintf(c->words, sizeof c->words, "%s", words);
	outcome_by_us(c, verdict, status, 0, c->order.rcpts);
	return CLIENT_QUIT;
}

static bool
is_too_large(struct client const *c)
{
	return c->offer.size_max && c->order.size > c->offer.size_max;
}

enum client_step
terms_begin_mail(struct client *c)
{
	unsigned most = c->offer.rcpts_max, n = 0;

	if (c->offer.mails_max && c->mails >= c->offer.mails_max) {
		terms_turn_away(c, VERDICT_TEMP, "4.5.3",
		    "they take no more on this connection");
		c->result.again = true;
		return CLIENT_QUIT;
	}
	c->first = c->end;
	while (c->end < c->order.rcpts && (!most || n < most))
		n += !c->bad[c->end++];
	text_begin(c);
	return CLIENT_MAIL;
}

enum client_step
terms_finished(struct client *c, bool clean)
{
	if (!c->open && !c->order.keep) return CLIENT_QUIT;
	if (!clean) return CLIENT_RSET;
	if (c->open) return CLIENT_READY;
	return c->offer.domains_max ||
	    (c->offer.mails_max && c->mails >= c->offer.mails_max) ?
	    CLIENT_QUIT : CLIENT_IDLE;
}

bool
terms_needs_utf8(struct slice mailbox)
{
	struct addr a;

	return mailbox.len && addr_parse(&a, mailbox) && !addr_is_ascii(&a);
}

static void
leave_out(struct client *c, size_t i, enum verdict verdict, char const *status)
{
	c->bad[i] = true;
	outcome_by_us(c, verdict, status, i, i + 1);
}

/* Addresses that need SMTPUTF8 (RFC 6531 section 3.2) are not told to a host
 * without it. */
static void
leave_out_utf8(struct client *c)
{
	size_t i;

	snprintf(c->words, sizeof c->words,
	    "the address needs SMTPUTF8, which they don't offer");
	for (i = 0; i < c->order.rcpts; i++)
		if (!c->bad[i] && terms_needs_utf8(c->order.rcpt[i]))
			leave_out(c, i, VERDICT_PERM, "5.6.7");
}

static struct slice
domain_of(struct slice mailbox)
{
	size_t at = mailbox.len;

	while (at && mailbox.s[at - 1] != '@')
		at--;
	return slice_skip(mailbox, at);
}

/* Somebody before recipient i, to whom it goes now, is of the same domain. */
static bool
is_known_domain(struct client const *c, size_t i)
{
	struct slice domain = domain_of(c->order.rcpt[i]);
	size_t k;

	for (k = 0; k < i; k++)
		if (!c->bad[k] &&
		    slice_eq(domain, domain_of(c->order.rcpt[k])))
			return true;
	return false;
}

/* RCPTDOMAINMAX counts for the whole connection, which therefore is not kept
 * (RFC 9422). */
static void
leave_out_domains(struct client *c)
{
	unsigned n = 0;
	size_t i;

	if (!c->offer.domains_max) return;
	snprintf(c->words, sizeof c->words, "they take no more domains on this "
	    "connection");
	for (i = 0; i < c->order.rcpts; i++) {
		if (c->bad[i] || is_known_domain(c, i)) continue;
		if (n++ < c->offer.domains_max) continue;
		leave_out(c, i, VERDICT_TEMP, "4.5.3");
		c->result.again = true;
	}
}

/* A 7-bit host must not be given 8-bit text (RFC 6152 section 3), nor one
 * without SMTPUTF8 a header that needs it (RFC 6531 section 3.2). Whether the
 * text is such, its octets say; what the sender declared may be wrong. */
enum client_step
terms_before_mail(struct client *c)
{
	char words[sizeof c->words];

	c->first = c->end = 0;
	if (is_too_large(c)) {
		snprintf(words, sizeof words,
		    "%llu octets are more than the %llu they take",
		    (unsigned long long)c->order.size,
		    (unsigned long long)c->offer.size_max);
		return terms_turn_away(c, VERDICT_PERM, "5.3.4", words);
	}
	if (c->utf8 && !c->offer.smtputf8) {
		if (terms_needs_utf8(c->order.sender))
			return terms_turn_away(c, VERDICT_PERM, "5.6.7", "the "
			    "sender needs SMTPUTF8, which they don't offer");
		leave_out_utf8(c);
	}
	/* told before others are left out for another reason */
	if (!c->due) leave_out_domains(c);
	if (!c->open) return terms_finished(c, true);
	if (c->due) return CLIENT_READY;
	if (c->order.size && (!c->offer.eightbitmime ||
	    (c->utf8 && !c->offer.smtputf8))) {
		text_begin(c);
		return CLIENT_SCAN;
	}
	return terms_begin_mail(c);
}

enum client_step
terms_after_tls(struct client *c)
{
	if (!c->order.login) return CLIENT_READY;
	if (!c->secure && !c->order.clear_login)
		return terms_turn_away(c, VERDICT_TEMP, "4.7.0", "no password "
		    "is said to them, for the connection is not encrypted");
	c->mechanism = login_choose(c->order.login, c->offer.mechanisms,
	    c->secure);
	if (c->mechanism == LOGIN_MECHANISMS)
		return terms_turn_away(c, VERDICT_TEMP, "4.7.0",
		    "they offer no way to log in that we know");
	return CLIENT_AUTH;
}

enum client_step
terms_after_hello(struct client *c)
{
	if (c->secure || c->order.tls == CLIENT_TLS_NONE)
		return terms_after_tls(c);
	if (c->offer.starttls) return CLIENT_STARTTLS;
	if (c->order.tls == CLIENT_TLS_MAY) return terms_after_tls(c);
	return terms_turn_away(c, VERDICT_TEMP, "4.7.0",
	    "TLS is demanded here and not offered there");
}
