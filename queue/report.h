/* SPDX-License-Identifier: ISC */
/* A report that send makes about what became of recipients: gathered frame by
 * frame, then one unit with the marks on those recipients. */
#ifndef MAILGRAVE_REPORT_H
#define MAILGRAVE_REPORT_H

#include <skalibs/stralloc.h>
#include "common/handover.h"
#include "queue/journal.h"
#include "queue/state.h"

struct handout;

/* One at a time is being gathered. */
struct report {
	bool open;
	struct traceid of, id;
	uint8_t eightbit, utf8;
	uint8_t warning;	/* its recipients stay open */
	stralloc to, text;
	stralloc rcpts;		/* uint32_t each */
	uint32_t n;
};

/* What the frames of a report do; false: out of place or of memory */
bool report_begin(struct report *r, struct handover_report const *frame);
bool report_mark(struct report *r, struct handover_reported const *frame);
bool report_text(struct report *r, struct handover_report_text const *frame);
bool report_end(struct report *r, struct handover_report_end const *frame,
    struct handout *h);

/* report_forget - the connection is gone in the middle of one */
void report_forget(struct report *r);

#endif
