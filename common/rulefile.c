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
	f->text = text;
	f->rest = slice_from(text.s, 0);
	f->line = 0;
	f->word[0] = '\0';
	f->len = 0;
	f->error = error;
}

int
rulefile_line(struct rulefile *f)
{
	int got = 0;

	while (!got) {
		if (!slice_line(&f->text, &f->rest)) return 0;
		f->line++;
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

int
rulefile_word(struct rulefile *f)
{
	bool quoted = false;

	while (f->rest.len && is_blank(*f->rest.s))
		next(&f->rest);
	if (!f->rest.len || *f->rest.s == '#') return 0;
	f->len = 0;
	f->word[0] = '\0';
	if (*f->rest.s == ',') return add(f, next(&f->rest)) ? 1 : -1;
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

bool
rulefile_wrong(struct rulefile *f, char const *why)
{
	f->error->line = f->line;
	snprintf(f->error->why, sizeof f->error->why, "\"%.*s%s\": %s",
	    SHOWN_MAX, f->word, f->len > SHOWN_MAX ? "..." : "", why);
	return false;
}

void *
rulefile_grow(struct rulefile *f, void *list, size_t n, size_t size)
{
	if (n & (n - 1)) return list;	/* room until the next power of two */
	list = reallocarray(list, n ? 2 * n : 1, size);
	if (!list) rulefile_wrong(f, "out of memory");
	return list;
}
