/* SPDX-License-Identifier: ISC */
/* Cuts text into tokens; knows no address. */
#include "common/token.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* RFC 5322 section 3.2.3, with the octets of UTF-8, which names may have */
static bool
is_atext(char c)
{
	if ((unsigned char)c >= 0x80) return true;
	return c > ' ' && c != 0x7f && !strchr("()<>[]:;@\\,.\"", c);
}

/* closed - octets of text up to and with the octet that ends it, a backslash
 * taking away the meaning of the next; 0 when nothing ends it */
static size_t
closed(struct slice text, char end)
{
	size_t n;

	for (n = 1; n < text.len; n++) {
		if (text.s[n] == end) return n + 1;
		if (text.s[n] == '\\') n++;
	}
	return 0;
}

/* A counter in place of recursion: depth costs nothing, and has a limit. */
static bool
skip_comment(struct slice *in, char const **why)
{
	size_t depth = 0, n;

	for (n = 0; n < in->len; n++) {
		char c = in->s[n];

		if (c == '\\') n++;
		if (c == '(' && ++depth > TOKEN_COMMENT_DEPTH) {
			*why = "comments are nested too deeply";
			return false;
		}
		if (c == ')' && --depth == 0) {
			*in = slice_skip(*in, n + 1);
			return true;
		}
	}
	*why = "a comment has no end";
	return false;
}

static bool
skip_between(struct slice *in, char const **why)
{
	while (in->len) {
		if (is_blank(*in->s))
			*in = slice_skip(*in, 1);
		else if (*in->s != '(')
			break;
		else if (!skip_comment(in, why))
			return false;
	}
	return true;
}

static struct token
take(struct slice *in, int kind, size_t n)
{
	struct token t = { kind, slice_from(in->s, n) };

	*in = slice_skip(*in, n);
	return t;
}

struct token
token_next(struct slice *in, char const **why)
{
	struct token const bad = { .kind = TOKEN_BAD };
	struct token t;
	size_t n = 0;

	if (!skip_between(in, why)) return bad;
	if (!in->len) return take(in, TOKEN_END, 0);
	switch (*in->s) {
	case '"':
		n = closed(*in, '"');
		*why = "a quoted string has no end";
		if (!n) return bad;
		t = take(in, TOKEN_QUOTED, n);
		t.text = slice_from(t.text.s + 1, n - 2);
		return t;
	case '[':
		n = closed(*in, ']');
		*why = "an address literal has no end";
		return n ? take(in, TOKEN_LITERAL, n) : bad;
	case '<': case '>': case ':': case ';': case '@': case ',': case '.':
		return take(in, *in->s, 1);
	}
	while (n < in->len && is_atext(in->s[n]))
		n++;
	*why = "an octet that no address has";
	return n ? take(in, TOKEN_ATOM, n) : bad;
}
