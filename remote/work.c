/* SPDX-License-Identifier: ISC */
/* Turns tasks into conversations and their ends into results; never looks into
 * a message. */
#include <stdio.h>
#include <stdlib.h>
#include "remote/work.h"

/* One conversation. */
struct talk {
	struct work *work;
	struct task *task;	/* held */
	struct talk *next, **at;
	char why[128];			/* there is no host to go to */
	struct task_rcpt *rcpt[DELIVER_RCPTS_MAX];
	struct slice address[DELIVER_RCPTS_MAX];
	struct client_dsn dsn[DELIVER_RCPTS_MAX];
	struct job job;
};

static void
add(struct talk *t)
{
	struct work *w = t->work;

	t->next = w->going;
	t->at = &w->going;
	if (t->next) t->next->at = &t->next;
	w->going = t;
	w->going_n++;
}

static void
talk_free(struct talk *t)
{
	*t->at = t->next;
	if (t->next) t->next->at = t->at;
	t->work->going_n--;
	upstream_release(t->task);
	free(t);
}

static void
talk_drop(struct talk *t)
{
	job_cancel(&t->job);
	talk_free(t);
}

static void
took_result(void *owner, struct job_result const *r)
{
	struct talk *t = owner;
	struct client_result const *c = r->client;

	upstream_result(&t->work->upstreams, t->rcpt[c->rcpt],
	    (struct deliver_result){ .verdict = (uint8_t)c->verdict,
	    .ours = r->ours, .dsn = c->dsn, .status = slice_of(c->status),
	    .where = r->where, .words = c->words });
}

static void
ended(void *owner)
{
	talk_free(owner);
}

static void
set_relay(struct talk *t)
{
	struct remote const *r = t->work->remote;
	struct deliver_job const *j = t->task->order;
	struct netaddr to = r->relay;
	char const *why;

	if (!j->host.len)
		snprintf(t->why, sizeof t->why, "no relay");
	else if (!netaddr_parse(&to, j->host, &why)) {
		to = (struct netaddr){ .port = 0 };
		snprintf(t->why, sizeof t->why, "the relay: %s", why);
	}
	if (j->port) to.port = j->port;
	if (!to.port) to.port = r->port;
	remote_target_relay(r, &t->job.target, &to);
	if (j->use_login && r->login) t->job.target.login = true;
}

/* What the line of the routes says about TLS, or else the option. */
static uint8_t
security_of(struct talk const *t)
{
	static enum security const said[] = {
		[ROUTE_TLS_NONE] = SECURITY_NONE,
		[ROUTE_TLS_MAY] = SECURITY_MAY,
		[ROUTE_TLS_MUST] = SECURITY_MUST,
		[ROUTE_TLS_VERIFY] = SECURITY_VERIFY,
	};
	uint8_t tls = t->task->order->tls;

	return (uint8_t)(tls ? said[tls] : t->work->remote->security);
}

static void
set_target(struct talk *t)
{
	struct deliver_job const *j = t->task->order;
	struct target *to = &t->job.target;

	t->job.why = t->why;
	if (j->how == DELIVER_RELAY) {
		set_relay(t);
		to->security = security_of(t);
		return;
	}
	snprintf(t->why, sizeof t->why, "a job without a host");
	to->how = j->how;
	if (j->host.len) memcpy(to->host, j->host.s, j->host.len);
	to->port = (uint16_t)j->port;
	if (j->how == DELIVER_MX && !to->port) to->port = REMOTE_PORT;
	/* nobody listens in on a Unix socket */
	to->security = to->port ? security_of(t) : SECURITY_NONE;
}

static void
set_order(struct talk *t)
{
	struct deliver_job const *j = t->task->order;
	struct task_rcpt *rcpt;
	size_t n = 0;

	for (rcpt = t->task->rcpt; rcpt; rcpt = rcpt->next) {
		if (rcpt->state != TASK_GOING) continue;
		t->rcpt[n] = rcpt;
		t->dsn[n] = (struct client_dsn){
			.notify = rcpt->order->notify,
			.orcpt = rcpt->order->orcpt };
		t->address[n++] = rcpt->order->address;
	}
	t->job.order = (struct client_order){ .sender = j->sender,
		.rcpt = t->address, .dsn = t->dsn, .rcpts = n,
		.size = j->size, .envid = j->envid, .ret = j->ret,
		.eightbit = j->eightbit, .utf8 = j->utf8 };
}

static void
fall_short(struct work *w, struct task *task)
{
	struct task_rcpt *rcpt;

	for (rcpt = task->rcpt; rcpt; rcpt = rcpt->next)
		if (rcpt->state == TASK_GOING)
			upstream_result(&w->upstreams, rcpt,
			    (struct deliver_result){ .verdict = VERDICT_TEMP,
			    .ours = true, .status = SLICE("4.3.0"),
			    .where = SLICE(""),
			    .words = SLICE("out of memory") });
}

static void
begin(void *owner, struct task *task)
{
	struct work *w = owner;
	struct talk *t = calloc(1, sizeof *t);

	if (!t) {
		fall_short(w, task);
		return;
	}
	t->work = w;
	t->task = task;
	task->holds++;
	task->work = t;
	add(t);
	t->job.remote = w->remote;
	t->job.id = task->order->id;
	set_target(t);
	set_order(t);
	t->job.message = task->message;
	task->message = -1; /* the job closes it */
	t->job.result = took_result;
	t->job.ended = ended;
	t->job.owner = t;
	job_start(&t->job);
}

static void
take_back(struct talk *t)
{
	size_t i;

	for (i = 0; i < t->job.order.rcpts; i++)
		if (t->rcpt[i]->state == TASK_GOING)
			upstream_withdraw(&t->work->upstreams, t->rcpt[i]);
	talk_drop(t);
}

/* Before the end mark a job may as well not have been: send will give it
 * again. After it the rest is done for the log and for what is remembered. */
static void
cancel(void *owner, struct task *task)
{
	struct talk *t = task->work;

	(void)owner;
	if (!job_is_committed(&t->job)) take_back(t);
}

static void
idle(void *owner)
{
	struct work *w = owner;

	w->idle(w->owner);
}

void
work_init(struct work *w)
{
	w->upstreams.loop = w->remote->loop;
	w->upstreams.verbose = w->remote->verbose;
	w->upstreams.where = "relay";
	w->upstreams.begin = begin;
	w->upstreams.cancel = cancel;
	w->upstreams.idle = idle;
	w->upstreams.owner = w;
}

void
work_close(struct work *w)
{
	upstreams_close(&w->upstreams);
	while (w->going)
		take_back(w->going);
}
