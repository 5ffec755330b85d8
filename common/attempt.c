/* SPDX-License-Identifier: ISC */
/* Tries of recipients: begun, recalled, taken back, ended and remembered.
 * Delivers nothing. */
#include <errno.h>
#include "common/log.h"
#include "common/upstreampart.h"

static void
log_result(struct upstreams const *all, struct task_rcpt const *rcpt,
    struct deliver_result const *result)
{
	static char const *const events[] = { [VERDICT_OK] = "delivered",
					      [VERDICT_TEMP] = "deferred",
					      [VERDICT_PERM] = "failed" };

	struct log_field fields[] = {
		LOG_ID(&rcpt->task->order->id),
		LOG_SLICE("to", rcpt->order->address),
		LOG_SLICE(all->where, result->where),
		LOG_SLICE("status", result->status),
		LOG_SLICE("words", result->words),
		{ LOG_END, NULL, { .number = 0 } },
	};

	if (!result->words.len) fields[4].kind = LOG_END;
	log_fields(events[result->verdict], fields);
}

static struct slice
at_most(struct slice text, size_t max)
{
	return slice_from(text.s, text.len < max ? text.len : max);
}

void
upstream_release(struct task *task)
{
	if (--task->holds || task->owed) return;
	task_free(task);
}

/* A task ends with its last result. */
static void
settle(struct upstreams *all, struct task *task)
{
	if (--task->owed) return;
	if (task->from) task_take(&task->from->tasks, task);
	task->from = NULL;
	if (!task->holds) task_free(task);
	all->running--;
	upstream_idle(all);
}

/* tell - send hears it, if it still waits */
static void
tell(struct upstreams *all, struct task_rcpt *rcpt,
    struct deliver_result result)
{
	struct task *task = rcpt->task;

	rcpt->state = TASK_OVER;
	result.job = task->order->job;
	result.rcpt = rcpt->order->rcpt;
	/* A result that can't be said is remembered: when the connection has
	 * ended, send repeats the job as one that may be done. */
	if (task->from && !peer_send(&task->from->peer, &deliver_result_form,
	    &result, -1))
		loop_later(all->loop, &task->from->part);
	settle(all, task);
}

static void
tell_heirs(struct upstreams *all, struct task_rcpt *rcpt,
    struct deliver_result const *result)
{
	while (rcpt->heirs) {
		struct task_rcpt *heir = rcpt->heirs;

		rcpt->heirs = heir->heir;
		tell(all, heir, *result);
	}
}

/* Our own shortages are no result to keep: the next try may do better. */
static void
remember(struct upstreams *all, struct task_rcpt const *rcpt,
    struct deliver_result const *result)
{
	struct past_result const kept = { .verdict = result->verdict,
					  .dsn = result->dsn,
					  .status = result->status,
					  .where = result->where,
					  .words = result->words };

	if (result->verdict == VERDICT_TEMP && result->ours) return;
	if (!past_keep(&all->past, &rcpt->try.key, &kept))
		log_event("not-remembered", LOG_ID(&rcpt->try.key.id),
		    LOG_SYS(ENOMEM));
}

void
upstream_result(struct upstreams *all, struct task_rcpt *rcpt,
    struct deliver_result result)
{
	result.status = at_most(result.status, STATUS_MAX);
	result.where = at_most(result.where, HANDOVER_WHERE_MAX);
	result.words = at_most(result.words, WORDS_MAX);
	past_end(&all->past, &rcpt->try);
	log_result(all, rcpt, &result);
	remember(all, rcpt, &result);
	tell_heirs(all, rcpt, &result);
	tell(all, rcpt, result);
}

void
upstream_withdraw(struct upstreams *all, struct task_rcpt *rcpt)
{
	static struct deliver_result const not_now = {
		.verdict = VERDICT_TEMP, .ours = true,
		.status = SLICE("4.3.0"), .where = SLICE(""),
		.words = SLICE("an earlier try was taken back")
	};

	past_end(&all->past, &rcpt->try);
	tell_heirs(all, rcpt, &not_now);
	rcpt->state = TASK_OVER;
	settle(all, rcpt->task);
}

/* disinherit - it waits no longer for an earlier try */
static void
disinherit(struct upstreams *all, struct task_rcpt *rcpt)
{
	struct task_rcpt **at = &rcpt->after->heirs;

	while (*at != rcpt)
		at = &(*at)->heir;
	*at = rcpt->heir;
	rcpt->state = TASK_OVER;
	settle(all, rcpt->task);
}

/* recall - a try that may have been made: its result, or who waits for it
 *   false  nothing is known of it */
static bool
recall(struct upstreams *all, struct task_rcpt *rcpt)
{
	struct past_key const *key = &rcpt->try.key;
	struct past_try *going = past_going(&all->past, key);
	struct past_result known;

	if (going) {
		rcpt->after = (void *)((char *)going -
		    offsetof(struct task_rcpt, try));
		rcpt->heir = rcpt->after->heirs;
		rcpt->after->heirs = rcpt;
		rcpt->state = TASK_WAITING;
		return true;
	}
	if (!past_find(&all->past, key, &known)) return false;
	log_event("remembered", LOG_ID(&key->id),
	    LOG_SLICE("to", rcpt->order->address),
	    LOG_SLICE("status", known.status));
	tell(all, rcpt, (struct deliver_result){
	    .verdict = known.verdict, .dsn = known.dsn,
	    .status = known.status, .where = known.where,
	    .words = known.words });
	return true;
}

void
attempt_begin(struct upstreams *all, struct task *task)
{
	struct task_rcpt *rcpt;
	size_t going = 0;

	all->running++;
	task->holds++; /* it must not end under our hands */
	for (rcpt = task->rcpt; rcpt; rcpt = rcpt->next) {
		if (task->order->maybe && recall(all, rcpt)) continue;
		rcpt->state = TASK_GOING;
		past_begin(&all->past, &rcpt->try);
		going++;
	}
	if (going) all->begin(all->owner, task);
	upstream_release(task);
}

void
attempt_abandon(struct upstreams *all, struct task *task)
{
	struct task_rcpt *rcpt;

	task->from = NULL;
	if (!task->running) {
		task_free(task);
		return;
	}
	task->holds++;
	for (rcpt = task->rcpt; rcpt; rcpt = rcpt->next)
		if (rcpt->state == TASK_WAITING) disinherit(all, rcpt);
	if (task->owed) all->cancel(all->owner, task);
	upstream_release(task);
}
