/* SPDX-License-Identifier: ISC */
/* One delivery as a user of the machine: becomes that user, and only then reads
 * the request, checks it against the rule, and carries the rule out. */
#ifndef MAILGRAVE_CHILD_H
#define MAILGRAVE_CHILD_H

#include "common/action.h"
#include "local/parent.h"

struct child {
	struct parent_settings const *settings;
	struct parent_order order;
	struct route_act const *act;	/* what order names */
	int socket;			/* to the worker */
};

_Noreturn void child_deliver(struct child const *c);

#endif
