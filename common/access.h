/* SPDX-License-Identifier: ISC */
/* The access file: what a client may do, by its address. Pure. */
#ifndef MAILGRAVE_ACCESS_H
#define MAILGRAVE_ACCESS_H

#include "common/netaddr.h"
#include "common/rulefile.h"

/* An address with a prefix length; IPv4 as ::ffff:0:0/96. */
struct access_net {
	unsigned char octet[NETADDR_OCTETS];
	unsigned bits;
};

enum {
	ACCESS_NAME_MAX = 32,		/* octets of a group's name */
	ACCESS_NAMES_MAX = 1024		/* of all names, a space between */
};

struct access_group {
	char *name;		/* NULL: networks that a relay line names */
	struct access_net *net;
	size_t nets;
	bool relay;		/* may send anywhere */
};

struct access {
	struct access_group *group;
	size_t groups;
};

/* access_parse - lines "group NAME NET...", "relay NAME|NET...", "accept *"
 *   NAME  letters, digits, hyphen, underscore; one group line each, above the
 *         relay line
 *   NET   ADDRESS or ADDRESS/BITS, zero beyond the bits
 *   false  *error says what and where; access is left as access_free leaves it
 *   The caller frees with access_free. */
bool access_parse(struct access *access, struct slice text,
    struct parse_error *error);

void access_free(struct access *access);

/* What the file says of one client. */
struct access_client {
	char groups[ACCESS_NAMES_MAX + 1];	/* one space between, NUL */
	bool relay;
};

/* access_look_up - what the file says of this client
 *   address  IPv4 or IPv6 as text; empty, or anything else: none, so only the
 *            defaults hold, no group, no relaying
 * An IPv6 network never holds an IPv4 client, even ::/0. */
void access_look_up(struct access const *access, char const *address,
    struct access_client *client);

#endif
