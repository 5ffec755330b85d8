/* SPDX-License-Identifier: ISC */
/* Takes submissions and makes them durable before saying so. Believes no
 * client; what a message may be draft.c knows. */
#include <skalibs/nonposix.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/log.h"
#include "queue/control.h"
#include "queue/draft.h"
#include "queue/intake.h"
#include "queue/storing.h"

enum phase {
	IDLE,		/* no submission */
	TAKING,		/* between OPEN and END */
	DEAF,		/* refused early: END or ABORT is awaited */
	STORING,	/* after END, until the commit */
	COMMANDING	/* no submission at all: see control.h */
};

struct intake {
	struct intakes *all;
	struct intake *next, *before;
	struct peer peer;
	struct timer idle;
	uid_t uid;
	bool believed;
	enum phase phase;
	struct draft draft;
	struct storing storing;		/* from END to the commit */
	struct control *control;	/* while COMMANDING */
};

/* Ending */

static void
expect(struct intake *in)
{
	loop_arm(in->all->loop, &in->idle,
	    in->all->loop->now_ms + in->all->patience_ms);
}

/* A stage may keep connections for later; a user takes a place from others. */
static void
reset(struct intake *in)
{
	draft_reset(&in->draft);
	in->phase = IDLE;
	if (in->believed)
		loop_disarm(in->all->loop, &in->idle);
	else
		expect(in);
}

static void
release(struct intake *in)
{
	struct intakes *all = in->all;

	loop_disarm(all->loop, &in->idle);
	*(in->before ? &in->before->next : &all->first) = in->next;
	if (in->next) in->next->before = in->before;
	all->n--;
	draft_free(&in->draft);
	free(in->control);
	free(in);
}

static void
gone(void *owner, char const *why)
{
	struct intake *in = owner;
	struct intakes *all = in->all;

	if (in->phase == TAKING)
		log_event("abandoned", LOG_ID(&in->draft.id),
		    LOG_TEXT("why", why));
	/* after END it goes on to its commit: the client may not know, but the
	 * message is whole; so do orders that were given */
	if (in->phase != STORING &&
	    (in->phase != COMMANDING || control_leave(in->control)))
		release(in);
	if (all->lost) all->lost(all->owner);
}

static void
silent(void *owner)
{
	struct intake *in = owner;

	peer_close(&in->peer);
	gone(in, "silent for too long");
}

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
	reset(in);
	in->phase = DEAF;
	expect(in);
	return true;
}

/* Before a submission */

static bool
got_room(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct submit_room const *room = values;
	struct draft_refusal const *why = draft_room(in->all, room->size);

	(void)fd;
	if (in->phase != IDLE) return false;
	if (why)
		tell(in, why->verdict, why->status, why->words);
	else
		tell(in, VERDICT_OK, "2.0.0", "welcome");
	return true;
}

/* Taking */

static bool
got_open(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct draft_refusal const *why;

	(void)fd;
	if (in->phase != IDLE) return false;
	in->phase = TAKING;
	expect(in);
	why = draft_open(&in->draft, values);
	return why ? refuse(in, why) : true;
}

static bool
got_rcpt(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct draft_refusal const *why;

	(void)fd;
	if (in->phase != TAKING && in->phase != DEAF) return false;
	expect(in);
	if (in->phase == DEAF) return true;
	why = draft_rcpt(&in->draft, values);
	return why ? refuse(in, why) : true;
}

static bool
got_body(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct draft_refusal const *why;

	(void)fd;
	if (in->phase != TAKING && in->phase != DEAF) return false;
	expect(in);
	if (in->phase == DEAF) return true;
	why = draft_body(&in->draft, values);
	return why ? refuse(in, why) : true;
}

/* Storing */

static void
stored(void *owner, bool fine)
{
	struct intake *in = owner;
	struct intakes *all = in->all;
	struct draft const *d = &in->draft;

	all->committing--;
	if (fine)
		counts_add(all->counts, in->believed ? COUNTED_NETWORK :
		    COUNTED_USERS, all->loop->now_ms);
	if (fine)
		log_event("queued", LOG_ID(&d->id),
		    LOG_SLICE("from", draft_sender(d)),
		    LOG_NUMBER("rcpts", d->n), LOG_NUMBER("size", d->size),
		    LOG_NUMBER("uid", in->uid));
	if (fine)
		answer(in, VERDICT_OK, "2.0.0", "accepted");
	else
		answer(in, VERDICT_TEMP, "4.3.0", "cannot store the message");
	reset(in);
	if (!peer_is_open(&in->peer)) release(in);
	if (all->lost) all->lost(all->owner);
}

