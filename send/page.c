/* SPDX-License-Identifier: ISC */
/* Writes texts of others so that they break nothing; knows no report. */
#include <stdio.h>
#include "common/date.h"
#include "common/utf8.h"
#include "send/page.h"

enum { FOLD = 76 };

void
page_put(struct page *p, struct slice s)
{
	if (!stralloc_catb(p->out, s.s, s.len)) p->failed = true;
}

void
page_say(struct page *p, char const *s)
{
	page_put(p, slice_of(s));
}

void
page_words(struct page *p, struct slice words, char const *indent)
{
	size_t i, column = 0;
	bool fold = false;

	if (words.len > PAGE_WORDS_MAX) words.len = PAGE_WORDS_MAX;
	for (i = 0; i < words.len; i++) {
		char c = words.s[i];

		/* one line end, however many there are, and none at the end */
		if (c == '\r' || c == '\n' || (c == ' ' &&
		    (fold || !column || column >= FOLD))) {
			fold = column > 0;
			continue;
		}
		if (fold || column >= 3 * FOLD) {
			page_say(p, "\r\n");
			page_say(p, indent);
			fold = false;
			column = 0;
		}
		if (c < ' ' || c > '~') c = '?';
		page_put(p, slice_from(&c, 1));
		column++;
	}
}

void
page_date(struct page *p, int64_t wall_s)
{
	char date[DATE822_TEXT + 1];

	page_say(p, date822(date, wall_s));
	page_say(p, "\r\n");
}

void
page_id(struct page *p, struct traceid const *id)
{
	char text[TRACEID_TEXT + 1];

	page_say(p, traceid_format(text, id));
}

/* One character that isn't ASCII, as RFC 6533 section 3 writes it in seven
 * bits; so does it what can't stand for itself beside such. */
static void
put_embedded(struct page *p, uint32_t point)
{
	char text[16];

	snprintf(text, sizeof text, "\\x{%02X}", (unsigned)point);
	page_say(p, text);
}

/* What is no character, or one for terminals alone, is no part of any
 * address. */
void
page_address(struct page *p, struct slice address)
{
	bool ascii = utf8_is_ascii(address);

	while (address.len) {
		uint32_t point;
		size_t n = utf8_take(address, &point);

		if (!n || utf8_is_control(point)) {
			page_say(p, "?");
			n = n ? n : 1;
		} else if (ascii || p->utf8 || (point > ' ' && point < 127 &&
		    !strchr("+=\\", (int)point))) {
			page_put(p, slice_from(address.s, n));
		} else {
			put_embedded(p, point);
		}
		address = slice_skip(address, n);
	}
}

void
page_typed(struct page *p, struct slice type, struct slice address)
{
	page_put(p, type);
	page_say(p, "; ");
	page_address(p, address);
}
