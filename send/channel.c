/* SPDX-License-Identifier: ISC */
/* Speaks with local or remote; decides nothing. */
#include <unistd.h>
#include "common/log.h"
#include "send/channel.h"
#include "send/job.h"
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
	return job_slots(c->sched, c->name, s->jobs);
}

static bool
got_result(void *owner, void const *values, int fd)
{
	struct channel *c = owner;
	struct deliver_result const *r = values;
	struct sched_job *job = job_find(c->sched, c->name, r->job);

	(void)fd;
	c->changed(c->owner);
	return job && job->begun &&
	    job_result(c->sched, c->name, r, c->loop->now_ms);
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
	.shares = true,
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

static struct deliver_job
describe(struct sched_job const *job, struct handover_body const *body)
{
	struct sched_mail const *m = job->mail;
	struct destination const *to = &job->lane->to;
	struct deliver_job j = { .job = job->number, .id = m->by.id,
	    .sender = mail_sender(m), .groups = mail_groups(m),
	    .host = slice_of(to->host), .port = to->port,
	    .how = (uint8_t)to->how, .tls = (uint8_t)to->tls,
	    .use_login = to->use_login, .size = m->size,
	    .arrived_s = m->arrived_s, .envid = body->envid,
	    .client_address = body->client_address,
	    .client_name = body->client_name, .helo = body->helo,
	    .protocol = body->protocol, .login = body->login,
	    .ret = body->ret, .utf8 = m->utf8, .eightbit = m->eightbit,
	    .text = body->text };
	struct sched_rcpt const *r;

	for (r = job_first(job); r; r = mail_rcpt_at(m, r->next))
		if (r->maybe) j.maybe = true;
	return j;
}

bool
channel_takes_text(struct channel const *c)
{
	return c->name == CHANNEL_LOCAL &&
	    c->peer.out.octets < CHANNEL_TEXTS_MAX;
}

bool
channel_begin(struct channel *c, struct sched_job *job,
    struct handover_body const *body, int fd)
{
	struct sched_mail const *m = job->mail;
	struct deliver_job j = describe(job, body);
	struct deliver_run run = { .job = job->number, .rcpts = job->rcpts };
	struct sched_rcpt const *r;

	if (!peer_is_open(&c->peer)) {
		if (fd != -1) close(fd);
		return false;
	}
	if (!peer_send(&c->peer, &deliver_job_form, &j, fd)) return false;
	job_begun(c->sched, job);
	/* with a frame that can't be sent the connection ends by itself, and
	 * the job returns */
	for (r = job_first(job); r; r = mail_rcpt_at(m, r->next))
		peer_send(&c->peer, &deliver_rcpt_form,
		    &(struct deliver_rcpt){ .job = job->number, .rcpt = r->n,
		    .attempt = r->attempt, .action = r->action,
		    .notify = r->notify, .address = mail_address(m, r),
		    .orcpt = mail_orcpt(m, r) }, -1);
	peer_send(&c->peer, &deliver_run_form, &run, -1);
	return true;
}
