/* SPDX-License-Identifier: ISC */
/* Sorts mail exchangers; asks nobody. */
#include <stdio.h>
#include "remote/mx.h"

static bool
is_better(struct mx_host const *a, struct mx_host const *b)
{
	return a->preference != b->preference ?
	    a->preference < b->preference : a->dice < b->dice;
}

void
mx_add(struct mx *mx, struct slice name, unsigned preference, uint32_t dice)
{
	struct mx_host host = { .preference = preference, .dice = dice };
	size_t i;

	if (!name.len || slice_is(name, ".")) {
		mx->null = true;
		return;
	}
	if (!netaddr_name(name) || name.len > NETADDR_HOST_MAX) {
		mx->odd = true;
		return;
	}
	for (i = 0; i < name.len; i++)
		host.name[i] = slice_lower(name.s[i]);
	i = mx->hosts;
	if (i == MX_HOSTS_MAX) {
		if (!is_better(&host, &mx->host[--i])) return;
	} else {
		mx->hosts++;
	}
	for (; i && is_better(&host, &mx->host[i - 1]); i--)
		mx->host[i] = mx->host[i - 1];
	mx->host[i] = host;
}

void
mx_cut(struct mx *mx, size_t i)
{
	unsigned preference = mx->host[i].preference;

	while (mx->hosts && mx->host[mx->hosts - 1].preference >= preference)
		mx->hosts--;
}

/* A null MX beside others is an error of theirs and means nothing (RFC 7505
 * section 3). */
enum mx_kind
mx_settle(struct mx *mx, struct slice us)
{
	size_t i;

	if (!mx->hosts) return mx->null && !mx->odd ? MX_NULL : MX_ODD;
	for (i = 0; i < mx->hosts; i++)
		if (slice_is_nocase(us, mx->host[i].name)) mx_cut(mx, i);
	return mx->hosts ? MX_HOSTS : MX_SELF;
}

/* The next address of a family at or behind i; n: none. */
static size_t
find(struct address const *address, size_t n, size_t i, bool ip4)
{
	while (i < n && netaddr_is_ip4(address[i].octet) != ip4)
		i++;
	return i;
}

void
mx_place(struct candidates *c, size_t i, struct address const *address,
    size_t n)
{
	struct candidate *last = c->n ? &c->at[c->n - 1] : NULL;
	size_t at[2] = { find(address, n, 0, false),
		find(address, n, 0, true) };
	unsigned char tier = 0;
	bool ip4 = true;

	if (last)
		tier = (unsigned char)(last->tier +
		    (c->mx.host[last->host].preference !=
		    c->mx.host[i].preference));
	while (c->n < MX_ADDRESSES_MAX && (at[0] < n || at[1] < n)) {
		if (at[ip4] == n) ip4 = !ip4;
		c->at[c->n++] = (struct candidate){
			.address = address[at[ip4]], .tier = tier,
			.host = (unsigned char)i };
		at[ip4] = find(address, n, at[ip4] + 1, ip4);
		ip4 = !ip4;
	}
}
