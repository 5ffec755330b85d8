/* SPDX-License-Identifier: ISC */
/* Replaces recipients by others in one commit; decides nothing about whom. */
#include <errno.h>
#include <stdlib.h>
#include "common/log.h"
#include "queue/envelope.h"
#include "queue/expand.h"
#include "queue/handout.h"

/* A recipient that is replaced. */
struct replaced {
	uint32_t rcpt;
	bool owed;		/* its sender is to be told */
};

/* An expansion on its way into the journal. */
struct pending {
	struct handout *h;
	uint64_t connection;	/* that asked for it */
	struct traceid id;
	struct journal_unit unit;
	uint32_t envelope;	/* octets, in the new unit */
	uint32_t rcpts;		/* in all, after it */
	uint32_t n;
	struct replaced replaced[];
};

/* Gathering */

void
expand_forget(struct expand *x)
{
	standins_free(&x->standins);
	*x = (struct expand){ .waiting = x->waiting };
}

bool
expand_begin(struct expand *x, struct handover_expand const *frame)
{
	if (x->open) return false;
	x->open = true;
	x->id = frame->id;
	return true;
}

bool
expand_target(struct expand *x, struct handover_target const *frame)
{
	return x->open && standins_add(&x->standins, frame);
}

/* Judging */

enum judged { NONSENSE, NOTHING_TO_DO, NOT_NOW, NEVER, DO_IT };

/* The acknowledgement of the same may have been lost. */
static bool
all_open(struct expand const *x, struct message const *m)
{
	struct standins const *all = &x->standins;
	uint32_t i;

	for (i = 0; i < all->n; i++)
		if (m->rcpt[all->one[i].of].state != RCPT_OPEN) return false;
	return true;
}

static enum judged
judge(struct expand const *x, struct handout const *h,
    struct message const *m)
{
	struct standins const *all = &x->standins;
	size_t octets = x->waiting + all->addresses.len + all->n * RECORD_BOUND;

	if (!m || !m->committed) return NOTHING_TO_DO;
	if (!standins_fit(all, m->rcpts)) return NONSENSE;
	/* a unit that doesn't know what is on its way into the journal would
	 * undo it */
	if (m->held || m->pending || m->reporting || m->replacing)
		return NOT_NOW;
	if (!all_open(x, m)) return NOTHING_TO_DO;
	if (all->n > SUBMIT_RCPTS_MAX - (uint32_t)m->rcpts) return NEVER;
	if (!journal_takes_mail(h->journal, octets + m->unit)) return NOT_NOW;
	return DO_IT;
}

/* Composing */

/* The recipients that there are: as they stand, or replaced. */
static bool
add_old(struct standins const *all, struct pending *p, struct message const *m,
    struct envelope e, bool words)
{
	struct journal *j = p->h->journal;
	char store[LAST_WORDS_MAX];
	uint32_t n, i = 0;

	p->n = 0;
	for (n = 0; n < m->rcpts; n++) {
		bool hit = i < all->n && all->one[i].of == n;
		uint32_t targets = hit ? standins_run(all, i) : 0;
		struct record_rcpt r;

		if (!envelope_rcpt_now(&e, j, m, n, &r, store)) return false;
		if (hit) {
			bool owed = targets > 1 && e.message.sender.len &&
			    r.notify & NOTIFY_SUCCESS;

			r.state = owed ? RCPT_LISTED : RCPT_EXPANDED;
			p->replaced[p->n++] = (struct replaced){ .rcpt = n,
			    .owed = owed };
			i += targets;
		}
		/* of a try before: it isn't tried any more */
		if (hit || !words)
			r.status = r.where = r.words = slice_of("");
		if (!journal_add(j, &record_rcpt_form, &r, false)) return false;
	}
	return true;
}

/* Those who stand for r. */
static bool
add_those(struct standins const *all, uint32_t i, struct journal *j,
    struct record_rcpt const *r, bool closes)
{
	char made[ORCPT_MAX];
	struct slice orcpt = r->orcpt;
	uint32_t end = i + standins_run(all, i);

	if (!orcpt.len)
		orcpt = slice_from(made, dsn_orcpt_encode(r->address, made));
	for (; i < end; i++) {
		struct standin const *t = &all->one[i];
		struct record_rcpt new = { .address =
		    standins_address(all, t),
		    .action = t->action, .notify = t->notify, .orcpt = orcpt };

		if (!journal_add(j, &record_rcpt_form, &new,
		    closes && i + 1 == all->n))
			return false;
	}
	return true;
}

static bool
add_new(struct standins const *all, struct journal *j, struct message const *m,
    struct envelope e)
{
	uint32_t n, i = 0;

