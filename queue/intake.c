/* SPDX-License-Identifier: ISC */
/* Lets clients in, as many as each may have, and ends with them. Believes
 * none; what they submit taking.c takes, what they ask control.c answers. */
#include <skalibs/nonposix.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/log.h"
#include "queue/intakepart.h"

/* Ending */

void
intake_expect(struct intake *in)
{
	loop_arm(in->all->loop, &in->idle,
	    in->all->loop->now_ms + in->all->patience_ms);
}

/* A stage may keep connections for later; a user takes a place from others. */
void
intake_reset(struct intake *in)
{
	draft_reset(&in->draft);
	in->phase = INTAKE_IDLE;
	if (in->believed)
		loop_disarm(in->all->loop, &in->idle);
	else
		intake_expect(in);
}

void
intake_release(struct intake *in)
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

	if (in->phase == INTAKE_TAKING)
		log_event("abandoned", LOG_ID(&in->draft.id),
		    LOG_TEXT("why", why));
	/* after END it goes on to its commit: the client may not know, but the
	 * message is whole; so do orders that were given */
	if (in->phase != INTAKE_STORING &&
	    (in->phase != INTAKE_COMMANDING || control_leave(in->control)))
		intake_release(in);
	if (all->lost) all->lost(all->owner);
}

static void
silent(void *owner)
{
	struct intake *in = owner;

	peer_close(&in->peer);
	gone(in, "silent for too long");
}

/* A user who asks instead of submitting */

static void
command_ended(void *owner)
{
	intake_release(owner);
}

static bool
got_ask(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	/* smtpd speaks for the network, which has nothing to ask here */
	if (in->phase != INTAKE_IDLE || in->believed) return false;
	in->control = calloc(1, sizeof *in->control);
	if (!in->control) return false;
	in->phase = INTAKE_COMMANDING;
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
	return in->phase == INTAKE_COMMANDING && control_id(in->control, values);
}

static bool
got_filter(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)fd;
	return in->phase == INTAKE_COMMANDING && control_filter(in->control, values);
}

static bool
got_go(void *owner, void const *values, int fd)
{
	struct intake *in = owner;

	(void)values;
	(void)fd;
	loop_disarm(in->all->loop, &in->idle); /* it waits for us now */
	return in->phase == INTAKE_COMMANDING && control_go(in->control);
}

static void
drained(void *owner)
{
	struct intake *in = owner;

	if (in->phase == INTAKE_COMMANDING) control_drained(in->control);
}

static struct peer_row const rows[] = {
	{ &submit_room_form, false, taking_room },
	{ &submit_open_form, false, taking_open },
	{ &submit_rcpt_form, false, taking_rcpt },
	{ &submit_body_form, false, taking_body },
	{ &submit_end_form, false, taking_end },
	{ &submit_abort_form, false, taking_abort },
	{ &submit_refused_form, false, taking_refused },
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
	intake_reset(in);
}
