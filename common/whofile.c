/* SPDX-License-Identifier: ISC */
/* Reads words that name clients; looks nobody up. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/whokey.h"

static bool
add(struct who *who, struct rulefile *f, unsigned rule, struct who_key key)
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
			entry->text[i] = key.kind == WHO_HOST
			    ? slice_lower(key.text.s[i]) : key.text.s[i];
		entry->key.text.s = entry->text;
	}
	who->entries++;
	who->names |= key.kind == WHO_HOST;
	if (key.kind == WHO_NETWORK) who->prefix[key.network.bits] = true;
	return true;
}

/* take_network - 1 it is one; 0 it is none; -1 a bad one, *f->error says so */
static int
take_network(struct rulefile *f, struct who_key *key)
{
	struct slice word = slice_from(f->word, f->len);
	unsigned char octet[NETADDR_OCTETS];
	char const *why;

	if (!netaddr_ip(octet, slice_from(word.s, slice_find(word, '/'))))
		return 0;
	key->kind = WHO_NETWORK;
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
	struct who_key key = { .kind = WHO_NETWORK };
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
	return add(who, f, rule, (struct who_key){
		.kind = all ? WHO_LOGGED_IN : WHO_LOGIN,
		.text = all ? SLICE("") : word });
}

bool
who_add_group(struct who *who, struct rulefile *f, unsigned rule,
    unsigned group)
{
	return add(who, f, rule, (struct who_key){ .kind = WHO_GROUP,
	    .group = group });
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
	struct who_key key = { .kind = WHO_ANYBODY };
	int got;

	if (f->pattern) return add_search(who, f, rule);
	got = take_network(f, &key);
	if (got) return got == 1 && add(who, f, rule, key);
	key = (struct who_key){ .kind = WHO_ANYBODY };
	if (slice_is(word, "*")) return add(who, f, rule, key);
	key.kind = WHO_LOGGED_IN;
	if (slice_is(word, "login")) return add(who, f, rule, key);
	key.kind = WHO_LOGIN;
	key.text = slice_skip(word, sizeof login - 1);
	if (!strncmp(f->word, login, sizeof login - 1) && key.text.len)
		return add(who, f, rule, key);
	key.kind = WHO_HOST;
	key.text = word;
	if (is_host(word)) return add(who, f, rule, key);
	return rulefile_wrong(f, unknown);
}
