/* SPDX-License-Identifier: ISC */
/* The hosts that take mail for a domain, in the order in which to try them
 * (RFC 5321 section 5.1, RFC 7505). Pure: answers in, order out; what DNS says
 * is not believed. */
#ifndef MAILGRAVE_MX_H
#define MAILGRAVE_MX_H

#include <stdint.h>
#include "common/netaddr.h"

enum {
	MX_HOSTS_MAX = 16,	/* the best ones; others are not tried */
	MX_ADDRESSES_MAX = 32,	/* of all hosts together */
	MX_EACH_MAX = 4		/* of one host and family */
};

struct mx_host {
	char name[NETADDR_HOST_MAX + 1];
	unsigned preference;
	uint32_t dice;		/* order among equals */
};

/* Zeroed is empty. Best first. */
struct mx {
	struct mx_host host[MX_HOSTS_MAX];
	size_t hosts;
	bool null;	/* a record names the root: no mail */
	bool odd;	/* a record names what is no host */
};

/* mx_add - one record
 *   name  as it stands in the answer: any octets; one that is no host name is
 *         left out
 *   dice  drawn at random */
void mx_add(struct mx *mx, struct slice name, unsigned preference,
    uint32_t dice);

enum mx_kind {
	MX_HOSTS,	/* these, in this order */
	MX_NULL,	/* the domain takes no mail */
	MX_SELF,	/* it would be for us, who know nothing of it: a loop */
	MX_ODD		/* no record makes sense */
};

/* mx_settle - when all records are in: us and all that are no better than us
 * are left out */
enum mx_kind mx_settle(struct mx *mx, struct slice us);

/* mx_cut - host number i has an address of ours: it goes, and all that are no
 * better */
void mx_cut(struct mx *mx, size_t i);

struct address {
	unsigned char octet[NETADDR_OCTETS];
};

/* One place to call. */
struct candidate {
	struct address address;
	unsigned char host;	/* index into the names */
	unsigned char tier;	/* 0 is the best; equals may be called at once */
	bool done;		/* tried, or not worth it */
};

struct candidates {
	struct candidate at[MX_ADDRESSES_MAX];
	size_t n;
	struct mx mx;		/* their names */
};

/* mx_place - append the addresses of host number i, families by turns, IPv4
 * first (RFC 8305 section 4); c->mx and its order must stand, and i grows from
 * call to call. Those beyond MX_ADDRESSES_MAX are left out. */
void mx_place(struct candidates *c, size_t i, struct address const *address,
    size_t n);

#endif
