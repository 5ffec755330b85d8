/* SPDX-License-Identifier: ISC */
/* A hash table over a ring: entries are taken in turn, so that the next one is
 * always the oldest. */
#include <stdlib.h>
#include "common/hash.h"
#include "smtpd/tally.h"

enum { IP6_KEPT = 8 };	/* octets of an IPv6 address that count */

struct tally_entry {
	struct tally_who who;
	int64_t until_ms;	/* end of the span */
	uint64_t times;
	unsigned chain;		/* entry + 1; 0: the last */
};

bool
tally_address(struct tally_who *who, struct slice address)
{
	if (!netaddr_ip(who->octet, address)) return false;
	if (!netaddr_is_ip4(who->octet))
		memset(who->octet + IP6_KEPT, 0, NETADDR_OCTETS - IP6_KEPT);
	return true;
}

/* The second half is what that of no address is. */
void
tally_login(struct tally_who *who, struct slice login, uint64_t seed)
{
	uint64_t hash = hash_more(HASH_START ^ seed, login);

	memcpy(who->octet, &hash, sizeof hash);
	memcpy(who->octet + IP6_KEPT, "a login", NETADDR_OCTETS - IP6_KEPT);
}

static unsigned *
bucket_of(struct tally *tally, struct tally_who const *who)
{
	uint64_t hash = hash_more(HASH_START ^ tally->seed,
	    slice_from((char const *)who->octet, sizeof who->octet));

	return &tally->bucket[(hash ^ hash >> 32) % TALLY_BUCKETS];
}

static struct tally_entry *
find(struct tally *tally, struct tally_who const *who)
{
	unsigned at = *bucket_of(tally, who);

	while (at && memcmp(&tally->entry[at - 1].who, who, sizeof *who))
		at = tally->entry[at - 1].chain;
	return at ? &tally->entry[at - 1] : NULL;
}

static void
forget(struct tally *tally, unsigned n)
{
	unsigned *at = bucket_of(tally, &tally->entry[n].who);

	while (*at != n + 1)
		at = &tally->entry[*at - 1].chain;
	*at = tally->entry[n].chain;
}

static struct tally_entry *
take(struct tally *tally, struct tally_who const *who)
{
	unsigned n = tally->next, *bucket;

	if (!tally->entry)
		tally->entry = malloc(TALLY_MAX * sizeof *tally->entry);
	if (!tally->entry) return NULL;
	if (tally->n == TALLY_MAX)
		forget(tally, n);
	else
		tally->n++;
	tally->next = (n + 1) % TALLY_MAX;
	bucket = bucket_of(tally, who);
	tally->entry[n] = (struct tally_entry){ .who = *who,
		.chain = *bucket };
	*bucket = n + 1;
	return &tally->entry[n];
}

bool
tally_add(struct tally *tally, struct tally_who const *who, uint64_t max,
    int64_t now_ms)
{
	struct tally_entry *e = find(tally, who);

	if (!max) return false;
	if (!e) e = take(tally, who);
	if (!e) return true;
	if (!e->times || now_ms >= e->until_ms) {
		e->times = 0;
		e->until_ms = now_ms + tally->span_ms;
	}
	if (e->times >= max) return false;
	e->times++;
	return true;
}

void
tally_free(struct tally *tally)
{
	free(tally->entry);
	*tally = (struct tally){ .span_ms = tally->span_ms,
		.seed = tally->seed };
}

void
tallies_open(struct tallies *all, uint64_t seed)
{
	enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

	*all = (struct tallies){
		.rate = { .span_ms = MINUTE_MS, .seed = seed },
		.messages = { .span_ms = HOUR_MS, .seed = seed },
		.rcpts = { .span_ms = HOUR_MS, .seed = seed } };
}

void
tallies_free(struct tallies *all)
{
	tally_free(&all->rate);
	tally_free(&all->messages);
	tally_free(&all->rcpts);
}
