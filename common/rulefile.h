/* SPDX-License-Identifier: ISC */
/* The form that routes and access share: a rule a line, words between blanks,
 * comments from a word that begins with # to the end of the line. Double
 * quotes keep blanks in a word; within them a backslash takes the next octet
 * as it is. A comma outside of quotes is a word of its own. Pure. */
#ifndef MAILGRAVE_RULEFILE_H
#define MAILGRAVE_RULEFILE_H

#include <stdbool.h>
#include "common/slice.h"

/* What is wrong with a file, and where. */
struct parse_error {
	unsigned line;		/* from 1 */
	char why[200];
};

enum { RULEFILE_WORD_MAX = 1023 };

/* A file that is being read. */
struct rulefile {
	struct slice text;	/* the lines after this one */
	struct slice rest;	/* of this line, after the word */
	unsigned line;		/* from 1 */
	char word[RULEFILE_WORD_MAX + 1];	/* without quotes, NUL */
	size_t len;		/* of word */
	struct parse_error *error;
};

/* rulefile_begin - stand before the first line; text and error must live as
 * long as f */
void rulefile_begin(struct rulefile *f, struct slice text,
    struct parse_error *error);

/* rulefile_line - go to the next line that has a word, and read that
 *   1 f->word holds it; 0 no more lines; -1 *error says why */
int rulefile_line(struct rulefile *f);

/* rulefile_word - the next word of the line
 *   1 f->word holds it; 0 no more words, f->word is still the last; -1 *error
 *   says why */
int rulefile_word(struct rulefile *f);

/* rulefile_want - one word more there must be
 *   missing  what to say when there is none
 *   false    *error says why */
bool rulefile_want(struct rulefile *f, char const *missing);

/* rulefile_end - no further word there may be; false: *error names it */
bool rulefile_end(struct rulefile *f);

/* rulefile_wrong - fill *error with line, word and why; always false */
bool rulefile_wrong(struct rulefile *f, char const *why);

/* rulefile_grow - room for one element after the n there are
 *   list  NULL or what the last call returned; grows by doubling
 *   returns NULL when there is no memory: *error says so, list is as before */
void *rulefile_grow(struct rulefile *f, void *list, size_t n, size_t size);

#endif
