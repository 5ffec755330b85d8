/* SPDX-License-Identifier: ISC */
/* The parent as the daemon sees it: whether the routes need one, what it can
 * do, and that it must not end. */
#ifndef MAILGRAVE_HIRE_H
#define MAILGRAVE_HIRE_H

#include "common/stage.h"
#include "local/account.h"
#include "local/parent.h"
#include "local/settings.h"

struct hire {
	int parent;		/* its socket; -1: there is none */
	struct account own;	/* who we are without root */
	struct parent_powers powers;
	struct watch end;
};

/* hire_look - before the routes are read: those that can't be carried out are
 * refused, and the parent hears of new ones */
void hire_look(struct hire *h, struct inforce *inforce, bool by_hand);

/* hire_open - start it, if the routes need one; before the jail
 *   false  errno */
bool hire_open(struct hire *h, struct stage *stage,
    struct settings const *settings, struct routes *routes);

#endif
