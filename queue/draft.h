/* SPDX-License-Identifier: ISC */
/* A message that is being taken, from OPEN to END: checked, and gathered in
 * memory or a file of its own, until it is a unit of the journal. */
#ifndef MAILGRAVE_DRAFT_H
#define MAILGRAVE_DRAFT_H

#include <skalibs/stralloc.h>
#include "queue/journal.h"
#include "queue/state.h"

struct intakes;

struct draft {
	struct intakes *all;
	int64_t uid;		/* of the user of the machine; -1: one of our
				 * stages, whose word about its client counts */

	struct traceid id;
	stralloc open;		/* packed OPEN frame, as far as it is believed */
	stralloc rcpts;		/* packed RCPT frames, each behind its length */
	uint32_t n;		/* of those */
	size_t octets;		/* of their records */
	bool utf8;		/* it said SMTPUTF8 */
	uint64_t arrived_s;
	stralloc text;		/* the message, while it is small */
	int file;		/* mess/ID once it isn't; else -1 */
	uint32_t crc;		/* of what is in the file */
	uint64_t size;		/* octets of the message with our header */
	uint64_t received;	/* octets of our header */
};

/* draft_envelope_max - octets of the RCPT records of one message: the rest of a
 * unit is for its text and for what recipients expand to */
static inline size_t
draft_envelope_max(struct journal const *j)
{
	return journal_unit_max(j) / 4 * 3;
}

/* Why a draft can't become a message. */
struct draft_refusal {
	enum verdict verdict;
	char const *status, *words;
};

/* draft_room - why there can't be one of this many octets now, or NULL */
struct draft_refusal const *draft_room(struct intakes *all, uint64_t size);

/* draft_open, draft_rcpt, draft_body - what the frames say
 *   NULL, or why not; then only draft_reset makes sense */
struct draft_refusal const *draft_open(struct draft *d,
    struct submit_open const *open);
struct draft_refusal const *draft_rcpt(struct draft *d,
    struct submit_rcpt const *r);
struct draft_refusal const *draft_body(struct draft *d,
    struct submit_body const *b);

/* draft_sender - addr_format, empty for the null path; a view into d */
struct slice draft_sender(struct draft const *d);

/* draft_records - append MESSAGE, its RCPTs, and BODY unless it has a file, to
 * the open unit; m learns of the file and of the octets before BODY */
bool draft_records(struct draft const *d, struct message *m);

/* draft_keep - its record is on disk or may be: the file stays */
void draft_keep(struct draft *d);

/* draft_reset - empty as at the start; a file that wasn't kept is removed */
void draft_reset(struct draft *d);

/* draft_free - the same, and its memory */
void draft_free(struct draft *d);

#endif
