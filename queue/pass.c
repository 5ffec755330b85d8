/* SPDX-License-Identifier: ISC */
/* Finds the records that count, also behind a bad place; reads no file. */
#include "queue/pass.h"

void
pass_lost(struct pass *p, char const *what, uint32_t from, uint32_t to)
{
	recover_report(p->r, &(struct damage){ .what = what, .name = p->name,
	    .number = p->f->number, .from = from,
	    .octets = slice_from(p->text.s + from, to - from) });
}

/* Gaps */

/* All up to this sequence was durable once. */
static void
confirm(struct pass *p, uint64_t committed)
{
	unsigned i, left = 0;

	for (i = 0; i < p->gaps; i++) {
		struct pass_gap const g = p->gap[i];

		if (g.sequence <= committed)
			pass_lost(p, "records are missing", g.from, g.to);
		else
			p->gap[left++] = g;
	}
	p->gaps = left;
}

static void
add_gap(struct pass *p, uint32_t to, uint64_t sequence)
{
	if (p->gaps == PASS_GAPS_MAX)
		p->gap[PASS_GAPS_MAX - 1].to = to;
	else
		p->gap[p->gaps++] = (struct pass_gap){ .from = p->end, .to = to,
		    .sequence = sequence };
}

/* Records */

static void
read_records(struct pass *p)
{
	uint32_t at = JOURNAL_BOUND, from;
	uint64_t expected = p->sequence + 1;

	p->end = at;
	while (at + RECORD_HEAD <= p->text.len) {
		struct record_head head;
		struct slice frame, rest = slice_skip(p->text, at);
		size_t n = 0;

		/* the epoch first: whatever was made to look like records
		 * costs no checksums, for nobody outside knows an epoch */
		if (record_epoch(rest) == p->f->epoch)
			n = record_get(rest, &head, &frame);
		if (!n || head.sequence <= p->sequence ||
		    head.sequence > p->most) {
			at += RECORD_BOUND;
			continue;
		}
		/* nothing is missing when the sequence leaves out one number
		 * before each unit */
		if (head.sequence != expected) add_gap(p, at, expected);
		confirm(p, head.committed);
		/* what is dead has been superseded by what isn't, and perhaps
		 * by what has been retired */
		if (p->f->number >= p->r->oldest &&
		    !replay_record(&p->r->replay, &head,
		    head.sequence == p->sequence + 1, &(struct replay_part){
		    frame, at, at + (uint32_t)n }, &from))
			pass_lost(p, "records make no sense together", from,
			    at + (uint32_t)n);
		expected = head.sequence + (head.closes ? 2 : 1);
		p->sequence = p->last = head.sequence;
		at += (uint32_t)n;
		p->end = at;
	}
	p->r->replay.whole = false; /* no unit crosses segments */
}

void
pass_read(struct pass *p, struct heads const *next)
{
	bool known = next && next->epoch == p->f->epoch;

	p->most = known ? next->last : UINT64_MAX;
	p->sequence = p->f->sequence;
	p->last = p->f->last;
	read_records(p);
	if (known) {
		confirm(p, next->last);
		/* gone without a trace: there is nothing to keep. One that
		 * was retired in between takes its records along. */
		if (p->last < next->last && next->number == p->f->number + 1)
			pass_lost(p, "the last records are missing", p->end,
			    p->end);
	}
	p->r->torn += p->gaps;
}
