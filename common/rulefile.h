/* SPDX-License-Identifier: ISC */
/* The form that routes and access share: a rule a line, words between blanks,
 * comments from a word that begins with # to the end of the line. Double
 * quotes keep blanks in a word; within them a backslash takes the next octet
 * as it is. A comma outside of quotes is a word of its own. Where patterns may
 * stand, a word that begins with "/" runs to the next "/" that no backslash
 * stands before, and quotes and commas in it are its own. Pure. */
#ifndef MAILGRAVE_RULEFILE_H
#define MAILGRAVE_RULEFILE_H

#include <stdbool.h>
#include "common/slice.h"

/* What is wrong with a file, and where. */
struct parse_error {
	unsigned line;		/* from 1 */
	unsigned column;	/* of the word, in octets, from 1; 0: unknown */
	char why[200];
};

/* What is no mistake, but hardly meant. */
struct warnings {
	struct parse_error *at;
	size_t n;
};

enum {
	RULEFILE_WORD_MAX = 1023,
	RULEFILE_LINE_MAX = 65535,
	RULEFILE_LINES_MAX = 1000000,	/* comments and all */
	RULEFILE_WARNINGS_MAX = 100	/* more are not kept */
};

/* A file that is being read. */
struct rulefile {
	struct slice text;	/* the lines after this one */
	struct slice rest;	/* of this line, after the word */
	char const *start;	/* of this line */
	unsigned line;		/* from 1 */
	unsigned column;	/* where the word began, from 1 */
	char word[RULEFILE_WORD_MAX + 1];	/* without quotes, NUL */
	size_t len;		/* of word */
	bool comma;		/* the word is the comma between words */
	bool pattern;		/* it stood between slashes, and lacks them */
	bool patterns;		/* set by the caller: the next may be one */
	struct parse_error *error;
};

/* rulefile_begin - stand before the first line, and behind the byte order mark
 * that some editors put before it; text and error must live as long as f */
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

/* rulefile_code, rulefile_status, rulefile_text - the word is what a refusal
 * needs: a reply code from 400 to 599, but not 421, which ends the connection;
 * an enhanced status of its class (RFC 3463); printable ASCII, at most max
 * octets; false: *error says why */
bool rulefile_code(struct rulefile *f, unsigned *code);
bool rulefile_status(struct rulefile *f, unsigned code);
bool rulefile_text(struct rulefile *f, size_t max);

/* rulefile_warn - add to a list that warnings_free frees; one that is full, or
 * without memory, stays as it is
 *   line, column  where; not those of the word that was read last */
void rulefile_warn(struct warnings *w, unsigned line, unsigned column,
    char const *what, char const *why);

void warnings_free(struct warnings *w);

/* rulefile_grow - room for one element after the n there are
 *   list  NULL or what the last call returned; grows by doubling
 *   returns NULL when there is no memory: *error says so, list is as before */
void *rulefile_grow(struct rulefile *f, void *list, size_t n, size_t size);

#endif
