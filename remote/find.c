/* SPDX-License-Identifier: ISC */
/* Asks the resolver, first for exchangers, then for all their addresses at
 * once; never calls anybody. */
#include <stdio.h>
#include <stdlib.h>
#include "remote/find.h"
#include "remote/idna.h"
#include "remote/remote.h"

struct find {
	struct remote *remote;
	struct target const *target;
	void (*done)(void *owner, struct found const *found);
	void *owner;
	struct candidates *places;
	char domain[NETADDR_HOST_MAX + 1];	/* DELIVER_MX: for DNS */
	struct lookup *mx_lookup;
	struct host {
		struct find *find;
		struct lookup *lookup;
		struct address address[RESOLVE_ADDRESSES_MAX];
		size_t n;
	} host[MX_HOSTS_MAX];
	size_t pending;		/* hosts without an answer */
	bool failed;		/* one answer was none */
	struct chore end;
	struct found found;
};

static void
run_end(void *owner)
{
	struct find *f = owner;

	if (!f->found.words) {
		f->found.places = f->places;
		f->places = NULL;
	}
	f->done(f->owner, &f->found);
	free(f->places);
	free(f);
}

static void
end(struct find *f)
{
	loop_later(f->remote->loop, &f->end);
}

static void
end_without(struct find *f, enum verdict verdict, char const *status,
    char const *words)
{
	f->found.verdict = verdict;
	f->found.status = status;
	f->found.words = words;
	end(f);
}

static bool
is_mx(struct find const *f)
{
	return f->target->how == DELIVER_MX;
}

/* Addresses */

/* A relay was named by the operator, who can mend it: temporary, whatever the
 * reason. */
static void
end_unplaced(struct find *f)
{
	if (f->failed)
		end_without(f, VERDICT_TEMP, "4.4.3",
		    "the resolver does not say where the host is");
	else if (is_mx(f))
		end_without(f, VERDICT_PERM, "5.4.4",
		    "no host that takes mail for the domain has an address");
	else
		end_without(f, VERDICT_TEMP, "4.4.4",
		    "the host's name has no address");
}

static bool
has_ours(struct find const *f, struct host const *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (remote_is_ours(f->remote, &h->address[i])) return true;
	return false;
}

/* All answers are in. What an explicit route names is obeyed, loopback too. */
static void
place(struct find *f)
{
	struct mx *mx = &f->places->mx;
	size_t i;

	for (i = 0; is_mx(f) && i < mx->hosts; i++)
		if (has_ours(f, &f->host[i])) mx_cut(mx, i);
	if (!mx->hosts) {
		end_without(f, VERDICT_PERM, "5.4.6",
		    "mail for the domain would come back to this host");
		return;
	}
	for (i = 0; i < mx->hosts; i++)
		mx_place(f->places, i, f->host[i].address, f->host[i].n);
	if (f->places->n)
		end(f);
	else
		end_unplaced(f);
}

static void
looked_up(void *owner, enum resolved how, struct address const *address,
    size_t n)
{
	struct host *h = owner;
	struct find *f = h->find;

	h->lookup = NULL;
	h->n = n;
	if (n) memcpy(h->address, address, n * sizeof *address);
	if (how == RESOLVED_FAILED) f->failed = true;
	if (!--f->pending) place(f);
}

static void
fall_short(struct find *f)
{
	f->found.ours = true;
	end_without(f, VERDICT_TEMP, "4.3.0", "too many look-ups at a time");
}

static void
look_up_hosts(struct find *f)
{
	struct mx const *mx = &f->places->mx;
	size_t i;

	for (i = 0; i < mx->hosts; i++) {
		struct host *h = &f->host[i];

		h->find = f;
		h->lookup = resolve(&f->remote->resolver, mx->host[i].name,
		    looked_up, h);
		f->pending += h->lookup != NULL;
		f->failed |= !h->lookup;
	}
	if (!f->pending) fall_short(f);
}

