/* SPDX-License-Identifier: ISC */
/* Takes an envelope apart, one address after another; keeps none. */
#include "queue/qmailenv.h"

static bool
fail(struct qmailenv *e, enum qmailenv_error wrong)
{
	e->wrong = wrong;
	return false;
}

/* what a NUL ends */
static bool
take(struct qmailenv *e, char letter, struct slice *text)
{
	size_t end = slice_find(e->rest, '\0');

	if (e->rest.len && *e->rest.s != letter)
		return fail(e, QMAILENV_FORMAT);
	if (end == e->rest.len) return fail(e, QMAILENV_CUT);
	*text = slice_from(e->rest.s + 1, end - 1);
	e->rest = slice_skip(e->rest, end + 1);
	return true;
}

static size_t
last_at(struct slice text)
{
	size_t n = text.len;

	while (n && text.s[n - 1] != '@')
		n--;
	return n ? n - 1 : text.len;
}

/* Formatted and read again, so that it is one by the rules for all others. */
static bool
mailbox(struct qmailenv *e, struct slice text, struct addr *a)
{
	size_t at = last_at(text);
	struct slice domain = at == text.len ? e->domain
					     : slice_skip(text, at + 1);
	char again[ADDR_TEXT_MAX];

	e->which = text;
	if (at > ADDR_LOCAL_MAX || domain.len > ADDR_DOMAIN_MAX)
		return fail(e, QMAILENV_LONG);
	if (!at || !domain.len) return fail(e, QMAILENV_BAD);
	memcpy(a->local, text.s, at);
	memcpy(a->domain, domain.s, domain.len);
	a->local_len = (unsigned short)at;
	a->domain_len = (unsigned short)domain.len;
	if (!addr_parse(a, slice_from(again, addr_format(a, again))))
		return fail(e, QMAILENV_BAD);
	return true;
}

bool
qmailenv_begin(struct qmailenv *e)
{
	struct slice text, end;

	e->wrong = QMAILENV_FINE;
	if (!take(e, 'F', &text)) return false;
	/* what qmail itself sends a report about a report from */
	e->bounce = !text.len || slice_is(text, "#@[]");
	if (e->bounce) return true;
	end = slice_skip(text, text.len < 4 ? 0 : text.len - 4);
	if (slice_is(end, "-@[]")) {
		e->which = text;
		return fail(e, QMAILENV_VERP);
	}
	return mailbox(e, text, &e->sender);
}

bool
qmailenv_next(struct qmailenv *e, struct addr *rcpt)
{
	struct slice text;

	if (e->rest.len && !*e->rest.s) {
		/* nothing may stand behind the end */
		return e->rest.len == 1 ? false : fail(e, QMAILENV_FORMAT);
	}
	return take(e, 'T', &text) && mailbox(e, text, rcpt);
}
