/* SPDX-License-Identifier: ISC */
/* Speaks with local or remote; decides nothing. */
#include <unistd.h>
#include "common/log.h"
#include "send/channel.h"
#include "send/lane.h"

static char const *const names[CHANNELS] = {
	[CHANNEL_LOCAL] = "local",
	[CHANNEL_REMOTE] = "remote",
};

static bool
got_slots(void *owner, void const *values, int fd)
{
	struct channel *c = owner;
	struct deliver_slots const *s = values;

	(void)fd;
	c->changed(c->owner);
	return sched_slots(c->sched, c->name, s->jobs);
}

static bool
got_result(void *owner, void const *values, int fd)
{
	struct channel *c = owner;
	struct deliver_result const *r = values;
	struct sched_job *job = sched_find_job(c->sched, c->name, r->job);

	(void)fd;
	c->changed(c->owner);
	return job && job->begun &&
	    sched_result(c->sched, c->name, r, c->loop->now_ms);
}

static struct peer_row const rows[] = {
	{ &deliver_slots_form, false, got_slots },
	{ &deliver_result_form, false, got_result },
};

static void
gone(void *owner, char const *why)
{
	struct channel *c = owner;

	log_event("disconnected", LOG_TEXT("from", names[c->name]),
	    LOG_TEXT("why", why));
	c->lost(c->owner, c);
	caller_lost(&c->caller);
}

static struct peer_kind const kind = {
	.row = rows,
	.rows = sizeof rows / sizeof *rows,
	.gone = gone,
};

bool
channel_adopt(struct channel *c, int fd)
{
	return peer_open(&c->peer, c->loop, fd, &kind, c);
}

static bool
connected(void *owner, int fd)
{
	struct channel *c = owner;

	if (!channel_adopt(c, fd)) return false;
	log_event("connected", LOG_TEXT("to", names[c->name]));
	return true;
}

void
channel_start(struct channel *c)
{
	c->caller = (struct caller){ .loop = c->loop, .path = c->path,
	    .connected = connected, .owner = c };
	caller_start(&c->caller);
}

bool
channel_begin(struct channel *c, struct sched_job *job, int fd)
{
	struct sched_mail const *m = job->mail;
	struct deliver_job j = { .job = job->number, .id = m->by.id,
	    .sender = sched_sender(m), .groups = sched_groups(m),
	    .host = slice_of(job->lane->to.host), .port = job->lane->to.port,
	    .size = m->size, .arrived_s = m->arrived_s,
	    .eightbit = m->eightbit };
	struct deliver_run run = { .job = job->number, .rcpts = job->rcpts };
	struct sched_rcpt *r;

	if (!peer_is_open(&c->peer)) {
		close(fd);
		return false;
	}
	for (r = job->rcpt; r; r = r->next)
		if (r->maybe) j.maybe = true;
	if (!peer_send(&c->peer, &deliver_job_form, &j, fd)) return false;
	job->begun = true;
	for (r = job->rcpt; r; r = r->next)
		if (!peer_send(&c->peer, &deliver_rcpt_form,
		    &(struct deliver_rcpt){ .job = job->number, .rcpt = r->n,
		    .attempt = r->attempt,
		    .address = sched_address(m, r) }, -1))
			goto cut;
	if (peer_send(&c->peer, &deliver_run_form, &run, -1)) return true;
cut:
	/* half a job can't be taken back: the connection goes, jobs return */
	peer_close(&c->peer);
	gone(c, "out of memory");
	return true;
}
