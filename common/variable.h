/* SPDX-License-Identifier: ISC */
/* What stands for ${local}, ${domain}, ${ext}, ${1} and ${name} in the words
 * of a route. What an address brings is hostile: each use has its rule. "$$"
 * is one dollar. Pure. */
#ifndef MAILGRAVE_VARIABLE_H
#define MAILGRAVE_VARIABLE_H

#include "common/match.h"

struct variables {
	struct slice local, domain, ext;
	struct match const *match;	/* of the line, or NULL */
	struct slice capture[MATCH_CAPTURES_MAX + 1];
};

enum variable_use {
	VARIABLE_PATH,		/* not empty, no "/", no "." first, no control
				 * octet; no ".lock" last, which is beside an
				 * mbox; utf8_is_composed, or one name would be
				 * two mailboxes */
	VARIABLE_ARGUMENT,	/* no "/", no "." first, no control octet, no
				 * "-" first: no word becomes an option */
	VARIABLE_ADDRESS,	/* no control octet */
};

/* variable_is_in - the word has a "$" that is not doubled */
bool variable_is_in(char const *word);

/* variable_fault - what is wrong with the variables of a word (static), NULL
 * when nothing is; match is the pattern of its line, or NULL */
char const *variable_fault(char const *word, struct match const *match);

/* variable_expand - the word with its variables replaced, and a NUL
 *   room   octets of out
 *   false  it doesn't fit, or a value breaks the rule of its use */
bool variable_expand(struct variables const *v, enum variable_use use,
    struct slice word, char *out, size_t room);

#endif
