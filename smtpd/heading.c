/* SPDX-License-Identifier: ISC */
/* Keeps a header back, and decides on it; what belongs into one is complete.c's
 * to know. */
#include <stdlib.h>
#include "common/address.h"
#include "common/clock.h"
#include "common/complete.h"
#include "smtpd/heading.h"

/* What part of the memory that is left a header may take. */
enum { OF_HEADING = 8 };

void
heading_begin(struct heading *h, struct submission *s,
    struct access const *access, struct slice hostname, struct slice domain)
{
	*h = (struct heading){ .submission = s, .access = access,
		.hostname = hostname, .domain = domain, .passed = !access };
}

static void
refuse(struct heading *h, enum reply why)
{
	octets_free(&h->submission->pool->held, &h->text);
	h->passed = true;
	submission_fail(h->submission, why);
}

static bool
may_use(struct heading const *h, struct addr const *address)
{
	unsigned line;

	return access_sender(h->access, h->submission->open.login, address,
	    &line);
}

/* Who may use all addresses need not use any that can be read. */
static bool
is_restricted(struct heading const *h)
{
	struct addr const nobody = { .local_len = 0 };

	return !may_use(h, &nobody);
}

/* Who wrote it, and who sends it. */
static bool
names_author(struct slice field)
{
	static char const *const names[] = { "From", "Sender", "Resent-From",
		"Resent-Sender", NULL };
	size_t i;

	for (i = 0; names[i]; i++)
		if (slice_is_nocase(field, names[i])) return true;
	return false;
}

static bool
is_his(struct heading const *h, struct slice header)
{
	struct header_field field;
	struct address got;
	int more;

	while (header_next(&header, &field)) {
		struct address_list list = address_list(field.value,
		    h->domain);

		if (!names_author(field.name)) continue;
		while ((more = address_next(&list, &got)) == 1)
			if (!may_use(h, &got.mailbox)) return false;
		if (more == -1) return false;
	}
	return true;
}

static void
pass_on(struct heading *h, struct slice header, struct slice body)
{
	struct submission *s = h->submission;
	struct complete_facts const facts = { .domain = h->domain,
		.hostname = h->hostname, .author = s->open.sender,
		.id = s->open.id, .now_s = clock_wall_ms() / 1000 };
	stralloc out = STRALLOC_ZERO;

	if (complete_header(header, &facts, &out)) {
		h->passed = true;
		submission_store(s, slice_from(out.s, out.len));
		submission_store(s, body);
		octets_free(&s->pool->held, &h->text);
	} else {
		refuse(h, REPLY_NO_SPACE);
	}
	stralloc_free(&out);
}

static void
look(struct heading *h, bool last)
{
	struct slice text = slice_from(h->text.s, h->text.len);

	switch (header_search(&h->search, text, last)) {
	case 0:
		return;
	case -1:
		refuse(h, REPLY_LONG_HEADER);
		return;
	}
	if (is_restricted(h) && !is_his(h, h->search.header))
		refuse(h, REPLY_NOT_YOUR_FROM);
	else
		pass_on(h, h->search.header, slice_skip(text, h->search.body));
}

void
heading_store(struct heading *h, struct slice octets)
{
	struct pool *pool = h->submission->pool;

	if (h->passed) {
		submission_store(h->submission, octets);
		return;
	}
	if (!octets_grow(&pool->held, &h->text, octets.len,
	    OF_HEADING)) {
		refuse(h, REPLY_NO_SPACE);
		return;
	}
	octets_add(&h->text, octets);
	look(h, false);
}

void
heading_end(struct heading *h)
{
	if (!h->passed) look(h, true);
	submission_end(h->submission);
}

void
heading_forget(struct heading *h)
{
	if (h->submission) octets_free(&h->submission->pool->held, &h->text);
	*h = (struct heading){ .submission = NULL };
}
