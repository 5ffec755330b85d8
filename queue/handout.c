/* SPDX-License-Identifier: ISC */
/* Speaks with send: deals out its frames. Decides nothing about mail. */
#include "common/handover.h"
#include "common/log.h"
#include "queue/handout.h"
#include "queue/outcome.h"
#include "queue/store.h"

void
handout_finished(struct handout *h, struct message *m)
{
	log_event("finished", LOG_ID(&m->by.id));
	announce_forget(h, m);
	if (m->file) store_remove(h->mess, &m->by.id);
	journal_dead(h->journal, m->segment, m->unit);
	state_forget(h->state, m);
}

bool
handout_is_on(struct handout const *h, uint64_t connection)
{
	return peer_is_open(&h->peer) && h->connection == connection;
}

void
handout_arrived(struct handout *h, struct message *m)
{
	announce_arrived(h, m);
}

void
handout_order(struct handout *h, struct message *m, enum order order)
{
	if (!m->known) {
		/* not announced yet, perhaps because it was held */
		announce_again(h, m);
		return;
	}
	if (order == ORDER_DELETE || order == ORDER_HOLD) m->known = false;
	if (peer_is_open(&h->peer)) announce_order(h, &m->by.id, order);
}

static void
drained(void *owner)
{
	announce_on(owner);
}

/* What send asks */

static bool
got_held(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)values;
	(void)fd;
	return true; /* send ignores what it knows when it is told again */
}

static bool
got_window(void *owner, void const *values, int fd)
{
	(void)fd;
	return announce_more(owner, values);
}

static bool
got_outcome(void *owner, void const *values, int fd)
{
	(void)fd;
	return outcome_take(owner, values);
}

static bool
got_fetch(void *owner, void const *values, int fd)
{
	struct handover_fetch const *f = values;

	(void)fd;
	return fetching_ask(owner, &f->id);
}

static bool
got_report(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return report_begin(&h->report, values);
}

static bool
got_reported(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return report_mark(&h->report, values);
}

static bool
got_report_text(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return report_text(&h->report, values);
}

static bool
got_report_end(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return report_end(&h->report, values, h);
}

static bool
got_expand(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return expand_begin(&h->expand, values);
}

static bool
got_target(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return expand_target(&h->expand, values);
}

static bool
got_expand_end(void *owner, void const *values, int fd)
{
	struct handout *h = owner;

	(void)fd;
	return expand_end(&h->expand, values, h);
}

/* The connection */

static struct peer_row const rows[] = {
	{ &handover_held_form, false, got_held },
	{ &handover_window_form, false, got_window },
	{ &handover_fetch_form, false, got_fetch },
	{ &handover_outcome_form, false, got_outcome },
	{ &handover_report_form, false, got_report },
	{ &handover_reported_form, false, got_reported },
	{ &handover_report_text_form, false, got_report_text },
	{ &handover_report_end_form, false, got_report_end },
	{ &handover_expand_form, false, got_expand },
	{ &handover_target_form, false, got_target },
	{ &handover_expand_end_form, false, got_expand_end },
};

static void gone(void *owner, char const *why);

static struct peer_kind const kind = {
	.row = rows,
	.rows = sizeof rows / sizeof *rows,
	.gone = gone,
	.drained = drained,
	.shares = true,
};

static void
gone(void *owner, char const *why)
{
	struct handout *h = owner;

	log_event("disconnected", LOG_TEXT("from", "send"),
	    LOG_TEXT("why", why));
	report_forget(&h->report);
	expand_forget(&h->expand);
	fetching_forget(h);
	if (h->lost) h->lost(h->owner);
	if (!h->ending) caller_lost(&h->caller);
}

void
handout_cut(struct handout *h, char const *why)
{
	peer_close(&h->peer);
	gone(h, why);
}

bool
handout_adopt(struct handout *h, int fd)
{
	announce_begin(h);
	h->connection++;
	report_forget(&h->report);
	expand_forget(&h->expand);
	return peer_open(&h->peer, h->loop, fd, &kind, h);
}

static bool
connected(void *owner, int fd)
{
	if (!handout_adopt(owner, fd)) return false;
	log_event("connected", LOG_TEXT("to", "send"));
	return true;
}

void
handout_init(struct handout *h)
{
	announce_init(h);
	fetching_init(h);
}

void
handout_start(struct handout *h)
{
	h->caller = (struct caller){ .loop = h->loop, .path = h->path,
	    .connected = connected, .owner = h };
	caller_start(&h->caller);
}

void
handout_end(struct handout *h)
{
	struct handover_ending e = { .unused = 0 };

	h->ending = true;
	loop_disarm(h->loop, &h->caller.retry);
	if (peer_is_open(&h->peer))
		peer_send(&h->peer, &handover_ending_form, &e, -1);
}
