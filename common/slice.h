/* SPDX-License-Identifier: ISC */
/* Borrowed octets. A slice owns nothing; whoever declares one says until when
 * it may be read. */
#ifndef MAILGRAVE_SLICE_H
#define MAILGRAVE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	char const *s;
	size_t len;
};

#define SLICE(literal) \
	((struct slice){ .s = "" literal, .len = sizeof(literal) - 1 })

static inline struct slice
slice_of(char const *text)
{
	return (struct slice){ .s = text, .len = strlen(text) };
}

static inline struct slice
slice_from(char const *s, size_t len)
{
	return (struct slice){ .s = s, .len = len };
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (!a.len || !memcmp(a.s, b.s, a.len));
}

/* slice_is - the same octets as a NUL-terminated text */
static inline bool
slice_is(struct slice a, char const *text)
{
	return slice_eq(a, slice_of(text));
}

/* slice_skip - drop the first n octets, at most all of them */
static inline struct slice
slice_skip(struct slice a, size_t n)
{
	if (n > a.len) n = a.len;
	return (struct slice){ .s = a.len ? a.s + n : a.s, .len = a.len - n };
}

/* slice_find - where the octet first stands; a.len when it does not */
static inline size_t
slice_find(struct slice a, char octet)
{
	char const *at = a.len ? memchr(a.s, octet, a.len) : NULL;

	return at ? (size_t)(at - a.s) : a.len;
}

/* slice_lower - ASCII letters only: other octets are nobody's upper case */
static inline char
slice_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* slice_is_nocase - like slice_is, ASCII letters without case */
bool slice_is_nocase(struct slice a, char const *text);

/* slice_starts_nocase - a begins with text, ASCII letters without case */
bool slice_starts_nocase(struct slice a, char const *text);

/* slice_word - next run of octets that are neither space nor tab, as a view
 *   in   advanced past the word and the white space before it
 *   empty when there is none left */
struct slice slice_word(struct slice *in);

/* slice_line - next line as a view, without its LF and a CR before that
 *   in     advanced past the line; a last line needs no LF
 *   false  nothing is left */
bool slice_line(struct slice *in, struct slice *line);

/* slice_number - decimal digits, the whole slice, no sign, at most max
 *   false  empty, another octet, or too large; *n is untouched then */
bool slice_number(struct slice a, unsigned long long max,
    unsigned long long *n);

#endif
