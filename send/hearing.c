/* SPDX-License-Identifier: ISC */
/* Passes on what the queue says; decides nothing. */
#include <stdlib.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/log.h"
#include "send/announce.h"
#include "send/expansion.h"
#include "send/hearing.h"
#include "send/job.h"
#include "send/orders.h"
#include "send/owed.h"
#include "send/rcpt.h"

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

static bool
got_ready(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;

	(void)fd;
	if (!announce_ready(u->sched, values)) return false;
	if (++u->announced == UPSTREAM_WINDOW / 2) {
		upstream_open_window(u, u->announced);
		u->announced = 0;
	}
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

static bool
got_ahead(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct handover_body const *b = values;
	bool fine = b->there == (fd != -1) && b->there == !b->text.len;

	if (!fine && fd != -1) close(fd);
	return fine && ahead_keep(&u->ahead, b, fd, u->loop->now_ms);
}

static bool
got_body(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct handover_body const *b = values;
	struct fetch *f = fetches_take(&u->fetches);
	bool fine = f && traceid_eq(&f->id, &b->id) &&
	    b->there == (fd != -1) && !b->text.len;

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
	u->changed(u->owner);
	return fine;
}

/* Answers and orders */

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

struct peer_row const hearing_rows[HEARING_ROWS] = {
	{ &handover_mail_form, false, got_mail },
	{ &handover_rcpt_form, false, got_rcpt },
	{ &handover_ready_form, false, got_ready },
	{ &handover_told_form, false, got_told },
	{ &handover_ahead_form, true, got_ahead },
	{ &handover_body_form, true, got_body },
	{ &handover_outcome_ack_form, false, got_ack },
	{ &handover_report_ack_form, false, got_report_ack },
	{ &handover_order_form, false, got_order },
	{ &handover_expand_ack_form, false, got_expand_ack },
	{ &handover_ending_form, false, got_ending },
};
