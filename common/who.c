/* SPDX-License-Identifier: ISC */
/* Reads words that name clients, and finds the rules that name one; never
 * knows what a rule says. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/addr.h"
#include "common/hash.h"
#include "common/who.h"

/* What a client is looked up by: each kind has one value, or one for each
 * length of a network, or one for each label of a name. */
enum kind {
	ANYBODY,
	NETWORK,
	HOST,		/* text: the name, or .domain for those below it */
	LOGGED_IN,
	LOGIN,		/* text */
	GROUP		/* its number */
};

struct key {
	enum kind kind;
	unsigned group;
	struct network network;
	struct slice text;
};

struct who_entry {
	struct key key;
	char *text;		/* of the key */
	unsigned rule;
	unsigned next;		/* entry with the same key, + 1 */
};

struct who_search {
	struct match *match;
	unsigned rule;
};

static struct slice
octets(void const *s, size_t n)
{
	return slice_from(s, n);
}

static uint64_t
hash_key(struct key const *key)
{
	unsigned const head[3] = { key->kind, key->group, key->network.bits };
	uint64_t hash = hash_of(octets(head, sizeof head));

	hash = hash_more(hash, octets(key->network.octet, NETADDR_OCTETS));
	return hash_more(hash, key->text);
}

static bool
is_same(struct key const *a, struct key const *b)
{
	return a->kind == b->kind && a->group == b->group &&
	    a->network.bits == b->network.bits &&
	    !memcmp(a->network.octet, b->network.octet, NETADDR_OCTETS) &&
	    slice_eq(a->text, b->text);
}

/* slot_of - half of all slots are empty, so the search ends */
static unsigned *
slot_of(struct who const *who, struct key const *key)
{
	size_t mask_of_slots = who->slots - 1;
	size_t i = hash_key(key) & mask_of_slots;

	for (; who->slot[i]; i = (i + 1) & mask_of_slots)
		if (is_same(&who->entry[who->slot[i] - 1].key, key)) break;
	return &who->slot[i];
}

/* Reading */

static bool
add(struct who *who, struct rulefile *f, unsigned rule, struct key key)
{
	struct who_entry *entry = rulefile_grow(f, who->entry, who->entries,
	    sizeof *entry);
	size_t i;

	if (!entry) return false;
	who->entry = entry;
	entry += who->entries;
	*entry = (struct who_entry){ .key = key, .rule = rule };
	if (key.text.len) {
		entry->text = malloc(key.text.len);
		if (!entry->text) return rulefile_wrong(f, "out of memory");
		for (i = 0; i < key.text.len; i++)
			entry->text[i] = key.kind == HOST
			    ? slice_lower(key.text.s[i]) : key.text.s[i];
		entry->key.text.s = entry->text;
	}
	who->entries++;
	who->names |= key.kind == HOST;
	if (key.kind == NETWORK) who->prefix[key.network.bits] = true;
	return true;
}

/* take_network - 1 it is one; 0 it is none; -1 a bad one, *f->error says so */
static int
take_network(struct rulefile *f, struct key *key)
{
	struct slice word = slice_from(f->word, f->len);
	unsigned char octet[NETADDR_OCTETS];
	char const *why;

	if (!netaddr_ip(octet, slice_from(word.s, slice_find(word, '/'))))
		return 0;
	key->kind = NETWORK;
	if (network_parse(&key->network, word, &why)) return 1;
	rulefile_wrong(f, why);
	return -1;
}

static bool
add_search(struct who *who, struct rulefile *f, unsigned rule)
{
	struct who_search *search;
	char const *why;
	char text[200];
	size_t at;

	if (who->searches == WHO_SEARCHES_MAX)
		return rulefile_wrong(f, "too many patterns");
	search = rulefile_grow(f, who->search, who->searches, sizeof *search);
	if (!search) return false;
	who->search = search;
	search += who->searches;
	search->rule = rule;
	search->match = match_new(slice_from(f->word, f->len), &why, &at);
	if (!search->match) {
		snprintf(text, sizeof text, "%s", why);
		f->column += (unsigned)at + 1; /* and the slash */
		return rulefile_wrong(f, text);
	}
	who->searches++;
	who->names = true;
	return true;
}

bool
who_add_network(struct who *who, struct rulefile *f, unsigned rule)
{
	struct key key = { .kind = NETWORK };
	int got = f->pattern ? 0 : take_network(f, &key);

	if (!got) rulefile_wrong(f, "neither an address nor a network");
	return got == 1 && add(who, f, rule, key);
}

bool
who_add_login(struct who *who, struct rulefile *f, unsigned rule)
{
	struct slice word = slice_from(f->word, f->len);
	bool all = slice_is(word, "*");

	if (f->pattern || !f->len) return rulefile_wrong(f, "this is no login");
	return add(who, f, rule, (struct key){
		.kind = all ? LOGGED_IN : LOGIN,
		.text = all ? SLICE("") : word });
}

bool
who_add_group(struct who *who, struct rulefile *f, unsigned rule,
    unsigned group)
{
	return add(who, f, rule, (struct key){ .kind = GROUP, .group = group });
}

