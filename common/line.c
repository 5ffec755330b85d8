/* SPDX-License-Identifier: ISC */
/* Gathers one CRLF line from octets as they come; never reads, never grows. */
#include "common/line.h"

static bool
holds(struct slice part, char octet)
{
	return slice_find(part, octet) < part.len;
}

static void
keep(struct line *line, struct slice part, size_t cap)
{
	size_t room = cap > line->len ? cap - line->len : 0;

	if (part.len > room) {
		line->overlong = true;
		part.len = room;
	}
	if (!part.len) return;
	memcpy(line->octet + line->len, part.s, part.len);
	line->len += part.len;
}

static void
begin(struct line *line)
{
	line->len = 0;
	line->cr = line->broken = line->overlong = line->done = false;
}

/* A CR is held back until the next octet tells whether it was half of the
 * line's end, so that a cut between CR and LF changes nothing. */
int
line_feed(struct line *line, struct slice *in, size_t cap)
{
	size_t n = slice_find(*in, '\n');
	struct slice part = slice_from(in->s, n);
	bool ends = n < in->len;

	if (line->done) begin(line);
	*in = slice_skip(*in, n + 1);
	if (line->cr && part.len) {
		line->broken = true;
		keep(line, SLICE("\r"), cap);
		line->cr = false;
	}
	if (part.len && part.s[part.len - 1] == '\r') {
		line->cr = true;
		part.len--;
	}
	if (holds(part, '\r') || holds(part, '\0')) line->broken = true;
	keep(line, part, cap);
	if (!ends) return 0;
	if (!line->cr) line->broken = true;
	line->done = true;
	return 1;
}
