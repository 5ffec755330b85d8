/* SPDX-License-Identifier: ISC */
/* The routes file: what happens to a recipient. Read by smtpd, send and local,
 * each for itself. Pure: text in, a decision out; first match wins. */
#ifndef MAILGRAVE_ROUTES_H
#define MAILGRAVE_ROUTES_H

#include <stdint.h>
#include "common/route.h"
#include "common/variable.h"

struct routes {
	struct route *row;
	size_t rows;
	uint64_t hash;		/* of the text: programs can be compared */
	unsigned *slot;		/* index by left side: first row + 1, or 0 */
	unsigned *domain;	/* the same by domain: those that are ours */
	size_t slots;		/* of each; a power of two */
	unsigned *pattern;	/* rows with a regular expression, in order */
	size_t patterns;
	bool subdomains;	/* some row is for those of a domain */
	struct warnings warnings;
};

enum { ROUTES_PATTERNS_MAX = 1000 };	/* each is tried for each mailbox */

/* routes_parse - a whole file of what route_parse reads
 *   false  *error says what and where; routes is left as routes_free leaves it
 *   The caller frees with routes_free. */
bool routes_parse(struct routes *routes, struct slice text,
    struct parse_error *error);

void routes_free(struct routes *routes);

enum routes_found {
	ROUTES_NONE,	/* no line takes it */
	ROUTES_LINE,
	ROUTES_LIMIT	/* a pattern hit its limit: neither a match nor a miss,
			 * so 451 4.3.5, or a deferral */
};

/* A line that takes a mailbox, and what its variables stand for. Views point
 * into it: it must not be copied, and ends with the mailbox and the routes. */
struct routes_match {
	struct route const *route;
	struct route_mailbox mailbox;
	struct variables variables;
	char subject[ADDR_LOCAL_MAX + 1 + ADDR_DOMAIN_MAX];
	size_t subject_len;
};

/* routes_find - the first line that takes this mailbox, in mail of a client
 * that is in these groups (names, one space between)
 * Local parts compare without ASCII case; a line for a@d also takes a+x@d, as
 * one for a@ does. Patterns see the local part in its own case, unquoted. */
enum routes_found routes_find(struct routes const *routes,
    struct addr const *rcpt, struct slice groups, struct routes_match *found);

/* routes_is_ours - some line other than "*" and patterns names the domain, or
 * takes it as a sub-domain */
bool routes_is_ours(struct routes const *routes, struct slice domain);

enum { ROUTE_PATH_MAX = 1024 };	/* octets of a path, with its NUL */

/* route_expand - a path name: a word of a maildir or mbox action, or the user
 * of a system action, with its variables replaced
 *   out    gets the text and a NUL, ROUTE_PATH_MAX octets in all
 *   false  too long, or what the address brings for a variable is no safe name
 *          (550 5.1.3): empty, with "/", a leading "." or a control octet */
bool route_expand(struct routes_match const *found, char const *word,
    char *out);

/* route_expand_argument - the same for an argument of a command: a variable
 * may be empty, and must not begin with "-" either */
bool route_expand_argument(struct routes_match const *found,
    char const *word, char *out);

/* route_target - the address that a word of an alias stands for
 *   false  it is none */
bool route_target(struct routes_match const *found, char const *word,
    struct addr *target);


#endif