/* is_host - a name with a dot, or a dot and a name: what has none may be a
 * group's. No host's last label is a number, but that of a mistyped address
 * is. */
static bool
is_host(struct slice word)
{
	bool below = word.len && *word.s == '.';
	struct slice name = slice_skip(word, below);
	unsigned long long number;
	size_t n = name.len;

	while (n && name.s[n - 1] != '.')
		n--;
	return (below || n) && netaddr_name(name) &&
	    !slice_number(slice_skip(name, n), UINT64_MAX, &number);
}

bool
who_add(struct who *who, struct rulefile *f, unsigned rule,
    char const *unknown)
{
	static char const login[] = "login=";
	struct slice word = slice_from(f->word, f->len);
	struct key key = { .kind = ANYBODY };
	int got;

	if (f->pattern) return add_search(who, f, rule);
	got = take_network(f, &key);
	if (got) return got == 1 && add(who, f, rule, key);
	key = (struct key){ .kind = ANYBODY };
	if (slice_is(word, "*")) return add(who, f, rule, key);
	key.kind = LOGGED_IN;
	if (slice_is(word, "login")) return add(who, f, rule, key);
	key.kind = LOGIN;
	key.text = slice_skip(word, sizeof login - 1);
	if (!strncmp(f->word, login, sizeof login - 1) && key.text.len)
		return add(who, f, rule, key);
	key.kind = HOST;
	key.text = word;
	if (is_host(word)) return add(who, f, rule, key);
	return rulefile_wrong(f, unknown);
}

bool
who_index(struct who *who)
{
	size_t i;

	for (who->slots = 2; who->slots < 2 * who->entries;)
		who->slots *= 2;
	who->slot = calloc(who->slots, sizeof *who->slot);
	if (!who->slot) return false;
	for (i = 0; i < who->entries; i++) {
		struct who_entry *entry = &who->entry[i];
		unsigned *slot = slot_of(who, &entry->key);

		entry->next = *slot;
		*slot = (unsigned)i + 1;
	}
	return true;
}

void
who_free(struct who *who)
{
	size_t i;

	for (i = 0; i < who->entries; i++)
		free(who->entry[i].text);
	for (i = 0; i < who->searches; i++)
		match_free(who->search[i].match);
	free(who->entry);
	free(who->search);
	free(who->slot);
	*who = (struct who){ .entries = 0 };
}

/* Looking up */

struct finding {
	struct who const *who;
	void (*found)(void *owner, unsigned rule);
	void *owner;
};

static void
find(struct finding const *f, struct key key)
{
	unsigned n = *slot_of(f->who, &key);

	for (; n; n = f->who->entry[n - 1].next)
		f->found(f->owner, f->who->entry[n - 1].rule);
}

static void
find_networks(struct finding const *f, char const *address)
{
	unsigned char octet[NETADDR_OCTETS];
	unsigned bits;

	if (!netaddr_ip(octet, slice_of(address))) return;
	bits = netaddr_is_ip4(octet) ? NETWORK_IP4_FIRST : 0;
	for (; bits <= NETWORK_BITS_MAX; bits++)
		if (f->who->prefix[bits])
			find(f, (struct key){ .kind = NETWORK,
			    .network = network_of(octet, bits) });
}

/* find_host - false: a pattern hit its limit */
static bool
find_host(struct finding const *f, struct slice name)
{
	char lower[ADDR_DOMAIN_MAX];
	size_t i;

	if (!f->who->names || !name.len || name.len > sizeof lower)
		return true;
	for (i = 0; i < name.len; i++)
		lower[i] = slice_lower(name.s[i]);
	name.s = lower;
	for (i = 0; i < f->who->searches; i++) {
		struct who_search const *search = &f->who->search[i];

		switch (match_find(search->match, name, NULL)) {
		case MATCH_NO: break;
		case MATCH_LIMIT: return false;
		case MATCH_YES: f->found(f->owner, search->rule);
		}
	}
	find(f, (struct key){ .kind = HOST, .text = name });
	while (name = slice_skip(name, slice_find(name, '.')), name.len) {
		find(f, (struct key){ .kind = HOST, .text = name });
		name = slice_skip(name, 1);
	}
	return true;
}

bool
who_find(struct who const *who, struct who_client const *client,
    void (*found)(void *owner, unsigned rule), void *owner)
{
	struct finding const f = { who, found, owner };

	if (!who->slots) return true;
	find(&f, (struct key){ .kind = ANYBODY });
	find_networks(&f, client->address);
	if (client->login.len) {
		find(&f, (struct key){ .kind = LOGGED_IN });
		find(&f, (struct key){ .kind = LOGIN, .text = client->login });
	}
	return find_host(&f, client->name);
}

void
who_find_group(struct who const *who, unsigned group,
    void (*found)(void *owner, unsigned rule), void *owner)
{
	struct finding const f = { who, found, owner };

	find(&f, (struct key){ .kind = GROUP, .group = group });
}
