/* SPDX-License-Identifier: ISC */
/* A table of facts; what the DNS is asked, and how, is question.c's. */
#include <stdlib.h>
#include "common/hash.h"
#include "smtpd/lookup.h"

/* About one address: its name, or whether a zone lists it. */
struct fact {
	struct lookups *all;
	struct fact *chain;		/* of its bucket */
	struct fact *next, **at;	/* by age, once it is known */
	struct question *question;	/* until then */
	struct lookup_waiter *waiters;
	unsigned char octet[NETADDR_OCTETS];
	enum answer answer;
	int64_t until_ms;
	char *name;			/* of ANSWER_YES */
	char zone[];			/* empty: it is about the name */
};

static struct fact **
bucket_of(struct lookups *all, unsigned char const *octet, char const *zone)
{
	uint64_t hash = hash_more(HASH_START ^ all->seed,
	    slice_from((char const *)octet, NETADDR_OCTETS));

	hash = hash_more(hash, slice_of(zone));
	return &all->bucket[(hash ^ hash >> 32) % LOOKUP_BUCKETS];
}

void
lookup_leave(struct lookup_waiter *w)
{
	if (!w->at) return;
	*w->at = w->next;
	if (w->next) w->next->at = w->at;
	w->at = NULL;
}

static void
wait_for(struct fact *f, struct lookup_waiter *w)
{
	if (w->at) return;
	w->next = f->waiters;
	w->at = &f->waiters;
	if (w->next) w->next->at = &w->next;
	f->waiters = w;
}

static void
free_fact(struct fact *f)
{
	while (f->waiters)
		lookup_leave(f->waiters);
	question_free(f->question);
	free(f->name);
	free(f);
}

/* forget - one that is known */
static void
forget(struct lookups *all, struct fact *f)
{
	struct fact **at = bucket_of(all, f->octet, f->zone);

	while (*at != f)
		at = &(*at)->chain;
	*at = f->chain;
	*f->at = f->next;
	if (f->next)
		f->next->at = f->at;
	else
		all->newest = f->at;
	all->known--;
	free_fact(f);
}

static void
remember(struct lookups *all, struct fact *f)
{
	if (all->known == LOOKUP_KNOWN_MAX) forget(all, all->oldest);
	all->known++;
	f->next = NULL;
	f->at = all->newest;
	*all->newest = f;
	all->newest = &f->next;
}

static void
settled(void *owner, enum answer answer, char const *name)
{
	struct fact *f = owner;
	struct lookups *all = f->all;

	f->question = NULL;
	f->answer = answer;
	if (name) f->name = strdup(name);
	if (name && !f->name) f->answer = ANSWER_UNKNOWN;
	f->until_ms = all->resolver.loop->now_ms +
	    (f->answer == ANSWER_UNKNOWN ? LOOKUP_FAILED_MS : LOOKUP_KEEP_MS);
	all->due--;
	remember(all, f);
	while (f->waiters) {
		struct lookup_waiter *w = f->waiters;

		lookup_leave(w);
		w->wake(w->owner);
	}
}

static struct fact *
find(struct lookups *all, unsigned char const *octet, char const *zone)
{
	struct fact *f = *bucket_of(all, octet, zone);

	while (f && (memcmp(f->octet, octet, NETADDR_OCTETS) ||
	    strcmp(f->zone, zone)))
		f = f->chain;
	if (!f || f->question || all->resolver.loop->now_ms < f->until_ms)
		return f;
	forget(all, f);
	return NULL;
}

static struct fact *
ask(struct lookups *all, unsigned char const *octet, char const *zone)
{
	struct fact *f, **bucket = bucket_of(all, octet, zone);
	size_t len = strlen(zone);

	if (all->due == LOOKUP_DUE_MAX) return NULL;
	f = calloc(1, sizeof *f + len + 1);
	if (!f) return NULL;
	f->all = all;
	memcpy(f->octet, octet, NETADDR_OCTETS);
	memcpy(f->zone, zone, len);
	f->answer = ANSWER_DUE;
	f->question = len
	    ? question_listed(&all->resolver, octet, zone, settled, f)
	    : question_name(&all->resolver, octet, settled, f);
	if (!f->question) {
		free(f);
		return NULL;
	}
	f->chain = *bucket;
	*bucket = f;
	all->due++;
	return f;
}

static struct fact *
look_up(struct lookups *all, unsigned char const *octet, char const *zone,
    struct lookup_waiter *w)
{
	struct fact *f = all->open ? find(all, octet, zone) : NULL;

	if (!f && all->open && w) f = ask(all, octet, zone);
	if (f && f->question && w) wait_for(f, w);
	return f;
}

enum answer
lookup_name(struct lookups *all, unsigned char const octet[NETADDR_OCTETS],
    struct lookup_waiter *w, char const **name)
{
	struct fact *f = look_up(all, octet, "", w);

	*name = f ? f->name : NULL;
	return f ? f->answer : ANSWER_UNKNOWN;
}

enum answer
lookup_listed(struct lookups *all, unsigned char const octet[NETADDR_OCTETS],
    char const *zone, struct lookup_waiter *w)
{
	struct fact *f = look_up(all, octet, zone, w);

	return f ? f->answer : ANSWER_UNKNOWN;
}

bool
lookups_open(struct lookups *all, struct loop *loop, char const *server,
    char const **why)
{
	all->newest = &all->oldest;
	all->open = resolver_open(&all->resolver, loop, server,
	    RESOLVER_WAIT_MS, why);
	return all->open;
}

void
lookups_close(struct lookups *all)
{
	size_t i;

	if (!all->open) return;
	resolver_close(&all->resolver);
	for (i = 0; i < LOOKUP_BUCKETS; i++)
		while (all->bucket[i]) {
			struct fact *f = all->bucket[i];

			all->bucket[i] = f->chain;
			free_fact(f);
		}
	*all = (struct lookups){ .open = false };
}
