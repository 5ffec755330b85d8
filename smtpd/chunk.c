/* SPDX-License-Identifier: ISC */
/* Reads the argument of BDAT; never sees the octets that follow it. */
#include "smtpd/chunk.h"

/* octets that nobody sends in one chunk, where a message may not be as large */
static unsigned long long const absurd = 1ULL << 31;

static bool
is_number(struct slice word)
{
	size_t i;

	for (i = 0; i < word.len; i++)
		if (word.s[i] < '0' || word.s[i] > '9') return false;
	return word.len > 0;
}

enum chunk_size
chunk_parse(struct chunk *c, struct slice argument,
    unsigned long long size_max)
{
	struct slice size = slice_word(&argument);
	struct slice last = slice_word(&argument);
	unsigned long long n, max = size_max < absurd ? absurd - 1 : size_max;

	if (!is_number(size)) return CHUNK_NO_NUMBER;
	if (!slice_number(size, max, &n)) return CHUNK_TOO_MANY;
	c->left = n;
	c->last = slice_is_nocase(last, "LAST");
	c->odd = (last.len && !c->last) || slice_word(&argument).len;
	return CHUNK_COUNTED;
}
