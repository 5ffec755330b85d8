/* SPDX-License-Identifier: ISC */
/* Finds the end of a header and takes it apart; changes nothing. */
#include "common/header.h"

enum { LIST = HEADER_ADDRESSES, RCPTS = HEADER_ADDRESSES | HEADER_RECIPIENTS,
       RESENT = HEADER_RESENT, REMOVED = HEADER_REMOVED };

/* The fields that mean something here. */
static struct known {
	char const *name;
	unsigned use;
	enum header_must must;
} const knowns[] = {
	{ "From", LIST, HEADER_FROM },
	{ "Date", 0, HEADER_DATE },
	{ "Message-ID", 0, HEADER_MESSAGE_ID },
	{ "Sender", LIST, HEADER_MUSTS },
	{ "Reply-To", LIST, HEADER_MUSTS },
	{ "To", RCPTS, HEADER_TO },
	{ "Cc", RCPTS, HEADER_TO },
	{ "Bcc", RCPTS | REMOVED, HEADER_MUSTS },
	{ "Resent-From", LIST | RESENT, HEADER_RESENT_FROM },
	{ "Resent-Date", RESENT, HEADER_RESENT_DATE },
	{ "Resent-Message-ID", RESENT, HEADER_RESENT_MESSAGE_ID },
	{ "Resent-Sender", LIST | RESENT, HEADER_MUSTS },
	{ "Resent-To", RCPTS | RESENT, HEADER_MUSTS },
	{ "Resent-Cc", RCPTS | RESENT, HEADER_MUSTS },
	{ "Resent-Bcc", RCPTS | RESENT | REMOVED, HEADER_MUSTS },
	{ "Return-Path", REMOVED, HEADER_MUSTS }, /* the last host adds it */
};

enum line_kind { LINE_UNSURE, LINE_FIELD, LINE_EMPTY, LINE_OTHER };

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* name_length - octets of a field name at the start of line */
static size_t
name_length(struct slice line)
{
	size_t n = 0;

	while (n < line.len && n <= HEADER_NAME_MAX && line.s[n] > ' ' &&
	    line.s[n] < 0x7f && line.s[n] != ':')
		n++;
	return n;
}

/* judge - what a line is by as much of it as there is */
static enum line_kind
judge(struct slice line, bool first)
{
	size_t n = name_length(line);

	if (n) {
		while (n < line.len && n <= HEADER_NAME_MAX &&
		    is_blank(line.s[n]))
			n++; /* obsolete, before the colon */
		if (n > HEADER_NAME_MAX) return LINE_OTHER;
		if (n == line.len) return LINE_UNSURE;
		return line.s[n] == ':' ? LINE_FIELD : LINE_OTHER;
	}
	if (!line.len || slice_eq(line, SLICE("\r"))) return LINE_UNSURE;
	if (is_blank(*line.s)) return first ? LINE_OTHER : LINE_FIELD;
	return *line.s == '\r' && line.s[1] == '\n' ? LINE_EMPTY : LINE_OTHER;
}

static int
found(struct header_search *h, struct slice text, size_t empty)
{
	if (h->line > HEADER_MAX) return -1;
	h->header = slice_from(text.s, h->line);
	h->body = h->line + empty;
	return 1;
}

int
header_search(struct header_search *h, struct slice text, bool last)
{
	for (;;) {
		struct slice line = slice_skip(text, h->line);
		size_t begun = h->looked - h->line;

		switch (judge(line, !h->line)) {
		case LINE_UNSURE:
			return last ? found(h, text, 0) : 0;
		case LINE_EMPTY:
			return found(h, text, 2);
		case LINE_OTHER:
			return found(h, text, 0);
		case LINE_FIELD:
			break;
		}
		begun += slice_find(slice_skip(line, begun), '\n');
		h->looked = h->line + begun;
		if (h->looked > HEADER_MAX) return -1;
		if (begun == line.len) return 0;
		h->line = h->looked += 1;
	}
}

static struct known const *
known(struct slice name)
{
	size_t i;

	for (i = 0; i < sizeof knowns / sizeof *knowns; i++)
		if (slice_is_nocase(name, knowns[i].name)) return knowns + i;
	return NULL;
}

bool
header_next(struct slice *rest, struct header_field *field)
{
	size_t name = name_length(*rest), colon, n;
	struct known const *k;

	if (!rest->len) return false;
	colon = slice_find(*rest, ':');
	n = colon;
	do
		n += slice_find(slice_skip(*rest, n), '\n') + 1;
	while (n < rest->len && is_blank(rest->s[n]));
	field->name = slice_from(rest->s, name);
	field->value = slice_from(rest->s + colon + 1, n - 2 - (colon + 1));
	field->whole = slice_from(rest->s, n);
	k = known(field->name);
	field->use = k ? k->use : 0;
	field->must = k ? k->must : HEADER_MUSTS;
	*rest = slice_skip(*rest, n);
	return true;
}

bool
header_is_resent(struct slice header)
{
	struct header_field field;

	while (header_next(&header, &field))
		if (field.use & HEADER_RESENT) return true;
	return false;
}
