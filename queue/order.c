/* SPDX-License-Identifier: ISC */
/* Orders on their way into the journal; asks nobody whether they are wise. */
#include <stdlib.h>
#include "common/log.h"
#include "queue/order.h"

/* An order until it is durable. */
struct pending {
	struct handout *h;
	struct record_order what;
	struct journal_unit unit;
	void (*done)(void *owner, bool fine);
	void *owner;
};

/* The record counts from now on. */
static void
carry_out(struct handout *h, struct message *m, enum order order)
{
	bool there = state_order(m, order);

	handout_order(h, m, order);
	if (!there) handout_finished(h, m);
}

static void
committed(void *owner, bool fine)
{
	struct pending *p = owner;
	struct message *m = state_find(p->h->state, &p->what.id);

	if (m) m->pending--;
	/* it may have been finished on the way */
	if (fine && m) carry_out(p->h, m, p->what.order);
	p->done(p->owner, fine);
	free(p);
}

bool
order_give(struct handout *h, struct message *m, enum order order, uid_t uid,
    void (*done)(void *owner, bool fine), void *owner)
{
	static char const *const name[ORDERS] = { "delete", "hold", "release",
						  "bounce", "retry" };
	struct pending *p = malloc(sizeof *p);

	if (!p) return false;
	*p = (struct pending){ .h = h, .done = done, .owner = owner,
	    .what = { .id = m->by.id, .order = (uint8_t)order },
	    .unit = { .committed = committed, .owner = p,
	    .about = journal_about(h->journal, m->segment) } };
	/* with the outcomes: a full disk must not keep mail from being
	 * deleted */
	journal_begin(h->journal, JOURNAL_OUTCOMES);
	if (!journal_add(h->journal, &record_order_form, &p->what, true)) {
		journal_abandon(h->journal);
		free(p);
		return false;
	}
	journal_end(h->journal, &p->unit);
	journal_hurry(h->journal);
	m->pending++;
	log_event("ordered", LOG_ID(&m->by.id), LOG_TEXT("what", name[order]),
	    LOG_NUMBER("uid", uid));
	return true;
}
