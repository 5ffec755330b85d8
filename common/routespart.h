/* SPDX-License-Identifier: ISC */
/* The index of routes, which routesfile.c makes and routes.c asks; for them
 * alone. */
#ifndef MAILGRAVE_ROUTESPART_H
#define MAILGRAVE_ROUTESPART_H

#include "common/routes.h"

/* What a left side and a mailbox are compared by. An empty local part stands
 * for all of a domain, an empty domain for any; "*" is a domain of that name,
 * and one with a dot before it stands for the sub-domains. */
struct route_key {
	struct slice local;
	struct slice domain;
};

struct route_key route_key(struct route const *route);

/* routes_slot - where the key stands, or the empty slot where it would */
unsigned *routes_slot(struct routes const *routes, struct route_key key);

/* routes_domain - the same by the domain alone */
unsigned *routes_domain(struct routes const *routes, struct slice domain);

/* routes_earliest - the first row of this key that takes mail of these groups,
 * when it stands before that in *first, which is 0 for none */
void routes_earliest(struct routes const *routes, struct route_key key,
    struct slice groups, unsigned *first);

/* routes_earliest_above - the same of those for sub-domains that it is below */
void routes_earliest_above(struct routes const *routes, struct slice domain,
    struct slice groups, unsigned *first);

#endif
