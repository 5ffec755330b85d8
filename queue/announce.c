/* SPDX-License-Identifier: ISC */
/* Composes announcements out of records; decides nothing about mail. */
#include <errno.h>
#include <stdlib.h>
#include "common/clock.h"
#include "common/log.h"
#include "queue/announce.h"
#include "queue/giving.h"

enum {
	TELL_AHEAD = 1 << 20,	/* octets waiting in the socket's queue */
	GIVE_AHEAD = 1 << 16	/* the same, while descriptors go along: so few
				 * wait in it, whatever window send opens */
};

static uint32_t
wait_of(struct rcpt const *r)
{
	uint32_t now_s = (uint32_t)(clock_wall_ms() / 1000);

	if (r->due_s <= now_s) return 0;
	return r->due_s - now_s < HANDOUT_WAIT_MAX_S ? r->due_s - now_s :
	    HANDOUT_WAIT_MAX_S;
}

/* What became of a recipient of whom only the report is missing. */
static void
tell_owed(struct handout const *h, struct rcpt const *now,
    struct record_rcpt *r, struct handover_rcpt *t, char *store)
{
	static uint8_t const owed[RCPT_STATES] = {
		[RCPT_FAILED] = OUTCOME_FAILED,
		[RCPT_CONFIRMED] = OUTCOME_CONFIRMED,
		[RCPT_RELAYED] = OUTCOME_RELAYED,
		[RCPT_LISTED] = OUTCOME_EXPANDED,
	};

	t->owed = owed[now->state];
	if (!t->owed) return;
	lastwords(h->journal, now, r, store);
	t->status = r->status;
	/* however many there are, all can be told */
	if (h->peer.out.octets > PEER_WAITING_MAX / 2) return;
	t->where = r->where;
	t->words = r->words;
}

/* The unfinished recipients; false when one can't be read or told. */
static bool
tell_rcpts(struct handout *h, struct message const *m, struct envelope *e,
    uint32_t *told)
{
	char store[LAST_WORDS_MAX];
	uint32_t n;

	*told = 0;
	for (n = 0; n < m->rcpts; n++) {
		struct rcpt const *now = &m->rcpt[n];
		struct record_rcpt r;
		struct handover_rcpt t;

		if (!envelope_rcpt(e, &r)) return false;
		if (!state_is_unfinished(now)) continue;
		t = (struct handover_rcpt){ .id = m->by.id, .rcpt = n,
		    .attempt = now->attempt, .wait_s = wait_of(now),
		    .action = r.action, .warned = now->warned,
		    .notify = r.notify, .address = r.address,
		    .orcpt = r.orcpt };
		tell_owed(h, now, &r, &t, store);
		if (!peer_send(&h->peer, &handover_rcpt_form, &t, -1)) {
			errno = ENOMEM;
			return false;
		}
		++*told;
	}
	return true;
}

bool
announce_order(struct handout *h, struct traceid const *id, enum order order)
{
	return peer_send(&h->peer, &handover_order_form,
	    &(struct handover_order){ .id = *id, .order = (uint8_t)order },
	    -1);
}

static bool
tell_mail(struct handout *h, struct message const *m,
    struct record_message const *r)
{
	struct handover_mail mail = { .id = m->by.id, .sender = r->sender,
	    .groups = r->groups, .size = r->size, .arrived_s = r->arrived_s,
	    .eightbit = r->eightbit, .utf8 = r->utf8, .fresh = !m->told };

	errno = ENOMEM;
	return peer_send(&h->peer, &handover_mail_form, &mail, -1) &&
	    /* before it is ready to be tried */
	    (!m->given_up || announce_order(h, &m->by.id, ORDER_BOUNCE));
}

/* What has just arrived is going to be asked for at once. */
static bool
goes_with_text(struct handout const *h, struct message const *m)
{
	bool with_fd = m->file || m->unit - m->envelope > h->announce.within;

	return !m->told && (!m->file || m->checked) && h->announce.texts &&
	    h->peer.out.octets < (with_fd ? GIVE_AHEAD : TELL_AHEAD);
}

