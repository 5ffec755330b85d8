/* SPDX-License-Identifier: ISC */
/* Chooses what of a mail comes back; believes no octet of it. */
#include "common/utf8.h"
#include "send/returned.h"

enum { REFERENCE_MAX = 250 };	/* octets of a Message-ID that is repeated */

struct slice
returned_header(struct slice text)
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

/* RFC 3461 sections 4.3 and 6.2 */
static bool
returns_whole(struct bounce const *b)
{
	return b->whole && b->ret != RET_HDRS && bounce_tells(b, BOUNCE_FAILED);
}

struct slice
returned_text(struct bounce const *b)
{
	return returns_whole(b) ? b->text : returned_header(b->text);
}

bool
returned_is_global(struct bounce const *b)
{
	return b->utf8 && !utf8_is_ascii(returned_header(b->text));
}

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

struct slice
returned_reference(struct bounce const *b)
{
	struct slice header = returned_header(b->text), field;
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

char const *
returned_type(struct bounce const *b)
{
	if (returns_whole(b))
		return returned_is_global(b) ? "message/global" : "message/rfc822";
	return returned_is_global(b) ? "message/global-headers" :
	    "text/rfc822-headers";
}
