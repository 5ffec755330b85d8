/* SPDX-License-Identifier: ISC */
/* Turns recipients into deliveries and their ends into results; touches no
 * file. */
#include <errno.h>
#include "local/choose.h"
#include "local/work.h"

static void
answer(struct work *w, struct task_rcpt *rcpt,
    struct delivery_result const *result)
{
	rcpt->work = NULL;
	upstream_result(&w->upstreams, rcpt, (struct deliver_result){
	    .verdict = (uint8_t)result->verdict,
	    .ours = result->ours,
	    .status = slice_of(result->status),
	    .where = slice_of(result->where),
	    .words = slice_of(result->words) });
}

static void
delivered(void *owner, struct delivery_result const *result)
{
	struct task_rcpt *rcpt = owner;

	answer(rcpt->task->work, rcpt, result);
}

/* start - route a recipient and begin; the result when that can't be */
static bool
start(struct work *w, struct task_rcpt *rcpt, struct delivery_result *result)
{
	struct deliver_job const *job = rcpt->task->order;
	struct delivery_order const order = {
		.id = &job->id,
		.rcpt = rcpt->order->rcpt,
		.arrived_s = job->arrived_s,
		.sender = job->sender,
		.address = rcpt->order->address,
		.message = rcpt->task->message,
		.size = job->size,
		.maybe = job->maybe,
	};
	struct choice choice;
	char path[ROUTE_PATH_MAX];

	if (!choose(&choice, w->routes, order.address, job->groups,
	    rcpt->order->action, result))
		return false;
	if (!route_expand(&choice.found, choice.act->word[0], path)) {
		*result = choose_unsafe();
		return false;
	}
	rcpt->work = delivery_start(w->deliveries, &order, path, delivered,
	    rcpt);
	if (rcpt->work) return true;
	*result = delivery_trouble(ENOMEM);
	return false;
}

static void
begin(void *owner, struct task *task)
{
	struct work *w = owner;
	struct delivery_result result;
	struct task_rcpt *rcpt;

	task->work = w;
	for (rcpt = task->rcpt; rcpt; rcpt = rcpt->next) {
		if (rcpt->state != TASK_GOING) continue;
		if (!start(w, rcpt, &result)) answer(w, rcpt, &result);
	}
}

static void
cancel(void *owner, struct task *task)
{
	struct work *w = owner;
	struct task_rcpt *rcpt;

	for (rcpt = task->rcpt; rcpt; rcpt = rcpt->next)
		if (rcpt->state == TASK_GOING && rcpt->work &&
		    delivery_cancel(rcpt->work))
			upstream_withdraw(&w->upstreams, rcpt);
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
	w->upstreams.where = "where";
	w->upstreams.begin = begin;
	w->upstreams.cancel = cancel;
	w->upstreams.idle = idle;
	w->upstreams.owner = w;
}
