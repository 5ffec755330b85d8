/* SPDX-License-Identifier: ISC */
/* Which action of the routes a recipient's delivery is. The worker asks, and
 * whoever becomes a user for it asks again, of its own routes. Pure. */
#ifndef MAILGRAVE_CHOOSE_H
#define MAILGRAVE_CHOOSE_H

#include "common/routes.h"
#include "local/result.h"

/* Views point into it: it must not be copied. */
struct choice {
	struct addr mailbox;
	struct routes_match found;
	struct route_act const *act;
	unsigned number;	/* of act in its line, from 1 */
};

/* choose - the action for this recipient
 *   action  which one of its line, from 1; 0: the line must have but one
 *   false   *why says what that means for the mail: there is no such action,
 *           or it is one that delivers nowhere (reject, discard) */
bool choose(struct choice *c, struct routes const *routes,
    struct slice address, struct slice groups, uint32_t action,
    struct delivery_result *why);

/* choose_unsafe - what route_expand's false means */
struct delivery_result choose_unsafe(void);

#endif
