/* SPDX-License-Identifier: ISC */
/* Splits rule files into words and says where they are wrong; never knows what
 * a word means. */
#include <stdio.h>
#include <stdlib.h>
#include "common/rulefile.h"

enum { SHOWN_MAX = 80 };	/* octets of a wrong word that *error repeats */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 127;
}

void
rulefile_begin(struct rulefile *f, struct slice text,
    struct parse_error *error)
{
	static char const mark[] = "\xef\xbb\xbf"; /* U+FEFF */

	if (slice_starts_nocase(text, mark)) text = slice_skip(text, 3);
	f->text = text;
	f->rest = slice_from(text.s, 0);
	f->start = text.s;
	f->line = f->column = 0;
	f->word[0] = '\0';
	f->len = 0;
	f->comma = f->pattern = f->patterns = false;
	f->error = error;
}

static void
begin_word(struct rulefile *f)
{
	f->column = (unsigned)(f->rest.s - f->start) + 1;
	f->len = 0;
	f->word[0] = '\0';
	f->comma = f->pattern = false;
}

int
rulefile_line(struct rulefile *f)
{
	int got = 0;

	while (!got) {
		if (!slice_line(&f->text, &f->rest)) return 0;
		f->start = f->rest.s;
		f->line++;
		if (f->rest.len > RULEFILE_LINE_MAX ||
		    f->line > RULEFILE_LINES_MAX) {
			begin_word(f);
			rulefile_wrong(f, f->line > RULEFILE_LINES_MAX
			    ? "too many lines" : "the line is too long");
			return -1;
		}
		got = rulefile_word(f);
	}
	return got;
}

static char
next(struct slice *in)
{
	char c = *in->s;

	*in = slice_skip(*in, 1);
	return c;
}

static bool
add(struct rulefile *f, char c)
{
	if (is_control(c))
		return rulefile_wrong(f, "a control octet comes next");
	if (f->len == RULEFILE_WORD_MAX)
		return rulefile_wrong(f, "the word is too long");
	f->word[f->len++] = c;
	f->word[f->len] = '\0';
	return true;
}

/* what stands between slashes: backslashes stay, they are the pattern's */
static int
take_pattern(struct rulefile *f)
{
	bool escaped = false;

	f->pattern = true;
	next(&f->rest);
	while (f->rest.len) {
		char c = next(&f->rest);

		if (c == '/' && !escaped) {
			if (!f->rest.len || is_blank(*f->rest.s)) return 1;
			rulefile_wrong(f, "only a blank may follow a pattern");
			return -1;
		}
		escaped = c == '\\' && !escaped;
		if (!add(f, c)) return -1;
	}
	rulefile_wrong(f, "the closing slash is missing");
	return -1;
}

int
rulefile_word(struct rulefile *f)
{
	bool quoted = false;

	while (f->rest.len && is_blank(*f->rest.s))
		next(&f->rest);
	if (!f->rest.len || *f->rest.s == '#') return 0;
	begin_word(f);
	f->comma = *f->rest.s == ',';
	if (f->comma) return add(f, next(&f->rest)) ? 1 : -1;
	if (f->patterns && *f->rest.s == '/') return take_pattern(f);
	while (f->rest.len) {
		char c = *f->rest.s;

		if (!quoted && (is_blank(c) || c == ',')) break;
		next(&f->rest);
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (quoted && c == '\\' && f->rest.len) c = next(&f->rest);
		if (!add(f, c)) return -1;
	}
	if (!quoted) return 1;
	rulefile_wrong(f, "the closing quote is missing");
	return -1;
}

bool
rulefile_want(struct rulefile *f, char const *missing)
{
	int got = rulefile_word(f);

	return got ? got == 1 : rulefile_wrong(f, missing);
}

bool
rulefile_end(struct rulefile *f)
{
	int got = rulefile_word(f);

	if (got == 1) rulefile_wrong(f, "nothing may follow here");
	return !got;
}

static void
say(struct parse_error *e, unsigned line, unsigned column, char const *word,
    char const *why)
{
	e->line = line;
	e->column = column;
	snprintf(e->why, sizeof e->why, "\"%.*s%s\": %s", SHOWN_MAX, word,
	    strlen(word) > SHOWN_MAX ? "..." : "", why);
}

bool
rulefile_wrong(struct rulefile *f, char const *why)
{
	say(f->error, f->line, f->column, f->word, why);
	return false;
}

bool
rulefile_code(struct rulefile *f, unsigned *code)
{
	unsigned long long n;

	if (!slice_number(slice_from(f->word, f->len), 599, &n) || n < 400 ||
	    n == 421)
		return rulefile_wrong(f, "a code is 4xx or 5xx, but not 421");
	*code = (unsigned)n;
	return true;
}

/* class "." subject "." detail, of at most three digits (RFC 3463) */
bool
rulefile_status(struct rulefile *f, unsigned code)
{
	struct slice rest = slice_from(f->word, f->len);
	unsigned part;

	for (part = 0; part < 3; part++) {
		size_t n = slice_find(rest, '.');
		struct slice digits = slice_from(rest.s, n);
		unsigned long long value;

		if (n > 3 || (n < rest.len) != (part < 2) ||
		    !slice_number(digits, 999, &value) ||
		    (!part && (n != 1 || value != code / 100)))
			return rulefile_wrong(f, "a status is like 5.7.1, and "
						 "of the class of the code");
		rest = slice_skip(rest, n + 1);
	}
	return true;
}

bool
rulefile_text(struct rulefile *f, size_t max)
{
	size_t i;

	if (f->len > max) return rulefile_wrong(f, "the text is too long");
	for (i = 0; i < f->len; i++)
		if (f->word[i] < ' ' || f->word[i] > '~')
			return rulefile_wrong(f, "a text is printable ASCII");
	return f->len || rulefile_wrong(f, "a text says something");
}

void
rulefile_warn(struct warnings *w, unsigned line, unsigned column,
    char const *what, char const *why)
{
	struct parse_error *more;

	if (w->n == RULEFILE_WARNINGS_MAX) return;
	more = reallocarray(w->at, w->n + 1, sizeof *more);
	if (!more) return;
	w->at = more;
	say(&w->at[w->n++], line, column, what, why);
}

void
warnings_free(struct warnings *w)
{
	free(w->at);
	*w = (struct warnings){ .n = 0 };
}

void *
rulefile_grow(struct rulefile *f, void *list, size_t n, size_t size)
{
	if (n & (n - 1)) return list;	/* room until the next power of two */
	list = reallocarray(list, n ? 2 * n : 1, size);
	if (!list) rulefile_wrong(f, "out of memory");
	return list;
}
