/* SPDX-License-Identifier: ISC */
/* The way out for a message: to the queue, to a queue of our own, or, with
 * --dry-run, to standard output. */
#ifndef MAILGRAVE_INJECT_OUTLET_H
#define MAILGRAVE_INJECT_OUTLET_H

#include "common/body.h"
#include "common/handin.h"
#include "inject/ending.h"
#include "inject/envelope.h"
#include "inject/hand.h"
#include "inject/settings.h"

struct outlet {
	struct settings const *set;
	bool connected;
	struct hand hand;	/* by hand */
	struct body_lf lf;	/* of --dry-run */
	struct handin submission;
	struct trouble trouble;	/* after false; its words live in here */
};

/* Each returns false when there is no point in going on. Nothing is queued
 * unless outlet_end returns true. */

/* outlet_open - begin a message; another may follow behind outlet_end
 *   eightbit  8BITMIME, as far as is known yet */
bool outlet_open(struct outlet *o, struct envelope const *e,
    struct traceid const *id, bool eightbit);

bool outlet_put(struct outlet *o, struct slice piece);

/* outlet_end - commit: true means the message is the queue's, durably */
bool outlet_end(struct outlet *o);

/* outlet_close - after the last message */
void outlet_close(struct outlet *o);

#endif
