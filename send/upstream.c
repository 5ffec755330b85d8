/* SPDX-License-Identifier: ISC */
/* Speaks with the queue; decides nothing. */
#include <stdlib.h>
#include "common/log.h"
#include "send/hearing.h"
#include "send/job.h"

enum {
	SEND_AHEAD = 1 << 20	/* octets waiting in the socket's queue */
};

void
upstream_init(struct upstream *u)
{
	outcomes_init(&u->outcomes);
	fetches_init(&u->fetches);
	ahead_init(&u->ahead);
	u->itself = true;
}

void
upstream_outcome(struct upstream *u, struct handover_outcome const *o)
{
	outcomes_add(&u->outcomes, o);
	outcomes_send(&u->outcomes, &u->peer);
}

/* Windows and texts */

void
upstream_open_window(struct upstream *u, uint32_t messages)
{
	struct handover_window w = { .messages = messages,
	    .texts = ahead_allow(&u->ahead),
	    .within = u->itself ? HANDOVER_TEXT_MAX : 0 };

	peer_send(&u->peer, &handover_window_form, &w, -1);
}

int64_t
upstream_tend(struct upstream *u)
{
	ahead_expire(&u->ahead, u->loop->now_ms);
	if (upstream_is_open(u) && ahead_is_short(&u->ahead))
		upstream_open_window(u, 0);
	return u->ahead.first ? u->ahead.first->until_ms : -1;
}

bool
upstream_fetch(struct upstream *u, struct sched_job *job, bool itself)
{
	struct ahead_text *text = ahead_take(&u->ahead, &job->mail->by.id);

	u->itself = itself;
	if (text && (itself || text->fd != -1)) {
		u->text(u->owner, job, &text->body, text->fd);
		free(text);
		return true;
	}
	if (text) ahead_free(text);
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

/* Coming and going */

static void
forget_connection(struct upstream *u)
{
	struct fetch *f;

	ahead_forget(&u->ahead);
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
	.row = hearing_rows,
	.rows = HEARING_ROWS,
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
	u->announced = 0;
	if (!peer_open(&u->peer, u->loop, fd, &kind, u)) return;
	log_event("connected", LOG_TEXT("from", "queue"));
	report_held(u);
	outcomes_send_again(&u->outcomes, &u->peer);
	upstream_open_window(u, UPSTREAM_WINDOW);
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
