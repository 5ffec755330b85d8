/* SPDX-License-Identifier: ISC */
/* Reads the heads of segments, nothing behind them. */
#include "queue/heads.h"
#include "queue/journal.h"
#include "queue/segment.h"

static bool
take_head(struct heads *f, struct slice octets)
{
	struct record_segment r;
	struct record_head head;
	struct slice frame;

	if (!record_get(octets, &head, &frame) ||
	    !wire_unpack(&record_segment_form, &r, frame))
		return false;
	if (r.number <= f->number) return true;
	f->number = r.number;
	f->epoch = head.epoch;
	f->sequence = head.sequence;
	f->last = r.last;
	f->oldest = r.oldest;
	return true;
}

/* It is there twice; where only one was written before a crash, that is the
 * one that counts. */
void
heads_read(struct heads *f)
{
	char octets[JOURNAL_BOUND];
	struct slice both = slice_from(octets, sizeof octets);

	f->number = 0;
	if (!segment_read(f->fd, octets, sizeof octets)) return;
	take_head(f, both);
	take_head(f, slice_skip(both, JOURNAL_BOUND / 2));
}

int
heads_order(void const *a, void const *b)
{
	struct heads const *x = a, *y = b;

	if (x->number != y->number) return x->number < y->number ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

bool
heads_void(struct heads const *f)
{
	return f[0].number && f[1].number == f[0].number + 1 &&
	    f[1].epoch == f[0].epoch && f[1].sequence != f[1].last + 1;
}
