/* SPDX-License-Identifier: ISC */
/* The pass through one segment: records count by checksum, epoch and
 * sequence. */
#ifndef MAILGRAVE_PASS_H
#define MAILGRAVE_PASS_H

#include "queue/heads.h"
#include "queue/recover.h"
#include "queue/segment.h"

enum { PASS_GAPS_MAX = 64 };	/* kept apart; further ones are one */

/* Octets among records that count in which some are missing. */
struct pass_gap {
	uint32_t from, to;
	uint64_t sequence;	/* of the first that is missing */
};

struct pass {
	struct recovery *r;
	struct heads const *f;
	char name[SEGMENT_NAME_MAX];
	struct slice text;	/* all of it */
	uint64_t most;		/* what has a larger sequence never counts */
	uint64_t sequence;	/* of the record before */
	uint64_t last;		/* of the last one that counted */
	uint32_t end;		/* of that */
	struct pass_gap gap[PASS_GAPS_MAX];	/* not known to be damage yet */
	unsigned gaps;
};

/* pass_read - replay what counts in p->text
 *   next  the head of the segment behind it, which says of this one's end how
 *         far it was durable; may be NULL */
void pass_read(struct pass *p, struct heads const *next);

/* pass_lost - report committed octets that can't be read */
void pass_lost(struct pass *p, char const *what, uint32_t from, uint32_t to);

#endif
