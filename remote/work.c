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
	struct talks *in;
	struct talk *next, **at;
	size_t left;			/* recipients without a result */
	char why[128];			/* there is no host to go to */
	struct task_rcpt *rcpt[DELIVER_RCPTS_MAX];
	struct slice address[DELIVER_RCPTS_MAX];
	struct job job;
};

static void
list_add(struct talks *list, struct talk *t)
{
	t->in = list;
	t->next = NULL;
	t->at = list->end;
	*list->end = t;
	list->end = &t->next;
	list->n++;
}

static void
list_remove(struct talk *t)
{
	*t->at = t->next;
	if (t->next)
		t->next->at = t->at;
	else
		t->in->end = t->at;
	t->in->n--;
}

static void
talk_free(struct talk *t)
{
	list_remove(t);
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
quit(struct talk *t)
{
	struct work *w = t->work;

	list_remove(t);
	list_add(&w->quitting, t);
	if (w->quitting.n > w->upstreams.jobs_most)
		talk_drop(w->quitting.first);
}

static void
took_result(void *owner, struct job_result const *r)
{
	struct talk *t = owner;
	struct client_result const *c = r->client;

	if (!--t->left) quit(t);
	upstream_result(&t->work->upstreams, t->rcpt[c->rcpt],
	    (struct deliver_result){ .verdict = (uint8_t)c->verdict,
	    .ours = r->ours, .status = slice_of(c->status),
	    .where = r->where, .words = c->words });
}

static void
ended(void *owner)
{
	talk_free(owner);
}

static void
set_host(struct talk *t)
{
	struct remote const *r = t->work->remote;
	struct deliver_job const *j = t->task->order;
	struct netaddr *to = &t->job.to;
	char const *why;

	t->job.why = t->why;
	*to = r->relay;
	if (!j->host.len)
		snprintf(t->why, sizeof t->why, "no relay");
	else if (!netaddr_parse(to, j->host, &why)) {
		*to = (struct netaddr){ .port = 0 };
		snprintf(t->why, sizeof t->why, "the relay: %s", why);
	}
	if (j->port) to->port = j->port;
	if (!to->port) to->port = r->port;
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
		t->address[n++] = rcpt->order->address;
	}
	t->left = n;
	t->job.order = (struct client_order){
		.hostname = t->work->remote->hostname, .sender = j->sender,
		.rcpt = t->address, .rcpts = n, .size = j->size,
		.eightbit = j->eightbit };
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
	list_add(&w->going, t);
	t->job.remote = w->remote;
	t->job.id = task->order->id;
	set_host(t);
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
	w->going.end = &w->going.first;
	w->quitting.end = &w->quitting.first;
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
	while (w->going.first)
		take_back(w->going.first);
	while (w->quitting.first)
		talk_drop(w->quitting.first);
}
