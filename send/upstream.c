/* SPDX-License-Identifier: ISC */
/* Speaks with the queue; decides nothing. */
#include <stdlib.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/log.h"
#include "send/announce.h"
#include "send/expansion.h"
#include "send/job.h"
#include "send/orders.h"
#include "send/owed.h"
#include "send/rcpt.h"
#include "send/upstream.h"

enum {
	SEND_AHEAD = 1 << 20	/* octets waiting in the socket's queue */
};

void
upstream_init(struct upstream *u)
{
	outcomes_init(&u->outcomes);
	fetches_init(&u->fetches);
}

void
upstream_outcome(struct upstream *u, struct handover_outcome const *o)
{
	outcomes_add(&u->outcomes, o);
	outcomes_send(&u->outcomes, &u->peer);
}

static bool
got_ack(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct handover_outcome_ack const *a = values;

	(void)fd;
	u->changed(u->owner);
	return outcomes_acked(&u->outcomes, a) &&
	    rcpt_acked(u->sched, a, u->loop->now_ms);
}

/* Announcements */

static bool
got_mail(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct handover_mail const *m = values;
	uint64_t now_s = (uint64_t)(clock_wall_ms() / 1000);
	uint64_t age_s = now_s > m->arrived_s ? now_s - m->arrived_s : 0;

	(void)fd;
	return announce_mail(u->sched, m, age_s, u->loop->now_ms);
}

static bool
got_rcpt(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;

	(void)fd;
	return announce_rcpt(u->sched, values, u->loop->now_ms);
}

static void
open_window(struct upstream *u, uint32_t messages)
{
	struct handover_window w = { .messages = messages };

	u->announced = 0;
	peer_send(&u->peer, &handover_window_form, &w, -1);
}

static bool
got_ready(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;

	(void)fd;
	if (!announce_ready(u->sched, values)) return false;
	if (++u->announced == UPSTREAM_WINDOW / 2)
		open_window(u, UPSTREAM_WINDOW / 2);
	u->changed(u->owner);
	return true;
}

static bool
got_told(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct handover_told const *t = values;

	(void)fd;
	u->told = true;
	log_event("told", LOG_NUMBER("messages", t->messages));
	u->changed(u->owner);
	return true;
}

/* Descriptors */

bool
upstream_fetch(struct upstream *u, struct sched_job *job)
{
	return fetches_ask(&u->fetches, &u->peer, &job->mail->by.id, job, NULL);
}

bool
upstream_fetch_mail(struct upstream *u, struct sched_mail *mail)
{
	return fetches_ask(&u->fetches, &u->peer, &mail->by.id, NULL, mail);
}

void
upstream_unfetch(struct upstream *u, enum channel_name c)
{
	fetches_unask(&u->fetches, c);
}

static bool
got_body(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct handover_body const *b = values;
	struct fetch *f = fetches_take(&u->fetches);
	bool fine = f && traceid_eq(&f->id, &b->id) && b->there == (fd != -1);

	if (fine && f->job)
		u->text(u->owner, f->job, b, fd);
	else if (fine && f->mail)
		u->original(u->owner, f->mail, b, fd);
	else if (fd != -1)
		close(fd);
	/* a wrong answer leaves a job that was never begun */
	if (!fine && f && f->job)
		job_return(u->sched, f->job, u->loop->now_ms +
		    SCHED_SHORTAGE_MS);
	free(f);
	return fine;
}

static bool
got_report_ack(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct handover_report_ack const *a = values;

	(void)fd;
	u->changed(u->owner);
	return a->done ? owed_reported(u->sched, &a->of) :
	    owed_put_off(u->sched, &a->of, u->loop->now_ms +
	    SCHED_SHORTAGE_MS);
}

static bool
got_expand_ack(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;

	(void)fd;
	expansion_acked(u->sched, values, u->loop->now_ms);
	u->changed(u->owner);
	return true;
}

static bool
got_order(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;

	(void)fd;
	orders_take(u->sched, values, u->loop->now_ms);
	u->changed(u->owner);
	return true;
}

static bool
got_ending(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;

	(void)values;
	(void)fd;
	u->ending = true;
	u->changed(u->owner);
	return true;
}

static struct peer_row const rows[] = {
	{ &handover_mail_form, false, got_mail },
	{ &handover_rcpt_form, false, got_rcpt },
	{ &handover_ready_form, false, got_ready },
	{ &handover_told_form, false, got_told },
	{ &handover_body_form, true, got_body },
	{ &handover_outcome_ack_form, false, got_ack },
	{ &handover_report_ack_form, false, got_report_ack },
	{ &handover_order_form, false, got_order },
	{ &handover_expand_ack_form, false, got_expand_ack },
	{ &handover_ending_form, false, got_ending },
};

/* Coming and going */

static void
forget_connection(struct upstream *u)
{
	struct fetch *f;

	while ((f = fetches_take(&u->fetches))) {
		if (f->job) job_return(u->sched, f->job, u->loop->now_ms);
		free(f);
	}
	sched_queue_lost(u->sched, u->loop->now_ms);
}

static void
gone(void *owner, char const *why)
{
	struct upstream *u = owner;

	log_event("disconnected", LOG_TEXT("from", "queue"),
	    LOG_TEXT("why", why));
	u->ending = false;
	forget_connection(u);
	u->changed(u->owner);
}

void
upstream_cut(struct upstream *u)
{
	peer_close(&u->peer);
	gone(u, "out of memory");
}

bool
upstream_part(struct upstream *u)
{
	if (!outcomes_all_acked(&u->outcomes)) return false;
	peer_close(&u->peer);
	gone(u, "it ends");
	return true;
}

static void
drained(void *owner)
{
	struct upstream *u = owner;

	outcomes_send(&u->outcomes, &u->peer);
	u->changed(u->owner);
}

static struct peer_kind const kind = {
	.row = rows,
	.rows = sizeof rows / sizeof *rows,
	.gone = gone,
	.drained = drained,
	.shares = true,
};

static void
report_held(struct upstream *u)
{
	int c;
	uint32_t i;

	for (c = 0; c < CHANNELS; c++)
		for (i = 0; i < u->sched->channel[c].slots; i++) {
			struct sched_job *job = u->sched->channel[c].job[i];

			if (!job || !job->begun) continue;
			peer_send(&u->peer, &handover_held_form,
			    &(struct handover_held){ .id = job->mail->by.id },
			    -1);
		}
}

/* One queue at a time, and the newest is the real one: it has the lock. */
void
upstream_enter(struct upstream *u, int fd)
{
	if (peer_is_open(&u->peer)) {
		peer_close(&u->peer);
		forget_connection(u);
	}
	u->told = u->ending = false;
	if (!peer_open(&u->peer, u->loop, fd, &kind, u)) return;
	log_event("connected", LOG_TEXT("from", "queue"));
	report_held(u);
	outcomes_send_again(&u->outcomes, &u->peer);
	open_window(u, UPSTREAM_WINDOW);
	u->changed(u->owner);
}

bool
upstream_is_open(struct upstream const *u)
{
	return peer_is_open(&u->peer);
}

bool
upstream_has_room(struct upstream const *u)
{
	return upstream_is_open(u) && u->peer.out.octets < SEND_AHEAD;
}

void
upstream_free(struct upstream *u)
{
	peer_close(&u->peer);
	forget_connection(u);
	outcomes_free(&u->outcomes);
}