static void
only(struct find *f, char const *host)
{
	struct mx *mx = &f->places->mx;

	*mx = (struct mx){ .hosts = 1 };
	snprintf(mx->host[0].name, sizeof mx->host[0].name, "%s", host);
	look_up_hosts(f);
}

/* Exchangers */

static void
settle(struct find *f)
{
	switch (mx_settle(&f->places->mx, f->remote->hostname)) {
	case MX_HOSTS:
		look_up_hosts(f);
		break;
	case MX_NULL:
		end_without(f, VERDICT_PERM, "5.1.10",
		    "the domain takes no mail (null MX)");
		break;
	case MX_SELF:
		end_without(f, VERDICT_PERM, "5.4.6",
		    "this host is the domain's mail exchanger and has no "
		    "route for it");
		break;
	case MX_ODD:
		end_without(f, VERDICT_TEMP, "4.4.4",
		    "the domain's MX records name no host");
		break;
	}
}

static void
looked_up_mx(void *owner, enum resolved how, struct mx const *mx)
{
	struct find *f = owner;

	f->mx_lookup = NULL;
	switch (how) {
	case RESOLVED_FOUND:
		f->places->mx = *mx;
		settle(f);
		break;
	case RESOLVED_NONE:	/* RFC 5321 section 5.1: the implicit MX */
		only(f, f->domain);
		break;
	case RESOLVED_NO_NAME:
		end_without(f, VERDICT_PERM, "5.1.2", "no such domain");
		break;
	case RESOLVED_FAILED:
		end_without(f, VERDICT_TEMP, "4.4.3",
		    "the resolver does not say where the domain's mail goes");
		break;
	}
}

/* user@[192.0.2.1], user@[IPv6:2001:db8::1]: the address without brackets */
static bool
take_literal(char text[NETADDR_TEXT_MAX + 1], char const *domain)
{
	static char const tag[] = "IPv6:";
	struct slice inner = slice_of(domain);
	unsigned char octet[NETADDR_OCTETS];

	if (*domain != '[' || domain[inner.len - 1] != ']') return false;
	inner = slice_from(inner.s + 1, inner.len - 2);
	if (slice_starts_nocase(inner, tag)) {
		if (!netaddr_ip6(octet, slice_skip(inner, sizeof tag - 1)))
			return false;
	} else if (!netaddr_ip4(octet, inner)) {
		return false;
	}
	netaddr_ip_format(text, octet);
	return true;
}

static void
begin(struct find *f)
{
	char const *host = f->target->host;
	char literal[NETADDR_TEXT_MAX + 1];

	if (!is_mx(f)) {
		only(f, host);
	} else if (*host == '[' && take_literal(literal, host)) {
		only(f, literal);
	} else if (!idna_ascii(f->domain, slice_of(host))) {
		end_without(f, VERDICT_PERM, "5.1.2", "not a domain");
	} else {
		f->mx_lookup = resolve_mx(&f->remote->resolver, f->domain,
		    looked_up_mx, f);
		if (!f->mx_lookup) fall_short(f);
	}
}

struct find *
find_start(struct remote *remote, struct target const *target,
    void (*done)(void *, struct found const *), void *owner)
{
	struct find *f = calloc(1, sizeof *f);

	if (!f) return NULL;
	f->places = calloc(1, sizeof *f->places);
	if (!f->places) {
		free(f);
		return NULL;
	}
	f->remote = remote;
	f->target = target;
	f->done = done;
	f->owner = owner;
	f->end = (struct chore){ .run = run_end, .owner = f };
	begin(f);
	return f;
}

void
find_cancel(struct find *f)
{
	size_t i;

	if (f->mx_lookup) lookup_cancel(f->mx_lookup);
	for (i = 0; i < MX_HOSTS_MAX; i++)
		if (f->host[i].lookup) lookup_cancel(f->host[i].lookup);
	loop_not_later(f->remote->loop, &f->end);
	free(f->places);
	free(f);
}
