/* SPDX-License-Identifier: ISC */
/* Reads replies, keeps a bounded part of them; never decides what they mean. */
#include "remote/reply.h"

enum { CODE_DIGITS = 3, CLASS_AND_DOT = 2 };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A status of RFC 3463: class "." subject "." detail. */
static bool
is_status(struct slice word, char class)
{
	size_t part, n, i = CLASS_AND_DOT;

	if (word.len > STATUS_MAX || word.len < i) return false;
	if (word.s[0] != class || word.s[1] != '.') return false;
	for (part = 0; part < 2; part++) {
		for (n = 0; i < word.len && is_digit(word.s[i]); i++)
			n++;
		if (!n || n > 3) return false;
		if (!part && (i == word.len || word.s[i++] != '.'))
			return false;
	}
	return i == word.len;
}

/* The status that the words begin with; empty if they have none. */
static struct slice
own_status(struct reply const *r)
{
	struct slice rest = slice_skip(reply_words(r), CODE_DIGITS);
	struct slice word = slice_word(&rest);

	return is_status(word, r->words[0]) ? word : slice_from(NULL, 0);
}

/* Control octets would let the other side write on terminals and into headers.
 * What is beyond ASCII is kept: it may be a language. */
static void
keep(struct reply *r, struct slice text)
{
	size_t i;

	for (i = 0; i < text.len && r->words_len < WORDS_MAX; i++) {
		unsigned char c = (unsigned char)text.s[i];

		r->words[r->words_len++] = c == '\t' ? ' ' :
		    c < ' ' || c == 0x7f ? '?' : text.s[i];
	}
}

/* The line goes on behind what is kept already; a status that it repeats
 * (RFC 2034 section 4 demands it on every line) is said once. */
static void
keep_line(struct reply *r, struct slice line)
{
	struct slice text, rest, word;

	if (!r->words_len) {
		keep(r, slice_from(line.s, CODE_DIGITS));
		text = reply_line(r);
	} else {
		rest = text = reply_line(r);
		word = slice_word(&rest);
		if (word.len && slice_eq(word, own_status(r)))
			text = slice_skip(rest, 1);
	}
	if (!text.len) return;
	keep(r, SLICE(" "));
	keep(r, text);
}

static enum reply_got
bad(struct reply *r, char const *why)
{
	r->why = why;
	return REPLY_BAD;
}

static enum reply_got
take_line(struct reply *r)
{
	struct slice line = line_text(&r->line);
	unsigned code = 0;
	bool last;
	size_t i;

	/* other odd octets are text: a legal code counts, whatever follows */
	if (!r->line.cr) return bad(r, "a bare LF");
	for (i = 0; i < CODE_DIGITS; i++) {
		if (i == line.len || !is_digit(line.s[i]))
			return bad(r, "a line without a code");
		code = 10 * code + (unsigned)(line.s[i] - '0');
	}
	if (code < 200 || code > 599) return bad(r, "an unknown code");
	last = line.len == CODE_DIGITS || line.s[CODE_DIGITS] == ' ';
	if (!last && line.s[CODE_DIGITS] != '-')
		return bad(r, "a line without a code");
	if (r->code && code != r->code)
		return bad(r, "two codes in one reply");
	r->code = code;
	r->lines++;
	keep_line(r, line);
	r->whole = last;
	return last ? REPLY_WHOLE : REPLY_LINE;
}

enum reply_got
reply_feed(struct reply *r, struct slice *in)
{
	struct slice part = *in;
	size_t taken;
	int got;

	if (r->whole) {
		r->whole = false;
		r->code = 0;
		r->words_len = r->octets = r->lines = 0;
	}
	if (part.len > REPLY_OCTETS_MAX - r->octets)
		part.len = REPLY_OCTETS_MAX - r->octets;
	taken = part.len;
	got = line_feed(&r->line, &part, REPLY_LINE_MAX);
	taken -= part.len;
	r->octets += taken;
	*in = slice_skip(*in, taken);
	if (got) {
		enum reply_got line = take_line(r);

		if (line != REPLY_LINE || r->octets < REPLY_OCTETS_MAX)
			return line;
	}
	return r->octets < REPLY_OCTETS_MAX ? REPLY_MORE :
	    bad(r, "a reply without an end");
}

struct slice
reply_line(struct reply const *r)
{
	return slice_skip(line_text(&r->line), CODE_DIGITS + 1);
}

void
reply_status(struct reply const *r, char class, char status[STATUS_MAX + 1])
{
	struct slice own = own_status(r);

	if (!own.len) own = SLICE("c.0.0");
	memcpy(status, own.s, own.len);
	status[own.len] = '\0';
	status[0] = class;
}
