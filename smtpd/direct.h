/* SPDX-License-Identifier: ISC */
/* The beginning of a smtpd without a queue; what serves then is sink.c. May end
 * the process, as main does. */
#ifndef MAILGRAVE_SMTPD_DIRECT_H
#define MAILGRAVE_SMTPD_DIRECT_H

#include "common/stage.h"
#include "smtpd/outlet.h"
#include "smtpd/sink.h"

/* direct_prepare - after the options: whether they say so, and fit to that
 *   operands  behind them
 *   rules     where it is so, mail goes by the outlet's line if it has one */
void direct_prepare(struct outlet *o, struct stage *stage,
    struct inforce *rules, char *const *operands);

/* direct_open - start local; routes, lost, owner and parcels.each of the sink are
 * set */
void direct_open(struct sink *sink, struct outlet const *o,
    struct stage *stage);

#endif
