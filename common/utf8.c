/* SPDX-License-Identifier: ISC */
/* Takes UTF-8 apart and puts it together; never repairs any. */
#include "common/utf8.h"

/* By the number of octets: what the first one is marked with, and the least
 * number that needs so many. */
static struct {
	unsigned char mark, mask;
	uint32_t least;
} const forms[UTF8_MAX + 1] = {
	[1] = { 0x00, 0x80, 0 },
	[2] = { 0xc0, 0xe0, 0x80 },
	[3] = { 0xe0, 0xf0, 0x800 },
	[4] = { 0xf0, 0xf8, 0x10000 },
};

static bool
is_character(uint32_t point)
{
	return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

static size_t
length(unsigned char first)
{
	size_t n;

	for (n = 1; n <= UTF8_MAX; n++)
		if ((first & forms[n].mask) == forms[n].mark) return n;
	return 0;
}

size_t
utf8_take(struct slice in, uint32_t *point)
{
	size_t i, n = in.len ? length((unsigned char)*in.s) : 0;
	uint32_t value;

	if (!n || n > in.len) return 0;
	value = (unsigned char)*in.s & (unsigned char)~forms[n].mask;
	for (i = 1; i < n; i++) {
		unsigned char c = (unsigned char)in.s[i];

		if ((c & 0xc0) != 0x80) return 0;
		value = value << 6 | (c & 0x3f);
	}
	if (value < forms[n].least || !is_character(value)) return 0;
	*point = value;
	return n;
}

size_t
utf8_put(char *out, uint32_t point)
{
	size_t i, n = UTF8_MAX;

	if (!is_character(point)) return 0;
	while (point < forms[n].least)
		n--;
	for (i = n - 1; i; i--, point >>= 6)
		out[i] = (char)(0x80 | (point & 0x3f));
	out[0] = (char)(forms[n].mark | point);
	return n;
}

/* What joins the character before it. */
static bool
is_mark(uint32_t point)
{
	static struct {
		uint32_t first, last;
	} const marks[] = {
		{ 0x0300, 0x036f },	/* of Latin, Greek, Cyrillic */
		{ 0x1161, 0x1175 }, { 0x11a8, 0x11c2 },	/* Hangul */
		{ 0x3099, 0x309a },	/* Hiragana, Katakana */
	};
	size_t i;

	for (i = 0; i < sizeof marks / sizeof *marks; i++)
		if (point >= marks[i].first && point <= marks[i].last)
			return true;
	return false;
}

bool
utf8_is_composed(struct slice text)
{
	uint32_t point;

	while (text.len) {
		size_t n = utf8_take(text, &point);

		if (n && is_mark(point)) return false;
		text = slice_skip(text, n ? n : 1);
	}
	return true;
}

bool
utf8_is_ascii(struct slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.s[i] > 127) return false;
	return true;
}
