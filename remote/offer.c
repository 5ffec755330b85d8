/* SPDX-License-Identifier: ISC */
/* Reads the lines of a reply to EHLO; decides nothing. */
#include <stddef.h>
#include "remote/offer.h"

/* Offers of a single word. */
static struct {
	char const *keyword;
	size_t offset;
} const words[] = {
	{ "PIPELINING", offsetof(struct offer, pipelining) },
	{ "8BITMIME", offsetof(struct offer, eightbitmime) },
	{ "SMTPUTF8", offsetof(struct offer, smtputf8) },
	{ "DSN", offsetof(struct offer, dsn) },
	{ "CHUNKING", offsetof(struct offer, chunking) },
	{ "STARTTLS", offsetof(struct offer, starttls) },
};

static void
take_size(struct offer *o, struct slice rest)
{
	unsigned long long most;

	o->size = true;
	if (slice_number(slice_word(&rest), UINT64_MAX, &most))
		o->size_max = most;
}

static void
take_auth(struct offer *o, struct slice rest)
{
	struct slice word;

	while ((word = slice_word(&rest)).len)
		o->mechanisms |= login_mechanism_bit(word);
}

/* NAME=NUMBER, the number within so many digits that it fits anywhere */
static void
take_limits(struct offer *o, struct slice rest)
{
	struct slice word;
	unsigned long long n;

	while ((word = slice_word(&rest)).len) {
		size_t equals = slice_find(word, '=');
		struct slice name = slice_from(word.s, equals);

		if (!slice_number(slice_skip(word, equals + 1), 999999, &n))
			continue;
		if (slice_is_nocase(name, "MAILMAX"))
			o->mails_max = (unsigned)n;
		if (slice_is_nocase(name, "RCPTMAX"))
			o->rcpts_max = (unsigned)n;
		if (slice_is_nocase(name, "RCPTDOMAINMAX"))
			o->domains_max = (unsigned)n;
	}
}

void
offer_take(struct offer *o, struct slice line)
{
	struct slice keyword = slice_word(&line);
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_is_nocase(keyword, words[i].keyword))
			*(bool *)((char *)o + words[i].offset) = true;
	if (slice_is_nocase(keyword, "SIZE")) take_size(o, line);
	if (slice_is_nocase(keyword, "AUTH")) take_auth(o, line);
	/* how some wrote it before there was an RFC */
	if (slice_starts_nocase(keyword, "AUTH=")) {
		take_auth(o, slice_skip(keyword, sizeof "AUTH=" - 1));
		take_auth(o, line);
	}
	if (slice_is_nocase(keyword, "LIMITS")) take_limits(o, line);
}
