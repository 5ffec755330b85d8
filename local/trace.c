/* SPDX-License-Identifier: ISC */
/* Reads header lines up to the empty one; never unfolds: what we write has no
 * fold. */
#include "local/trace.h"

static bool
names(struct slice line, struct slice address)
{
	static char const name[] = "Delivered-To:";
	struct slice value;
	size_t i;

	if (!slice_starts_nocase(line, name)) return false;
	line = slice_skip(line, sizeof name - 1);
	value = slice_word(&line);
	if (value.len != address.len) return false;
	for (i = 0; i < value.len; i++)
		if (slice_lower(value.s[i]) != slice_lower(address.s[i]))
			return false;
	return true;
}

enum trace_answer
trace_feed(struct trace *t, struct slice in)
{
	while (line_feed(&t->line, &in, LINE_MAX_OCTETS)) {
		struct slice line = line_text(&t->line);

		if (t->line.overlong) continue;
		if (!line.len) return TRACE_NEW;
		if (names(line, t->address)) return TRACE_BEEN;
	}
	return TRACE_UNSURE;
}