	for (n = 0; i < all->n; n++) {
		struct record_rcpt r;

		if (!envelope_rcpt(&e, &r)) return false;
		if (all->one[i].of != n) continue;
		if (!add_those(all, i, j, &r, m->file)) return false;
		i += standins_run(all, i);
	}
	return true;
}

static bool
add_body(struct journal *j, struct message const *m)
{
	struct record_body body;
	char *octets = envelope_body(j, m, &body.octets);
	bool fine = octets && journal_add(j, &record_body_form, &body, true);

	free(octets);
	return fine;
}

static bool
add_unit(struct standins const *all, struct pending *p, struct message const *m,
    struct envelope const *e, bool words)
{
	struct journal *j = p->h->journal;
	struct record_message message = e->message;

	message.rcpts = p->rcpts;
	message.held = m->held;
	message.given_up = m->given_up;
	journal_begin(j, JOURNAL_OUTCOMES);
	if (!journal_add(j, &record_message_form, &message, false) ||
	    !add_old(all, p, m, *e, words) || !add_new(all, j, m, *e))
		return false;
	p->envelope = (uint32_t)journal_begun(j);
	return m->file || add_body(j, m);
}

/* The words of earlier tries are worth less than the expansion. */
static bool
compose(struct expand const *x, struct pending *p, struct message const *m)
{
	struct journal *j = p->h->journal;
	struct envelope e;
	bool fine;

	if (!envelope_open(&e, j, m, m->envelope)) return false;
	fine = add_unit(&x->standins, p, m, &e, true);
	if (!fine && errno == EMSGSIZE) {
		journal_abandon(j);
		fine = add_unit(&x->standins, p, m, &e, false);
	}
	if (!fine) journal_abandon(j);
	envelope_close(&e);
	return fine;
}

/* Committing */

static void
acknowledge(struct handout *h, struct traceid const *id,
    enum handover_expanded done)
{
	peer_send(&h->peer, &handover_expand_ack_form,
	    &(struct handover_expand_ack){ .id = *id, .done = (uint8_t)done },
	    -1);
}

static void
replace(struct pending const *p, struct message *m)
{
	uint32_t i;

	envelope_moved(m, p->h->journal, &p->unit, p->envelope);
	for (i = 0; i < p->n; i++)
		message_expanded(m, p->replaced[i].rcpt, p->replaced[i].owed);
	message_grow(m, p->rcpts);
	announce_again(p->h, m);
}

static void
committed(void *owner, bool fine)
{
	struct pending *p = owner;
	struct handout *h = p->h;
	struct message *m = state_find(h->state, &p->id);

	h->expand.waiting -= p->unit.len;
	if (m) {
		m->pending--;
		m->replacing = false;
	}
	if (fine && m) replace(p, m);
	if (handout_is_on(h, p->connection))
		acknowledge(h, &p->id, fine ? EXPANDED_DONE : EXPANDED_LATER);
	free(p);
}

/* In the lane of the outcomes: those that come later must lie behind it. */
static enum judged
append(struct expand *x, struct handout *h, struct message *m)
{
	uint32_t const n = x->standins.n;
	struct pending *p = malloc(sizeof *p + n * sizeof *p->replaced);
	int error;

	if (!p) return NOT_NOW;
	*p = (struct pending){ .h = h, .connection = h->connection,
	    .id = x->id, .rcpts = m->rcpts + n,
	    .unit = { .committed = committed, .owner = p,
	    .about = journal_about(h->journal, m->segment) } };
	if (!message_reserve(m, p->rcpts) || !compose(x, p, m)) {
		error = errno;
		free(p);
		log_event("cannot-expand", LOG_ID(&x->id), LOG_SYS(error));
		return error == EMSGSIZE ? NEVER : NOT_NOW;
	}
	journal_end(h->journal, &p->unit);
	journal_hurry(h->journal);
	x->waiting += p->unit.len;
	m->pending++;
	m->replacing = true;
	log_event("expanded", LOG_ID(&x->id), LOG_NUMBER("rcpts", p->n),
	    LOG_NUMBER("targets", n));
	return DO_IT;
}

bool
expand_end(struct expand *x, struct handover_expand_end const *frame,
    struct handout *h)
{
	struct message *m = state_find(h->state, &x->id);
	enum judged judged = NONSENSE;

	if (x->open && x->standins.n && frame->targets == x->standins.n) {
		standins_sort(&x->standins);
		judged = judge(x, h, m);
	}
	if (judged == DO_IT) judged = append(x, h, m);
	if (judged == NOTHING_TO_DO) {
		acknowledge(h, &x->id, EXPANDED_DONE);
		if (m && m->committed) announce_again(h, m);
	}
	if (judged == NOT_NOW) acknowledge(h, &x->id, EXPANDED_LATER);
	if (judged == NEVER) acknowledge(h, &x->id, EXPANDED_NEVER);
	expand_forget(x);
	return judged != NONSENSE;
}
