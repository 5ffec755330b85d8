/* SPDX-License-Identifier: ISC */
/* One line of the routes file: which mailboxes it takes and what happens to
 * them. Pure. */
#ifndef MAILGRAVE_ROUTE_H
#define MAILGRAVE_ROUTE_H

#include "common/addr.h"
#include "common/rulefile.h"

enum route_action {
	ROUTE_MAILDIR,	/* argument: directory below local's root */
	ROUTE_RELAY	/* argument: host; port beside it */
};

struct route {
	char *pattern;		/* left side in lower case, without quotes */
	size_t at;		/* of "@" in it; its length if it has none */
	enum route_action action;
	char *argument;
	unsigned port;		/* relay: 0 when the line gives none */
	unsigned line;
};

/* route_parse - the line whose first word f holds: a left and a right side
 *   left   local@domain, @domain or domain, local@ (any domain), *
 *   right  maildir DIR, relay HOST[:PORT]
 * The domain may be an address literal. DIR is relative, without ".." parts,
 * and may hold ${local} ${domain} ${ext}.
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

enum { ROUTE_PATH_MAX = 1024 };	/* octets of a path, with its NUL */

/* route_expand - the argument with ${local}, ${domain} and ${ext} replaced
 * The local part is lower-cased; ${local} is what stands before its first "+",
 * ${ext} what follows that.
 *   out    gets the text and a NUL, ROUTE_PATH_MAX octets in all
 *   false  too long, or what the address brings for one of them is no safe
 *          path name: empty, with "/", a leading "." or a control octet (550
 *          5.1.3) */
bool route_expand(struct route const *route, struct addr const *rcpt,
    char *out);

#endif
