/* SPDX-License-Identifier: ISC */
/* What became of tries (common/deliver.h) whose results may have been lost on
 * their way to send, and which tries still go on. Bounded; the oldest results
 * are forgotten first. Pure. */
#ifndef MAILGRAVE_PAST_H
#define MAILGRAVE_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/slice.h"
#include "common/traceid.h"

enum {
	PAST_MAX = 4096,	/* results that are remembered; with all their
				 * texts some 5 MB */
	PAST_WORDS_MAX = 512,	/* octets kept of the other side's words */
	PAST_SLOTS = 2 * PAST_MAX
};

/* A try, as send names it. */
struct past_key {
	struct traceid id;
	uint32_t rcpt;
	uint32_t attempt;
};

struct past_result {
	uint8_t verdict;	/* enum verdict */
	uint8_t dsn;
	struct slice status, where, words;
};

/* A try that goes on. Lives in its owner's struct from past_begin to
 * past_end. */
struct past_try {
	struct past_key key;
	struct past_try *chain;
};

struct past_entry;

/* Zeroed it is empty. */
struct past {
	struct past_entry *slot[PAST_SLOTS];
	struct past_try *going[PAST_SLOTS];
	struct past_entry *oldest, *newest;
	size_t n;
};

/* past_keep - remember a result; what was known of this try is forgotten
 *   The texts are copied; of words no more than PAST_WORDS_MAX octets.
 *   false  out of memory: the result is not known */
bool past_keep(struct past *past, struct past_key const *key,
    struct past_result const *result);

/* past_find - the result of a try; its texts live until the next past_keep
 *   false  it isn't known */
bool past_find(struct past const *past, struct past_key const *key,
    struct past_result *result);

/* past_begin - key is set: it is under way from now on; past_end - no more */
void past_begin(struct past *past, struct past_try *try);
void past_end(struct past *past, struct past_try *try);

/* past_going - the try of this key that is under way, the one begun last;
 * NULL: none is */
struct past_try *past_going(struct past const *past,
    struct past_key const *key);

/* past_free - the results; tries are their owners' */
void past_free(struct past *past);

#endif
