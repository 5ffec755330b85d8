/* SPDX-License-Identifier: ISC */
/* One line of the routes file: which mailboxes it takes, of whose mail, and
 * what happens to them. Pure. */
#ifndef MAILGRAVE_ROUTE_H
#define MAILGRAVE_ROUTE_H

#include "common/action.h"
#include "common/addr.h"

enum route_left {
	ROUTE_MAILBOX,		/* local@domain */
	ROUTE_DOMAIN,		/* @domain or domain */
	ROUTE_SUBDOMAINS,	/* .domain */
	ROUTE_LOCAL,		/* local@ */
	ROUTE_PATTERN,		/* between slashes, a regular expression */
	ROUTE_ALL		/* "*" */
};

struct route {
	enum route_left left;
	char *pattern;		/* left side without quotes, in lower case; a
				 * regular expression as written, no slashes */
	size_t at;		/* of "@" in it; its length if it has none */
	struct match *match;	/* of a regular expression, else NULL */
	char *from;		/* group that the client must be in, or NULL */
	struct route_act *act;
	size_t acts;		/* at least one */
	unsigned line;
	unsigned next;		/* routes': row with this left side, + 1 */
};

enum {
	ROUTE_ACTS_MAX = 100,	/* of one line */
	ROUTE_GROUP_MAX = 32	/* octets of a group's name */
};

/* route_parse - the line whose first word f holds, as mailgrave-routes(5) has
 * it: a left side, from GROUP, actions
 *   false  *f->error says why
 * The caller frees with route_free in both cases. */
bool route_parse(struct route *route, struct rulefile *f);

void route_free(struct route *route);

/* A mailbox as routes see it: the local part in lower case, and split at its
 * first "+". The views end with the struct and with the addr. */
struct route_mailbox {
	char octet[ADDR_LOCAL_MAX];
	struct slice local, base, ext, domain;
};

void route_mailbox(struct route_mailbox *m, struct addr const *a);

/* route_is_foreign - only "*" covers the mailbox: the rest of the world, for
 * those who may relay */
bool route_is_foreign(struct route const *route);

/* route_group_valid - a name that a group of the access file can have: letters,
 * digits, hyphen, underscore */
bool route_group_valid(struct slice name);

#endif
