/* SPDX-License-Identifier: ISC */
/* Sees to line ends, lengths and sizes; what the text says is read by none but
 * hops.c. */
#include "smtpd/text.h"

static bool
holds(struct slice part, char octet)
{
	return slice_find(part, octet) < part.len;
}

/* The octets of the line under way without the CR that may begin its end. */
static uint64_t
line_length(struct text const *t)
{
	return t->line - t->cr;
}

/* Line by line, as far as there are any: an LF with no CR before it is broken,
 * and so is a CR that anything else follows. */
static void
inspect(struct text *t, struct text_rules const *rules, struct slice in)
{
	if (holds(in, '\0')) t->broken = true;
	while (in.len) {
		size_t n = slice_find(in, '\n');
		struct slice part = slice_from(in.s, n);

		if (part.len) {
			if (t->cr || slice_find(part, '\r') < part.len - 1)
				t->broken = true;
			t->cr = part.s[part.len - 1] == '\r';
			t->line += part.len;
		}
		if (line_length(t) > rules->line_max) t->overlong = true;
		if (n == in.len) return;
		if (!t->cr) t->broken = true;
		t->cr = false;
		t->line = 0;
		in = slice_skip(in, n + 1);
	}
}

/* pass - n octets of out, for all that looks at the text as it will be */
static struct slice
pass(struct text *t, struct text_rules const *rules, size_t n)
{
	struct slice out = slice_from(rules->store, n);

	inspect(t, rules, out);
	hops_feed(&t->hops, out);
	t->size += n;
	return out;
}

struct slice
text_data(struct text *t, struct text_rules const *rules, struct slice *in)
{
	char *raw = rules->store + TEXT_OUT_MAX;
	struct slice piece = slice_from(in->s,
	    in->len < TEXT_PIECE_MAX ? in->len : TEXT_PIECE_MAX);
	size_t n, len = piece.len;

	if (rules->fix_lf) {
		n = body_receive(&t->stuffed, &piece, raw);
		n = body_crlf(&t->bare, slice_from(raw, n), rules->store);
	} else {
		n = body_receive(&t->stuffed, &piece, rules->store);
	}
	*in = slice_skip(*in, len - piece.len);
	return pass(t, rules, n);
}

/* end_line - a CRLF behind what is in the store; a CR at the very end of a
 * message is a bare one, and stays one */
static struct slice
end_line(struct text *t, struct text_rules const *rules, struct slice out)
{
	struct slice end = slice_from(rules->store + out.len, 2);

	if (t->cr) t->broken = true;
	if (!t->line || t->broken) return out;
	memcpy(rules->store + out.len, "\r\n", end.len);
	inspect(t, rules, end);
	t->size += end.len;
	out.len += end.len;
	return out;
}

struct slice
text_chunk(struct text *t, struct text_rules const *rules, struct slice piece,
    bool last)
{
	struct slice out;
	size_t n = piece.len;

	if (rules->fix_lf)
		n = body_crlf(&t->bare, piece, rules->store);
	else if (n)
		memcpy(rules->store, piece.s, n);
	out = pass(t, rules, n);
	return last ? end_line(t, rules, out) : out;
}

enum reply
text_fault(struct text const *t, struct text_rules const *rules)
{
	if (t->broken) return REPLY_BROKEN_TEXT;
	if (t->size > rules->size_max) return REPLY_TOO_LARGE;
	if (t->overlong) return REPLY_LONG_TEXT_LINE;
	if (hops_too_many(&t->hops)) return REPLY_TOO_MANY_HOPS;
	return REPLY_NONE;
}
