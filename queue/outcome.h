/* SPDX-License-Identifier: ISC */
/* What became of one try: one record, then its acknowledgement. */
#ifndef MAILGRAVE_OUTCOME_H
#define MAILGRAVE_OUTCOME_H

#include "common/handover.h"

struct handout;

/* outcome_take - false: it makes no sense, or there is no memory for it */
bool outcome_take(struct handout *h, struct handover_outcome const *o);

#endif
