/* SPDX-License-Identifier: ISC */
/* Recipients that are to take the place of others, as send names them. */
#ifndef MAILGRAVE_STANDIN_H
#define MAILGRAVE_STANDIN_H

#include <skalibs/stralloc.h>
#include "common/handover.h"

struct standin {
	uint32_t of, action;
	uint32_t at;		/* of the address; grows with each */
	uint16_t len;
	uint8_t notify;
};

struct standins {
	struct standin *one;
	uint32_t n, room;
	stralloc addresses;	/* of them, one behind the other */
};

/* standins_add - false: nonsense, too many, or no memory */
bool standins_add(struct standins *all, struct handover_target const *frame);

/* standins_sort - those of one recipient stand together, each in its turn */
void standins_sort(struct standins *all);

/* standins_run - sorted: how many from the i-th on are of one recipient */
uint32_t standins_run(struct standins const *all, uint32_t i);

/* standins_fit - sorted: for a message with so many recipients, and none of
 * them has too many */
bool standins_fit(struct standins const *all, uint32_t rcpts);

struct slice standins_address(struct standins const *all,
    struct standin const *one);

void standins_free(struct standins *all);

#endif
