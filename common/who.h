/* SPDX-License-Identifier: ISC */
/* Who is meant by the words of an access file: an index from what is known of
 * a client to the rules that name him. Pure. */
#ifndef MAILGRAVE_WHO_H
#define MAILGRAVE_WHO_H

#include "common/match.h"
#include "common/network.h"
#include "common/rulefile.h"

struct who_entry;
struct who_search;

struct who {
	struct who_entry *entry;
	size_t entries;
	unsigned *slot;		/* first entry of each key, + 1; 0: empty */
	size_t slots;		/* a power of two */
	struct who_search *search;	/* rules with a regular expression */
	size_t searches;
	bool prefix[NETWORK_BITS_MAX + 1];	/* some have this length */
	bool names;		/* some rule asks for a host name */
};

enum {
	WHO_SEARCHES_MAX = 1000		/* each is tried for each client */
};

/* What is known of a client. */
struct who_client {
	char const *address;	/* as text; empty, or anything else: none */
	struct slice name;	/* verified host name, any case; empty: none */
	struct slice login;	/* empty: has not logged in */
};

/* who_add - the word that f holds names clients of this rule
 *   "*"  ADDRESS  ADDRESS/BITS  /PATTERN/  .DOMAIN  HOST.DOMAIN  login
 *   login=NAME
 *   IPv4 networks are those below ::ffff:0:0/96, and no shorter IPv6 network
 *   holds an IPv4 client. Bits beyond the prefix must be zero.
 *   unknown  what to say when the word is none of these
 *   false    *f->error says why; who_free frees in both cases */
bool who_add(struct who *who, struct rulefile *f, unsigned rule,
    char const *unknown);

/* who_add_network - the same, but only an address or a network will do */
bool who_add_network(struct who *who, struct rulefile *f, unsigned rule);

/* who_add_login - the word is a login, or "*" for all of them */
bool who_add_login(struct who *who, struct rulefile *f, unsigned rule);

/* who_add_group - all that are in this group are clients of this rule */
bool who_add_group(struct who *who, struct rulefile *f, unsigned rule,
    unsigned group);

/* who_index - after the last rule; false: no memory */
bool who_index(struct who *who);

void who_free(struct who *who);

/* who_find - call found for the rules that name this client, in no order, maybe
 * more than once
 *   false  a pattern hit its limit: what was found is not to be believed */
bool who_find(struct who const *who, struct who_client const *client,
    void (*found)(void *owner, unsigned rule), void *owner);

/* who_find_group - the same for rules that name this group */
void who_find_group(struct who const *who, unsigned group,
    void (*found)(void *owner, unsigned rule), void *owner);

#endif
