/* SPDX-License-Identifier: ISC */
/* Turns recipients into deliveries and their ends into results; touches no
 * file. */
#include <errno.h>
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
	struct route_act const *act;
	struct routes_match found;
	struct addr mailbox;
	char path[ROUTE_PATH_MAX];

	*result = (struct delivery_result){
		.verdict = VERDICT_TEMP, .status = "4.3.5", .where = "",
		.words = "no maildir line of our routes takes this address"
	};
	if (!addr_parse(&mailbox, order.address)) return false;
	if (routes_find(w->routes, &mailbox, SLICE(""), &found) != ROUTES_LINE)
		return false;
	act = found.route->act;
	if (act->kind != ROUTE_MAILDIR) return false;
	if (!route_expand(&found, act->word[0], path)) {
		result->verdict = VERDICT_PERM;
		result->status = "5.1.3";
		result->words = "the address is no safe path name";
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
