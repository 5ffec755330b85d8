/* SPDX-License-Identifier: ISC */
/* Reads the access file and tells what a client may do; never asks DNS. */
#include <stdlib.h>
#include "common/access.h"

enum { IP4_BITS = 32, IP6_BITS = 128, IP4_FIRST_BIT = IP6_BITS - IP4_BITS };

/* Names that mean something else behind relay and refuse. */
static char const *const reserved[] = { "login", "dnsbl" };

static bool
is_reserved(char const *name)
{
	size_t i;

	for (i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (!strcmp(name, reserved[i])) return true;
	return false;
}

static bool
is_name(char const *text)
{
	static char const octets[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_";
	size_t len = strlen(text);

	return len && len <= ACCESS_NAME_MAX && strspn(text, octets) == len;
}

/* mask - which bits of this octet belong to a prefix */
static unsigned char
mask(unsigned bits, size_t octet)
{
	if (bits >= 8 * (octet + 1)) return 0xff;
	if (bits <= 8 * octet) return 0;
	return (unsigned char)(0xff00u >> (bits % 8));
}

static bool
is_in(struct access_net const *net, unsigned char const *client)
{
	size_t i;

	if (netaddr_is_ip4(client) && net->bits < IP4_FIRST_BIT) return false;
	for (i = 0; i < NETADDR_OCTETS; i++)
		if ((client[i] & mask(net->bits, i)) != net->octet[i])
			return false;
	return true;
}

static bool
take_net(struct access_net *net, struct rulefile *f)
{
	struct slice word = slice_from(f->word, f->len);
	size_t n = slice_find(word, '/');
	struct slice address = slice_from(word.s, n);
	bool ip4 = netaddr_ip4(net->octet, address);
	unsigned long long bits = ip4 ? IP4_BITS : IP6_BITS;

	if (!ip4 && !netaddr_ip6(net->octet, address))
		return rulefile_wrong(f, "neither a group named above nor an "
					 "address");
	if (n < word.len &&
	    !slice_number(slice_skip(word, n + 1), bits, &bits))
		return rulefile_wrong(f, "this is no prefix length");
	net->bits = (unsigned)bits + (ip4 ? IP4_FIRST_BIT : 0);
	for (n = 0; n < NETADDR_OCTETS; n++)
		if (net->octet[n] & ~mask(net->bits, n))
			return rulefile_wrong(f, "bits beyond the prefix "
						 "must be zero");
	return true;
}

static bool
add_net(struct access_group *group, struct rulefile *f)
{
	struct access_net *net = rulefile_grow(f, group->net, group->nets,
	    sizeof *net);

	if (!net) return false;
	group->net = net;
	return take_net(&net[group->nets++], f);
}

static struct access_group *
add_group(struct access *access, struct rulefile *f)
{
	struct access_group *group = rulefile_grow(f, access->group,
	    access->groups, sizeof *group);

	if (!group) return NULL;
	access->group = group;
	group += access->groups++;
	*group = (struct access_group){ .name = NULL };
	return group;
}

static struct access_group *
group_named(struct access const *access, char const *name)
{
	size_t i;

	for (i = 0; i < access->groups; i++) {
		struct access_group *group = &access->group[i];

		if (group->name && !strcmp(group->name, name)) return group;
	}
	return NULL;
}

/* names_len - of all names with one space between */
static size_t
names_len(struct access const *access)
{
	size_t i, len = 0;

	for (i = 0; i < access->groups; i++)
		if (access->group[i].name)
			len += strlen(access->group[i].name) + !!len;
	return len;
}

static bool
take_group(struct access *access, struct rulefile *f)
{
	struct access_group *group;
	int got;

	if (!rulefile_want(f, "a name is missing")) return false;
	if (!is_name(f->word) || is_reserved(f->word))
		return rulefile_wrong(f, "a group can't have this name");
	if (group_named(access, f->word))
		return rulefile_wrong(f, "there is such a group already");
	group = add_group(access, f);
	if (!group) return false;
	group->name = strdup(f->word);
	if (!group->name) return rulefile_wrong(f, "out of memory");
	if (names_len(access) > ACCESS_NAMES_MAX)
		return rulefile_wrong(f, "too many names");
	if (!rulefile_want(f, "a network is missing")) return false;
	do {
		if (!add_net(group, f)) return false;
	} while ((got = rulefile_word(f)) == 1);
	return !got;
}

static bool
take_relay(struct access *access, struct rulefile *f)
{
	struct access_group *group;
	int got;

	if (!rulefile_want(f, "a group or a network is missing")) return false;
	do {
		group = group_named(access, f->word);
		if (!group) {
			group = add_group(access, f);
			if (!group || !add_net(group, f)) return false;
		}
		group->relay = true;
	} while ((got = rulefile_word(f)) == 1);
	return !got;
}

/* It is the default; people like to see it written. */
static bool
take_accept(struct access *access, struct rulefile *f)
{
	(void)access;
	if (!rulefile_want(f, "\"*\" is missing")) return false;
	if (strcmp(f->word, "*")) return rulefile_wrong(f, "only \"*\" here");
	return rulefile_end(f);
}

static struct {
	char const *name;
	bool (*take)(struct access *access, struct rulefile *f);
} const rules[] = {
	{ "group",  take_group },
	{ "relay",  take_relay },
	{ "accept", take_accept }
};

static bool
take_rule(struct access *access, struct rulefile *f)
{
	size_t i;

	for (i = 0; i < sizeof rules / sizeof *rules; i++)
		if (!strcmp(f->word, rules[i].name))
			return rules[i].take(access, f);
	return rulefile_wrong(f, "there is no such rule");
}

bool
access_parse(struct access *access, struct slice text,
    struct parse_error *error)
{
	struct rulefile f;
	int got;

	*access = (struct access){ .groups = 0 };
	rulefile_begin(&f, text, error);
	while ((got = rulefile_line(&f)) == 1)
		if (!take_rule(access, &f)) break;
	if (!got) return true;
	access_free(access);
	return false;
}

void
access_free(struct access *access)
{
	size_t i;

	for (i = 0; i < access->groups; i++) {
		free(access->group[i].name);
		free(access->group[i].net);
	}
	free(access->group);
	*access = (struct access){ .groups = 0 };
}

static bool
is_member(struct access_group const *group, unsigned char const *address)
{
	size_t i;

	for (i = 0; i < group->nets; i++)
		if (is_in(&group->net[i], address)) return true;
	return false;
}

void
access_look_up(struct access const *access, char const *address,
    struct access_client *client)
{
	unsigned char octet[NETADDR_OCTETS];
	char *at = client->groups;
	size_t i, len;

	*at = '\0';
	client->relay = false;
	if (!netaddr_ip(octet, slice_of(address))) return;
	for (i = 0; i < access->groups; i++) {
		struct access_group const *group = &access->group[i];

		if (!is_member(group, octet)) continue;
		client->relay = client->relay || group->relay;
		if (!group->name) continue;
		if (at > client->groups) *at++ = ' ';
		len = strlen(group->name);
		memcpy(at, group->name, len + 1);
		at += len;
	}
}
