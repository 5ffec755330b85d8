/* SPDX-License-Identifier: ISC */
/* Deliveries into mbox files, many at a time, one at a time into each. */
#ifndef MAILGRAVE_FILING_H
#define MAILGRAVE_FILING_H

#include "common/flush.h"
#include "local/delivery.h"

enum {
	FILING_ACTIVE_MAX = 64,	/* at work; three descriptors each */
	FILING_PAUSE_MS = 100	/* between two looks at a lock */
};

struct filings {
	/* set by main */
	struct loop *loop;
	struct flushers *flushers;
	int root;		/* directory that all paths start from */
	int64_t lock_time_ms;	/* wait so long for a lock */

	size_t active;
	struct filing *first, **end;	/* waiting */
	struct filing *working;
	struct chore begin;
};

struct filing;

void filings_init(struct filings *all);

/* filing_start - as delivery_start; path is that of the mbox */
struct filing *filing_start(struct filings *all,
    struct delivery_order const *order, char const *path,
    void (*done)(void *owner, struct delivery_result const *result),
    void *owner);

/* filing_cancel - as delivery_cancel; what waits for a lock can be taken back,
 * what is being written is not */
bool filing_cancel(struct filing *f);

#endif
