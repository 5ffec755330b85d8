/* SPDX-License-Identifier: ISC */
/* Reads one OUTCOME record; changes nothing. */
#include "common/handover.h"
#include "queue/lastwords.h"

_Static_assert(RECORD_HEAD + 64 + STATUS_MAX + HANDOVER_WHERE_MAX + WORDS_MAX <=
    LAST_WORDS_MAX, "an OUTCOME record fits");

void
lastwords(struct journal const *j, struct rcpt const *rcpt,
    struct record_rcpt *r, char *store)
{
	struct record_head head;
	struct record_outcome o;
	struct slice frame;
	size_t left;

	if (!rcpt->offset) return;
	left = j->segment[rcpt->segment].size - rcpt->offset;
	if (left > LAST_WORDS_MAX) left = LAST_WORDS_MAX;
	if (!journal_read(j, rcpt->segment, rcpt->offset, store, left) ||
	    !record_get(slice_from(store, left), &head, &frame) ||
	    !wire_unpack(&record_outcome_form, &o, frame))
		return;
	r->status = o.status;
	r->where = o.where;
	r->words = o.words;
}