/* errno is EIO when what was written can't be read any more. */
static bool
tell_message(struct handout *h, struct message *m)
{
	struct handover_ready ready = { .id = m->by.id };
	bool with_text = goes_with_text(h, m), fine;
	struct envelope e;

	if (!(with_text && !m->file ? envelope_open_whole(&e, h->journal, m) :
	    envelope_open(&e, h->journal, m, m->envelope)))
		return false;
	fine = tell_mail(h, m, &e.message) &&
	    tell_rcpts(h, m, &e, &ready.rcpts);
	if (fine && with_text && giving_ahead(h, m, &e)) h->announce.texts--;
	envelope_close(&e);
	if (!fine) return false;
	m->told = m->known = true;
	return peer_send(&h->peer, &handover_ready_form, &ready, -1);
}

/* Choosing */

/* Some may be finished meanwhile. */
static struct message *
take_again(struct announce *a, struct state const *s)
{
	struct message *m = NULL;

	while (!m && a->agains) {
		m = state_find(s, &a->again[a->first]);
		a->first = (a->first + 1) % ANNOUNCE_AGAIN_MAX;
		a->agains--;
	}
	return m;
}

static struct message *
take(struct handout *h)
{
	struct announce *a = &h->announce;
	struct message *m = take_again(a, h->state);

	if (m) return m;
	m = a->next;
	if (m) a->next = m->newer;
	return m;
}

static bool
may_tell(struct handout const *h)
{
	return h->announce.window && peer_is_open(&h->peer) &&
	    h->peer.out.octets < TELL_AHEAD;
}

static void
retry(void *owner)
{
	struct handout *h = owner;

	h->announce.next = h->state->oldest;
	announce_on(h);
}

static void
retry_later(struct handout *h)
{
	struct timer *t = &h->announce.retry;

	if (!timer_is_armed(t))
		loop_arm(h->loop, t, h->loop->now_ms + ANNOUNCE_RETRY_MS);
}

static void
turn(void *owner)
{
	struct handout *h = owner;
	struct announce *a = &h->announce;
	struct message *m = NULL;

	while (may_tell(h) && (m = take(h))) {
		if (m->held || m->known) continue;
		if (tell_message(h, m)) {
			a->window--;
			a->told++;
			continue;
		}
		log_event("cannot-announce", LOG_ID(&m->by.id), LOG_SYS(errno));
		if (errno == EIO) {
			/* it stays, for people to look; a disk may recover */
			retry_later(h);
			continue;
		}
		/* send forgets the half of it, and hears all of it on the
		 * next connection */
		handout_cut(h, "out of memory");
		return;
	}
	if (a->next || a->agains || a->all || !peer_is_open(&h->peer)) return;
	a->all = true;
	peer_send(&h->peer, &handover_told_form,
	    &(struct handover_told){ .messages = a->told }, -1);
}

void
announce_on(struct handout *h)
{
	loop_later(h->loop, &h->announce.turn);
}

void
announce_arrived(struct handout *h, struct message *m)
{
	if (!h->announce.next) h->announce.next = m;
	announce_on(h);
}

void
announce_again(struct handout *h, struct message *m)
{
	struct announce *a = &h->announce;

	m->known = false;
	announce_on(h);
	if (a->agains == ANNOUNCE_AGAIN_MAX) {
		a->next = h->state->oldest; /* it is among them */
		return;
	}
	a->again[(a->first + a->agains++) % ANNOUNCE_AGAIN_MAX] = m->by.id;
}

void
announce_forget(struct handout *h, struct message const *m)
{
	if (h->announce.next == m) h->announce.next = m->newer;
}

bool
announce_more(struct handout *h, struct handover_window const *by)
{
	if (by->messages > UINT32_MAX - h->announce.window ||
	    by->texts > HANDOVER_AHEAD_MAX - h->announce.texts ||
	    by->within > HANDOVER_TEXT_MAX)
		return false;
	h->announce.window += by->messages;
	h->announce.texts += by->texts;
	h->announce.within = by->within;
	announce_on(h);
	return true;
}

void
announce_begin(struct handout *h)
{
	struct message *m;

	for (m = h->state->oldest; m; m = m->newer)
		m->known = false;
	h->announce.next = h->state->oldest;
	h->announce.agains = 0;
	h->announce.window = 0;
	h->announce.texts = h->announce.within = 0;
	h->announce.told = 0;
	h->announce.all = false;
}

void
announce_init(struct handout *h)
{
	h->announce = (struct announce){ .turn = { .run = turn, .owner = h },
	    .retry = { .due = retry, .owner = h } };
}