static bool
got_end(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct submit_end const *e = values;

	(void)fd;
	if (in->phase == DEAF) {
		reset(in);
		return true;
	}
	if (in->phase != TAKING || e->rcpts != in->draft.n ||
	    e->size != in->draft.size - in->draft.received)
		return false;
	if (!in->draft.n) {
		answer(in, VERDICT_PERM, "5.5.1", "no recipients");
		reset(in);
		return true;
	}
	loop_disarm(in->all->loop, &in->idle);
	in->phase = STORING;
	in->all->committing++;
	in->storing = (struct storing){ .draft = &in->draft, .done = stored,
	    .owner = in };
	storing_start(&in->storing);
	return true;
}

static bool
got_abort(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)values;
	(void)fd;
	if (in->phase != TAKING && in->phase != DEAF) return false;
	reset(in);
	return true;
}

/* What a stage has turned away before it came here: nobody else may say so */
static bool
got_refused(void *owner, void const *values, int fd)
{
	struct intake *in = owner;
	struct submit_refused const *r = values;

	(void)fd;
	if (!in->believed || in->phase != IDLE) return false;
	counts_refused(in->all->counts, r->rule, r->n, in->all->loop->now_ms);
	return true;
}

/* A user who asks instead of submitting */

static void
command_ended(void *owner)
{
	release(owner);
}

static bool
got_ask(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	/* smtpd speaks for the network, which has nothing to ask here */
	if (in->phase != IDLE || in->believed) return false;
	in->control = calloc(1, sizeof *in->control);
	if (!in->control) return false;
	in->phase = COMMANDING;
	*in->control = (struct control){ .peer = &in->peer,
	    .loop = in->all->loop, .handout = in->all->handout,
	    .counts = in->all->counts,
	    .uid = in->uid, .mighty = !in->uid || in->uid == getuid(),
	    .ended = command_ended, .owner = in };
	control_begin(in->control, values);
	return true;
}

static bool
got_id(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	return in->phase == COMMANDING && control_id(in->control, values);
}

static bool
got_filter(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	return in->phase == COMMANDING && control_filter(in->control, values);
}

static bool
got_go(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)values;
	(void)fd;
	loop_disarm(in->all->loop, &in->idle); /* it waits for us now */
	return in->phase == COMMANDING && control_go(in->control);
}

static void
drained(void *owner)
{
	struct intake *in = owner;

	if (in->phase == COMMANDING) control_drained(in->control);
}

static struct peer_row const rows[] = {
	{ &submit_room_form, false, got_room },
	{ &submit_open_form, false, got_open },
	{ &submit_rcpt_form, false, got_rcpt },
	{ &submit_body_form, false, got_body },
	{ &submit_end_form, false, got_end },
	{ &submit_abort_form, false, got_abort },
	{ &submit_refused_form, false, got_refused },
	{ &command_ask_form, false, got_ask },
	{ &command_id_form, false, got_id },
	{ &command_filter_form, false, got_filter },
	{ &command_go_form, false, got_go },
};

static struct peer_kind const kind = {
	.row = rows,
	.rows = sizeof rows / sizeof *rows,
	.gone = gone,
	.drained = drained,
};

static bool
has_place(struct intakes const *all, uid_t uid, bool believed)
{
	struct intake const *in;
	size_t own = 0, users = 0;

	if (all->n == INTAKE_MAX) return false;
	if (believed) return true;
	for (in = all->first; in; in = in->next)
		if (!in->believed) {
			users++;
			own += in->uid == uid;
		}
	return own < INTAKE_USER_MAX && users < INTAKE_USERS_MAX;
}

void
intake_enter(struct intakes *all, int fd, uid_t uid, bool believed)
{
	struct intake *in = has_place(all, uid, believed) ?
	    calloc(1, sizeof *in) : NULL;

	if (!in) {
		log_event("turned-away", LOG_NUMBER("uid", uid),
		    LOG_TEXT("why", "too many connections"));
		close(fd);
		return;
	}
	*in = (struct intake){ .all = all, .uid = uid, .believed = believed,
	    .draft = { .all = all, .file = -1,
	    .uid = believed ? -1 : (int64_t)uid },
	    .idle = { .due = silent, .owner = in } };
	if (!peer_open(&in->peer, all->loop, fd, &kind, in)) {
		free(in);
		return;
	}
	in->next = all->first;
	if (in->next) in->next->before = in;
	all->first = in;
	all->n++;
	reset(in);
}
