/* SPDX-License-Identifier: ISC */
/* What people order for mail that waits. Pure. */
#ifndef MAILGRAVE_ORDERS_H
#define MAILGRAVE_ORDERS_H

#include "send/sched.h"

/* orders_take - for a mail that is known or being announced; others are passed
 * over. Jobs that run go on to their end. */
void orders_take(struct sched *s, struct handover_order const *o,
    int64_t now_ms);

#endif
