/* SPDX-License-Identifier: ISC */
/* Two hash tables by try, and a list of the results by age. */
#include <stdlib.h>
#include "common/past.h"

struct past_entry {
	struct past_key key;
	struct past_entry *chain, *younger;
	struct past_result result;	/* its texts are in octet */
	char octet[];
};

/* An id ends in random octets that nobody outside can choose. */
static size_t
slot_of(struct past_key const *key)
{
	size_t hash;

	memcpy(&hash, key->id.octet + TRACEID_OCTETS - sizeof hash,
	    sizeof hash);
	hash ^= (key->rcpt * UINT64_C(0x9e3779b97f4a7c15)) >> 32;
	return (hash + key->attempt) % PAST_SLOTS;
}

static bool
same(struct past_key const *a, struct past_key const *b)
{
	return a->rcpt == b->rcpt && a->attempt == b->attempt &&
	    traceid_eq(&a->id, &b->id);
}

static struct past_entry *
find(struct past const *past, struct past_key const *key)
{
	struct past_entry *entry = past->slot[slot_of(key)];

	while (entry && !same(&entry->key, key))
		entry = entry->chain;
	return entry;
}

/* forget - take it out of its slot; its place in the list is the caller's */
static void
forget(struct past *past, struct past_entry *entry)
{
	struct past_entry **at = &past->slot[slot_of(&entry->key)];

	while (*at != entry)
		at = &(*at)->chain;
	*at = entry->chain;
	free(entry);
	past->n--;
}

static void
forget_oldest(struct past *past)
{
	struct past_entry *oldest = past->oldest;

	past->oldest = oldest->younger;
	if (!past->oldest) past->newest = NULL;
	forget(past, oldest);
}

static void
forget_one(struct past *past, struct past_entry *entry)
{
	struct past_entry *older = past->oldest;

	if (entry == older) {
		forget_oldest(past);
		return;
	}
	while (older->younger != entry)
		older = older->younger;
	older->younger = entry->younger;
	if (past->newest == entry) past->newest = older;
	forget(past, entry);
}

static struct slice
copy(char **to, struct slice text)
{
	char *s = *to;

	if (text.len) memcpy(s, text.s, text.len);
	*to += text.len;
	return slice_from(s, text.len);
}

bool
past_keep(struct past *past, struct past_key const *key,
    struct past_result const *result)
{
	struct past_entry *entry = find(past, key), **slot;
	struct slice words = result->words;
	char *octet;

	if (entry) forget_one(past, entry);
	if (past->n == PAST_MAX) forget_oldest(past);
	if (words.len > PAST_WORDS_MAX) words.len = PAST_WORDS_MAX;
	entry = malloc(sizeof *entry + result->status.len +
	    result->where.len + words.len);
	if (!entry) return false;
	octet = entry->octet;
	slot = &past->slot[slot_of(key)];
	*entry = (struct past_entry){ .key = *key, .chain = *slot,
				      .result = *result };
	entry->result.status = copy(&octet, result->status);
	entry->result.where = copy(&octet, result->where);
	entry->result.words = copy(&octet, words);
	*slot = entry;
	if (past->newest)
		past->newest->younger = entry;
	else
		past->oldest = entry;
	past->newest = entry;
	past->n++;
	return true;
}

bool
past_find(struct past const *past, struct past_key const *key,
    struct past_result *result)
{
	struct past_entry const *entry = find(past, key);

	if (entry) *result = entry->result;
	return entry != NULL;
}

void
past_begin(struct past *past, struct past_try *try)
{
	struct past_try **slot = &past->going[slot_of(&try->key)];

	try->chain = *slot;
	*slot = try;
}

void
past_end(struct past *past, struct past_try *try)
{
	struct past_try **at = &past->going[slot_of(&try->key)];

	while (*at != try)
		at = &(*at)->chain;
	*at = try->chain;
}

struct past_try *
past_going(struct past const *past, struct past_key const *key)
{
	struct past_try *try = past->going[slot_of(key)];

	while (try && !same(&try->key, key))
		try = try->chain;
	return try;
}

void
past_free(struct past *past)
{
	while (past->oldest)
		forget_oldest(past);
}
