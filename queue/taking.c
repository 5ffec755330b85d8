/* SPDX-License-Identifier: ISC */
/* Takes submissions and makes them durable before saying so; what a message
 * may be draft.c knows. */
#include <stdio.h>
#include "common/log.h"
#include "queue/intakepart.h"

static void
count_refusal(struct intake *in, char const *status, char const *words)
{
	char rule[COMMAND_NAME_MAX + 1];

	snprintf(rule, sizeof rule, "queue: %s %s", status, words);
	counts_refused(in->all->counts, slice_of(rule), 1,
	    in->all->loop->now_ms);
}

static void
tell(struct intake *in, enum verdict verdict, char const *status,
    char const *words)
{
	struct submit_verdict v = { .verdict = (uint8_t)verdict,
	    .status = slice_of(status), .words = slice_of(words) };

	if (peer_is_open(&in->peer))
		peer_send(&in->peer, &submit_verdict_form, &v, -1);
}

static void
answer(struct intake *in, enum verdict verdict, char const *status,
    char const *words)
{
	if (verdict != VERDICT_OK) {
		log_event("refused", LOG_ID(&in->draft.id),
		    LOG_TEXT("status", status), LOG_TEXT("why", words));
		count_refusal(in, status, words);
	}
	tell(in, verdict, status, words);
}

/* A verdict before END: what the client still sends is swallowed, while it
 * sends anything. */
static bool
refuse(struct intake *in, struct draft_refusal const *why)
{
	answer(in, why->verdict, why->status, why->words);
	intake_reset(in);
	in->phase = INTAKE_DEAF;
	intake_expect(in);
	return true;
}

/* Before a submission */

bool
taking_room(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct submit_room const *room = values;
	struct draft_refusal const *why = draft_room(in->all, room->size);

	(void)fd;
	if (in->phase != INTAKE_IDLE) return false;
	if (why)
		tell(in, why->verdict, why->status, why->words);
	else
		tell(in, VERDICT_OK, "2.0.0", "welcome");
	return true;
}

/* Taking */

static bool
go_on(struct intake *in, struct draft_refusal const *why)
{
	return !why || refuse(in, why);
}

static bool
is_under_way(struct intake *in)
{
	if (in->phase != INTAKE_TAKING && in->phase != INTAKE_DEAF) return false;
	intake_expect(in);
	return true;
}

bool
taking_open(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	if (in->phase != INTAKE_IDLE) return false;
	in->phase = INTAKE_TAKING;
	intake_expect(in);
	return go_on(in, draft_open(&in->draft, values));
}

bool
taking_rcpt(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	return is_under_way(in) && (in->phase == INTAKE_DEAF ||
	    go_on(in, draft_rcpt(&in->draft, values)));
}

bool
taking_body(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	return is_under_way(in) && (in->phase == INTAKE_DEAF ||
	    go_on(in, draft_body(&in->draft, values)));
}

/* Storing */

static void
stored(void *owner, bool fine)
{
	struct intake *in = owner;
	struct intakes *all = in->all;
	struct draft const *d = &in->draft;

	all->committing--;
	if (fine) {
		counts_add(all->counts, in->believed ? COUNTED_NETWORK :
		    COUNTED_USERS, all->loop->now_ms);
		log_event("queued", LOG_ID(&d->id),
		    LOG_SLICE("from", draft_sender(d)),
		    LOG_NUMBER("rcpts", d->n), LOG_NUMBER("size", d->size),
		    LOG_NUMBER("uid", in->uid));
		answer(in, VERDICT_OK, "2.0.0", "accepted");
	} else {
		answer(in, VERDICT_TEMP, "4.3.0", "cannot store the message");
	}
	intake_reset(in);
	if (!peer_is_open(&in->peer)) intake_release(in);
	if (all->lost) all->lost(all->owner);
}

bool
taking_end(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct submit_end const *e = values;

	(void)fd;
	if (in->phase == INTAKE_DEAF) {
		intake_reset(in);
		return true;
	}
	if (in->phase != INTAKE_TAKING || e->rcpts != in->draft.n ||
	    e->size != in->draft.size - in->draft.received)
		return false;
	if (!in->draft.n) {
		answer(in, VERDICT_PERM, "5.5.1", "no recipients");
		intake_reset(in);
		return true;
	}
	loop_disarm(in->all->loop, &in->idle);
	in->phase = INTAKE_STORING;
	in->all->committing++;
	in->storing = (struct storing){ .draft = &in->draft, .done = stored,
	    .owner = in };
	storing_start(&in->storing);
	return true;
}

bool
taking_abort(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)values;
	(void)fd;
	if (in->phase != INTAKE_TAKING && in->phase != INTAKE_DEAF) return false;
	intake_reset(in);
	return true;
}

/* What a stage has turned away before it came here: nobody else may say so */
bool
taking_refused(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct submit_refused const *r = values;

	(void)fd;
	if (!in->believed || in->phase != INTAKE_IDLE) return false;
	counts_refused(in->all->counts, r->rule, r->n, in->all->loop->now_ms);
	return true;
}
