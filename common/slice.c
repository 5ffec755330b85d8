/* SPDX-License-Identifier: ISC */
/* Looks at borrowed octets; never copies, allocates or keeps one. */
#include "common/slice.h"

bool
slice_starts_nocase(struct slice a, char const *text)
{
	size_t i;

	for (i = 0; text[i]; i++) {
		if (i == a.len) return false;
		if (slice_lower(a.s[i]) != slice_lower(text[i])) return false;
	}
	return true;
}

bool
slice_is_nocase(struct slice a, char const *text)
{
	return a.len == strlen(text) && slice_starts_nocase(a, text);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct slice
slice_word(struct slice *in)
{
	struct slice word;
	size_t n = 0;

	while (n < in->len && is_blank(in->s[n]))
		n++;
	*in = slice_skip(*in, n);
	for (n = 0; n < in->len && !is_blank(in->s[n]); n++)
		;
	word = slice_from(in->s, n);
	*in = slice_skip(*in, n);
	return word;
}

bool
slice_line(struct slice *in, struct slice *line)
{
	size_t n;

	if (!in->len) return false;
	n = slice_find(*in, '\n');
	*line = slice_from(in->s, n);
	*in = slice_skip(*in, n + 1);
	if (line->len && line->s[line->len - 1] == '\r') line->len--;
	return true;
}

bool
slice_number(struct slice a, unsigned long long max, unsigned long long *n)
{
	unsigned long long value = 0;
	size_t i;

	if (!a.len) return false;
	for (i = 0; i < a.len; i++) {
		unsigned digit = (unsigned)(a.s[i] - '0');

		if (a.s[i] < '0' || a.s[i] > '9') return false;
		if (digit > max || value > (max - digit) / 10) return false;
		value = value * 10 + digit;
	}
	*n = value;
	return true;
}
