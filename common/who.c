/* SPDX-License-Identifier: ISC */
/* Finds the rules that name a client; never knows what a rule says. */
#include <stdlib.h>
#include "common/addr.h"
#include "common/hash.h"
#include "common/whokey.h"

static struct slice
octets(void const *s, size_t n)
{
	return slice_from(s, n);
}

static uint64_t
hash_key(struct who_key const *key)
{
	unsigned const head[3] = { key->kind, key->group, key->network.bits };
	uint64_t hash = hash_of(octets(head, sizeof head));

	hash = hash_more(hash, octets(key->network.octet, NETADDR_OCTETS));
	return hash_more(hash, key->text);
}

static bool
is_same(struct who_key const *a, struct who_key const *b)
{
	return a->kind == b->kind && a->group == b->group &&
	    a->network.bits == b->network.bits &&
	    !memcmp(a->network.octet, b->network.octet, NETADDR_OCTETS) &&
	    slice_eq(a->text, b->text);
}

/* Half of all slots are empty, so the search ends. */
unsigned *
who_slot(struct who const *who, struct who_key const *key)
{
	size_t mask_of_slots = who->slots - 1;
	size_t i = hash_key(key) & mask_of_slots;

	for (; who->slot[i]; i = (i + 1) & mask_of_slots)
		if (is_same(&who->entry[who->slot[i] - 1].key, key)) break;
	return &who->slot[i];
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
		unsigned *slot = who_slot(who, &entry->key);

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
find(struct finding const *f, struct who_key key)
{
	unsigned n = *who_slot(f->who, &key);

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
			find(f, (struct who_key){ .kind = WHO_NETWORK,
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
	find(f, (struct who_key){ .kind = WHO_HOST, .text = name });
	while (name = slice_skip(name, slice_find(name, '.')), name.len) {
		find(f, (struct who_key){ .kind = WHO_HOST, .text = name });
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
	find(&f, (struct who_key){ .kind = WHO_ANYBODY });
	find_networks(&f, client->address);
	if (client->login.len) {
		find(&f, (struct who_key){ .kind = WHO_LOGGED_IN });
		find(&f, (struct who_key){ .kind = WHO_LOGIN,
		    .text = client->login });
	}
	return find_host(&f, client->name);
}

void
who_find_group(struct who const *who, unsigned group,
    void (*found)(void *owner, unsigned rule), void *owner)
{
	struct finding const f = { who, found, owner };

	find(&f, (struct who_key){ .kind = WHO_GROUP, .group = group });
}
