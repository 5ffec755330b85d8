/* SPDX-License-Identifier: ISC */
/* From what the routes say to what the schedule does. Pure. */
#ifndef MAILGRAVE_ROUTING_H
#define MAILGRAVE_ROUTING_H

#include "common/expand.h"
#include "send/sched.h"

/* routing_find - where a recipient goes
 *   address  addr_format
 *   action   of its line, from 1; 0: its only one, or it is expanded
 *   out      its texts live as long as the routes
 *   targets  filled for WAY_TARGETS; the caller empties it with
 *            expansion_free, whatever is returned; its addresses live until
 *            then */
enum sched_way routing_find(struct routes const *routes, struct slice address,
    struct slice groups, uint32_t action, struct sched_route *out,
    struct expansion *targets);

/* routing_notify - what one of so many targets inherits of a recipient's NOTIFY
 * (see common/handover.h) */
uint8_t routing_notify(uint8_t notify, size_t targets);

#endif
