/* SPDX-License-Identifier: ISC */
/* Carries out one order for one message: its record is committed, then it
 * counts, then send hears of it. */
#ifndef MAILGRAVE_QUEUE_ORDER_H
#define MAILGRAVE_QUEUE_ORDER_H

#include "queue/handout.h"

/* order_give - for a committed message
 *   uid    whose order it is, for the log
 *   done   is called when it is durable, or was not written for certain
 *   false  no memory: nothing happens */
bool order_give(struct handout *h, struct message *m, enum order order,
    uid_t uid, void (*done)(void *owner, bool fine), void *owner);

#endif
