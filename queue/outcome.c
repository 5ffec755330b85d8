/* SPDX-License-Identifier: ISC */
/* Records outcomes; decides nothing about them. */
#include <stdlib.h>
#include "common/clock.h"
#include "queue/handout.h"
#include "queue/outcome.h"

/* An outcome on its way into the journal. */
struct pending {
	struct handout *h;
	uint64_t connection;
	struct journal_unit unit;
	struct record_outcome what;	/* without its texts */
};

static void
ack(struct handout *h, struct traceid const *id, uint32_t rcpt,
    uint32_t attempt)
{
	struct handover_outcome_ack a = { .id = *id, .rcpt = rcpt,
	    .attempt = attempt };

	peer_send(&h->peer, &handover_outcome_ack_form, &a, -1);
}

static void
count(struct handout *h, uint8_t state)
{
	counts_add(h->counts, state == RCPT_OPEN ? COUNTED_DEFERRED :
	    state == RCPT_FAILED ? COUNTED_FAILED : COUNTED_DELIVERED,
	    h->loop->now_ms);
}

static void
committed(void *owner, bool fine)
{
	struct pending *p = owner;
	struct handout *h = p->h;
	struct message *m = state_find(h->state, &p->what.id);

	if (m) m->pending--;
	if (fine && m) count(h, p->what.state);
	if (fine && m && !state_outcome(m, &p->what,
	    p->unit.segment, p->unit.offset))
		handout_finished(h, m);
	if (handout_is_on(h, p->connection)) {
		if (fine)
			ack(h, &p->what.id, p->what.rcpt, p->what.attempt);
		else /* on the next one it is repeated */
			handout_cut(h, "cannot write an outcome");
	}
	free(p);
}

static struct record_outcome
record_of(struct handover_outcome const *o)
{
	static uint8_t const after[OUTCOMES] = {
		[OUTCOME_DELIVERED] = RCPT_DELIVERED,
		[OUTCOME_DEFERRED] = RCPT_OPEN,
		[OUTCOME_FAILED] = RCPT_FAILED,
		[OUTCOME_CONFIRMED] = RCPT_CONFIRMED,
		[OUTCOME_RELAYED] = RCPT_RELAYED,
	};
	struct record_outcome r = { .id = o->id, .rcpt = o->rcpt,
	    .attempt = o->attempt, .state = after[o->outcome],
	    .status = o->status, .where = o->where, .words = o->words };
	uint32_t wait_s = o->wait_s < HANDOUT_WAIT_MAX_S ? o->wait_s :
	    HANDOUT_WAIT_MAX_S;

	if (r.state == RCPT_OPEN)
		r.due_s = (uint32_t)(clock_wall_ms() / 1000) + wait_s;
	return r;
}

static bool
append(struct handout *h, struct message *m, struct record_outcome const *r)
{
	struct pending *p = malloc(sizeof *p);

	if (!p) return false; /* send repeats it on the next connection */
	*p = (struct pending){ .h = h, .connection = h->connection,
	    .what = *r, .unit = { .committed = committed, .owner = p,
	    .about = journal_about(h->journal, m->segment) } };
	journal_begin(h->journal, JOURNAL_OUTCOMES);
	if (!journal_add(h->journal, &record_outcome_form, r, true)) {
		journal_abandon(h->journal);
		free(p);
		return false;
	}
	journal_end(h->journal, &p->unit);
	m->pending++;
	return true;
}

bool
outcome_take(struct handout *h, struct handover_outcome const *o)
{
	struct message *m = state_find(h->state, &o->id);
	bool known = m && m->committed;
	struct record_outcome r;

	if (o->outcome == OUTCOME_EXPANDED) return false; /* only we say so */
	switch (known ? state_judge(m, o->rcpt, o->attempt) : STATE_OLD) {
	case STATE_OLD:
		ack(h, &o->id, o->rcpt, o->attempt);
		return true;
	case STATE_NONSENSE:
		return false;
	case STATE_NEWS:
		break;
	}
	r = record_of(o);
	return append(h, m, &r);
}
