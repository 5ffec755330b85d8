/* SPDX-License-Identifier: ISC */
/* Turns recipients into deliveries and their ends into results; touches no
 * file. */
#include <stdio.h>
#include "common/msgfd.h"
#include "local/choose.h"
#include "local/work.h"

static void
answer(struct work *w, struct task_rcpt *rcpt,
    struct delivery_result const *result)
{
	char where[HANDOVER_WHERE_MAX + 1] = "";

	if (*result->where)
		snprintf(where, sizeof where, "local %s", result->where);
	rcpt->work = NULL;
	upstream_result(&w->upstreams, rcpt, (struct deliver_result){
	    .verdict = (uint8_t)result->verdict,
	    .ours = result->ours,
	    .status = slice_of(result->status),
	    .where = slice_of(where),
	    .words = slice_of(result->words) });
}

static void
delivered(void *owner, struct delivery_result const *result)
{
	struct task_rcpt *rcpt = owner;

	answer(rcpt->task->work, rcpt, result);
}

static struct delivery_order
order_of(struct task_rcpt const *rcpt)
{
	struct deliver_job const *job = rcpt->task->order;

	return (struct delivery_order){
		.id = &job->id,
		.rcpt = rcpt->order->rcpt,
		.arrived_s = job->arrived_s,
		.sender = job->sender,
		.address = rcpt->order->address,
		.message = rcpt->task->message,
		.text = job->text,
		.size = job->size,
		.maybe = job->maybe,
	};
}

static bool
start_maildir(struct work *w, struct task_rcpt *rcpt,
    struct choice const *choice, char const *path)
{
	struct delivery_order order = order_of(rcpt);

	order.quota = choice->act->quota;
	rcpt->work = delivery_start(w->deliveries, &order, path, delivered,
	    rcpt);
	return rcpt->work != NULL;
}

static bool
cancel_maildir(void *work)
{
	return delivery_cancel(work);
}

static bool
start_mbox(struct work *w, struct task_rcpt *rcpt,
    struct choice const *choice, char const *path)
{
	struct delivery_order const order = order_of(rcpt);

	(void)choice;
	rcpt->work = filing_start(w->filings, &order, path, delivered, rcpt);
	return rcpt->work != NULL;
}

static bool
cancel_mbox(void *work)
{
	return filing_cancel(work);
}

/* leave_slow - a recipient of such a job has ended */
static void
leave_slow(struct work *w, struct task *task)
{
	if (!--task->slow) w->slow--;
}

static void
errand_over(void *owner, struct delivery_result const *result)
{
	struct task_rcpt *rcpt = owner;

	leave_slow(rcpt->task->work, rcpt->task);
	delivered(owner, result);
}

/* message_file - for who shall read it by himself; -1: there can be none now */
static int
message_file(struct task *task)
{
	if (task->message == -1) task->message = msgfd_make(task->order->text);
	return task->message;
}

/* For a command, or a user of the system. */
static bool
start_errand(struct work *w, struct task_rcpt *rcpt,
    struct choice const *choice, char const *path)
{
	struct deliver_job const *job = rcpt->task->order;
	struct request const request = {
		.id = job->id, .rcpt = rcpt->order->rcpt,
		.action = rcpt->order->action, .sender = job->sender,
		.address = rcpt->order->address, .groups = job->groups,
		.orcpt = rcpt->order->orcpt, .envid = job->envid,
		.client_address = job->client_address,
		.client_name = job->client_name, .helo = job->helo,
		.protocol = job->protocol, .login = job->login,
		.size = job->size, .arrived_s = job->arrived_s,
		.maybe = job->maybe
	};

	(void)path;
	if (!rcpt->task->slow && w->slow == w->slow_most) return false;
	if (message_file(rcpt->task) == -1) return false;
	rcpt->work = errand_start(w->errands, &request, rcpt->task->message,
	    (uint32_t)(choice->found.route - w->routes->row), choice->number,
	    errand_over, rcpt);
	if (rcpt->work && !rcpt->task->slow++) w->slow++;
	return rcpt->work != NULL;
}

static bool
cancel_errand(void *work)
{
	return errand_cancel(work);
}

static struct {
	enum route_action kind;
	bool path;		/* its word is one */
	bool (*start)(struct work *w, struct task_rcpt *rcpt,
	    struct choice const *choice, char const *path);
	bool (*take_back)(void *work);
	char const *shortage;
} const kinds[] = {
	{ ROUTE_MAILDIR, true, start_maildir, cancel_maildir,
	  "out of memory" },
	{ ROUTE_MBOX, true, start_mbox, cancel_mbox, "out of memory" },
	{ ROUTE_COMMAND, false, start_errand, cancel_errand,
	  "too many commands run or wait" },
	{ ROUTE_SYSTEM, false, start_errand, cancel_errand,
	  "too many commands run or wait" },
};

/* start - route a recipient and begin; the result when that can't be */
static bool
start(struct work *w, struct task_rcpt *rcpt, struct delivery_result *result)
{
	struct choice choice;
	char path[ROUTE_PATH_MAX] = "";
	size_t i = 0;

	if (!choose(&choice, w->routes, rcpt->order->address,
	    rcpt->task->order->groups, rcpt->order->action, result))
		return false;
	while (kinds[i].kind != choice.act->kind)
		i++;
	if (kinds[i].path &&
	    !route_expand(&choice.found, choice.act->word[0], path)) {
		*result = choose_unsafe();
		return false;
	}
	rcpt->take_back = kinds[i].take_back;
	if (kinds[i].start(w, rcpt, &choice, path)) return true;
	*result = (struct delivery_result){ .verdict = VERDICT_TEMP,
	    .ours = true, .status = "4.3.0", .words = kinds[i].shortage,
	    .where = "" };
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

	for (rcpt = task->rcpt; rcpt; rcpt = rcpt->next) {
		if (rcpt->state != TASK_GOING || !rcpt->work ||
		    !rcpt->take_back(rcpt->work))
			continue;
		if (rcpt->take_back == cancel_errand) leave_slow(w, task);
		upstream_withdraw(&w->upstreams, rcpt);
	}
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
	w->upstreams.texts = true;
	w->upstreams.begin = begin;
	w->upstreams.cancel = cancel;
	w->upstreams.idle = idle;
	w->upstreams.owner = w;
}
