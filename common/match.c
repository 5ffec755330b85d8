/* SPDX-License-Identifier: ISC */
/* Compiles patterns and searches for them; knows nothing of mail. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include "common/match.h"

struct match {
	pcre2_code *code;
	pcre2_match_context *limits;
	uint32_t captures;
};

/* what was wrong with the last pattern: pcre2 writes no longer texts */
enum { WHY_MAX = 128 };

static bool
set_limits(struct match *m)
{
	m->limits = pcre2_match_context_create(NULL);
	return m->limits &&
	    !pcre2_set_match_limit(m->limits, MATCH_STEPS_MAX) &&
	    !pcre2_set_depth_limit(m->limits, MATCH_DEPTH_MAX) &&
	    !pcre2_set_heap_limit(m->limits, MATCH_MEMORY_MAX_K);
}

/* \C would match half a character, and names that stand twice have no
 * number. */
struct match *
match_new(struct slice pattern, char const **why, size_t *at)
{
	static char text[WHY_MAX];
	struct match *m = calloc(1, sizeof *m);
	PCRE2_SIZE offset = 0;
	int error = PCRE2_ERROR_NOMEMORY;

	*at = 0;
	*why = "out of memory";
	if (!m) return NULL;
	m->code = pcre2_compile((PCRE2_SPTR)pattern.s, pattern.len,
	    PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C,
	    &error, &offset, NULL);
	if (!m->code) {
		pcre2_get_error_message(error, (PCRE2_UCHAR *)text,
		    sizeof text);
		*why = text;
		*at = offset;
		goto undo;
	}
	pcre2_pattern_info(m->code, PCRE2_INFO_CAPTURECOUNT, &m->captures);
	if (m->captures > MATCH_CAPTURES_MAX) {
		*why = "the pattern has too many groups";
		goto undo;
	}
	if (set_limits(m)) return m;
undo:
	match_free(m);
	return NULL;
}

void
match_free(struct match *match)
{
	if (!match) return;
	pcre2_match_context_free(match->limits);
	pcre2_code_free(match->code);
	free(match);
}

static void
fill(struct slice *capture, struct slice text, pcre2_match_data *data, int n)
{
	PCRE2_SIZE const *at = pcre2_get_ovector_pointer(data);
	int i;

	for (i = 0; i <= MATCH_CAPTURES_MAX; i++, at += 2) {
		capture[i] = slice_from("", 0);
		/* \K behind a look-ahead may put the end before the start */
		if (i < n && at[0] != PCRE2_UNSET && at[0] <= at[1])
			capture[i] = slice_from(text.s + at[0], at[1] - at[0]);
	}
}

enum match_found
match_find(struct match const *match, struct slice text,
    struct slice *capture)
{
	pcre2_match_data *data =
	    pcre2_match_data_create_from_pattern(match->code, NULL);
	int n;

	if (!data) return MATCH_LIMIT;
	n = pcre2_match(match->code, (PCRE2_SPTR)(text.len ? text.s : ""),
	    text.len, 0, 0, data, match->limits);
	if (n > 0 && capture) fill(capture, text, data, n);
	pcre2_match_data_free(data);
	return n > 0 ? MATCH_YES : n == PCRE2_ERROR_NOMATCH ? MATCH_NO :
	    MATCH_LIMIT;
}

unsigned
match_captures(struct match const *match)
{
	return match->captures;
}

unsigned
match_named(struct match const *match, char const *name)
{
	int n = pcre2_substring_number_from_name(match->code,
	    (PCRE2_SPTR)name);

	return n > 0 ? (unsigned)n : 0;
}

bool
match_is_anchored(struct match const *match)
{
	uint32_t options = 0;

	pcre2_pattern_info(match->code, PCRE2_INFO_ALLOPTIONS, &options);
	return options & PCRE2_ANCHORED;
}
