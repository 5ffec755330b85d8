/* SPDX-License-Identifier: ISC */
/* Completes a header; never reorders or refolds what is there. */
#include <errno.h>
#include <stdio.h>
#include "common/address.h"
#include "common/complete.h"
#include "common/date.h"
#include "common/header.h"
#include "common/utf8.h"

bool
complete_name_valid(struct slice name)
{
	size_t i;

	if (name.len > COMPLETE_NAME_MAX) return false;
	for (i = 0; i < name.len; i++)
		if ((unsigned char)name.s[i] < ' ' || name.s[i] == 0x7f)
			return false;
	return true;
}

static bool
is_utf8(struct slice text)
{
	uint32_t point;
	size_t n;

	for (; text.len; text = slice_skip(text, n))
		if (!(n = utf8_take(text, &point))) return false;
	return true;
}

size_t
complete_person(struct slice facts, struct slice account, char *person)
{
	size_t const end = slice_find(facts, ',');
	size_t n = 0, i;

	for (i = 0; i < end; i++) {
		struct slice part = slice_from(facts.s + i, 1);
		bool const name = facts.s[i] == '&';

		if (name) part = account;
		if (n + part.len > COMPLETE_NAME_MAX) return 0;
		memcpy(person + n, part.s, part.len);
		if (name && part.len && person[n] >= 'a' && person[n] <= 'z')
			person[n] = (char)(person[n] - 'a' + 'A');
		n += part.len;
	}
	return complete_name_valid(slice_from(person, n)) &&
	    is_utf8(slice_from(person, n)) ? n : 0;
}

static bool
add(stralloc *out, struct slice text)
{
	return stralloc_catb(out, text.s, text.len);
}

static bool
add_text(stralloc *out, char const *text)
{
	return add(out, slice_of(text));
}

static bool
add_quoted(stralloc *out, struct slice name)
{
	size_t i;

	if (!add_text(out, "\"")) return false;
	for (i = 0; i < name.len; i++) {
		char c = name.s[i];

		if ((c == '"' || c == '\\') && !add_text(out, "\\"))
			return false;
		if (!stralloc_append(out, c)) return false;
	}
	return add_text(out, "\"");
}

/* RFC 2047: words of at most 75 octets, none of which cuts a character */
static bool
add_encoded(stralloc *out, struct slice name)
{
	enum { WORD = 20 };
	char octet[4];
	size_t i, n;

	for (; name.len; name = slice_skip(name, n)) {
		n = name.len < WORD ? name.len : WORD;
		for (i = 0; i < 3 && n < name.len; i++)
			if ((name.s[n] & 0xc0) == 0x80) n--;
		if (!add_text(out, "=?UTF-8?Q?")) return false;
		for (i = 0; i < n; i++) {
			snprintf(octet, sizeof octet, "=%02X",
			    (unsigned)(unsigned char)name.s[i]);
			if (!add_text(out, octet)) return false;
		}
		if (!add_text(out, n < name.len ? "?=\r\n " : "?="))
			return false;
	}
	return true;
}

static bool
add_from(struct complete_facts const *facts, stralloc *out)
{
	if (!facts->name.len) return add(out, facts->author);
	return (utf8_is_ascii(facts->name) ? add_quoted(out, facts->name)
				      : add_encoded(out, facts->name)) &&
	    add_text(out, " <") && add(out, facts->author) &&
	    add_text(out, ">");
}

/* RFC 5322 section 3.4: a group may be empty */
static bool
add_nobody(struct complete_facts const *facts, stralloc *out)
{
	(void)facts;
	return add_text(out, "undisclosed-recipients:;");
}

static bool
add_date(struct complete_facts const *facts, stralloc *out)
{
	char text[DATE822_TEXT + 1];

	return add_text(out, date822(text, facts->now_s));
}

static bool
add_message_id(struct complete_facts const *facts, stralloc *out)
{
	char text[TRACEID_TEXT + 1];

	return add_text(out, "<") &&
	    add_text(out, traceid_format(text, &facts->id)) &&
	    add_text(out, "@") && add(out, facts->hostname) &&
	    add_text(out, ">");
}

/* In the order they are added: a resender's block goes above the rest. */
static struct needed {
	enum header_must must;
	bool resent;
	char const *name;
	bool (*value)(struct complete_facts const *facts, stralloc *out);
} const needed[] = {
	{ HEADER_RESENT_FROM, true, "Resent-From: ", add_from },
	{ HEADER_RESENT_DATE, true, "Resent-Date: ", add_date },
	{ HEADER_RESENT_MESSAGE_ID, true, "Resent-Message-ID: ",
	  add_message_id },
	{ HEADER_FROM, false, "From: ", add_from },
	{ HEADER_DATE, false, "Date: ", add_date },
	{ HEADER_MESSAGE_ID, false, "Message-ID: ", add_message_id },
	{ HEADER_TO, false, "To: ", add_nobody },
};

static bool
add_missing(struct slice header, struct complete_facts const *facts,
    stralloc *out)
{
	bool const resent = header_is_resent(header);
	bool there[HEADER_MUSTS + 1] = { false };
	struct header_field field;
	size_t i;

	while (header_next(&header, &field))
		there[field.must] = true;
	for (i = 0; i < sizeof needed / sizeof *needed; i++) {
		struct needed const *n = needed + i;

		if (there[n->must] || (n->resent && !resent)) continue;
		if (n->value == add_from && !facts->author.len) continue;
		if (!add_text(out, n->name) || !n->value(facts, out) ||
		    !add_text(out, "\r\n"))
			return false;
	}
	return true;
}

/* A list that can't be read stays as it is: it was not ours to mend. */
static bool
add_list(struct header_field const *field, struct slice domain, stralloc *out)
{
	struct address_list list = address_list(field->value, domain);
	size_t const before = out->len;
	size_t done = 0, at;
	size_t value = (size_t)(field->value.s - field->whole.s);
	struct address got;
	int more;

	while ((more = address_next(&list, &got)) == 1) {
		if (!got.bare) continue;
		at = value + got.end;
		if (!add(out, slice_from(field->whole.s + done, at - done)) ||
		    !add_text(out, "@") || !add(out, domain))
			return false;
		done = at;
	}
	if (more == -1) {
		out->len = before;
		done = 0;
	}
	return add(out, slice_skip(field->whole, done));
}

bool
complete_header(struct slice header, struct complete_facts const *facts,
    stralloc *out)
{
	size_t const before = out->len;
	struct header_field field;
	bool good = add_missing(header, facts, out);

	while (good && header_next(&header, &field)) {
		if (field.use & HEADER_REMOVED) continue;
		good = field.use & HEADER_ADDRESSES && facts->domain.len
		    ? add_list(&field, facts->domain, out)
		    : add(out, field.whole);
		if (!good || out->len - before <= COMPLETE_MAX - 2) continue;
		errno = EMSGSIZE;
		good = false;
	}
	if (good && add_text(out, "\r\n")) return true;
	out->len = before;
	return false;
}
