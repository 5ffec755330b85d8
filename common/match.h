/* SPDX-License-Identifier: ISC */
/* Regular expressions of the rule files. match.c is the only file that sees
 * pcre2, and no search runs away: each has a limit of steps, depth and memory.
 * No machine code is made at run time; the jail would not let it run. Pure. */
#ifndef MAILGRAVE_MATCH_H
#define MAILGRAVE_MATCH_H

#include "common/slice.h"

enum {
	MATCH_CAPTURES_MAX = 31,	/* groups in one pattern */
	MATCH_STEPS_MAX = 20000,	/* of one search: 1 or 2 ms */
	MATCH_DEPTH_MAX = 2000,
	MATCH_MEMORY_MAX_K = 1024
};

struct match;

/* match_new - a pattern that is searched for, in UTF-8; "$" is only at the very
 * end. NULL: *why says what is wrong (static), *at is the octet where; for want
 * of memory, too. The caller frees with match_free. */
struct match *match_new(struct slice pattern, char const **why, size_t *at);

void match_free(struct match *match);

enum match_found {
	MATCH_NO,
	MATCH_YES,
	MATCH_LIMIT	/* neither: a limit ended the search, there was no
			 * memory, or the text is no UTF-8 */
};

/* match_find - search in text
 *   capture  NULL, or MATCH_CAPTURES_MAX + 1 views into text: all that matched,
 *            then the groups; one that took no part is empty. Filled when
 *            found. */
enum match_found match_find(struct match const *match, struct slice text,
    struct slice *capture);

/* match_captures - how many groups the pattern has */
unsigned match_captures(struct match const *match);

/* match_named - the number of the group of this name, 0 when there is none */
unsigned match_named(struct match const *match, char const *name);

/* match_is_anchored - it can begin only where the text does */
bool match_is_anchored(struct match const *match);

#endif
