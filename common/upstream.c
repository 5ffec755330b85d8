/* SPDX-License-Identifier: ISC */
/* Turns frames into tasks and their ends into results; delivers nothing. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/log.h"
#include "common/upstream.h"

struct upstream {
	struct upstreams *all;
	struct peer peer;
	struct tasks tasks;
	struct chore part;
	struct upstream *next;
};

static bool
protocol_error(struct upstream const *u)
{
	log_event("protocol-error", LOG_TEXT("peer", "send"),
	    LOG_TEXT("why", u->tasks.why));
	return false;
}

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

static void
tell_idle(struct upstreams *all)
{
	if (all->running || (all->first && !all->paused)) return;
	all->idle(all->owner);
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
	tell_idle(all);
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

static bool
take_job(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct task *task = task_begin(&u->tasks, values, fd);

	if (!task) return protocol_error(u);
	task->from = u;
	return true;
}

static bool
take_rcpt(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;

	(void)fd;
	return task_add(&u->tasks, values) || protocol_error(u);
}

static void
begin(struct upstreams *all, struct task *task)
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

static bool
take_run(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct task *task = task_run(&u->tasks, values);

	(void)fd;
	if (task && u->all->running >= 2 * u->all->jobs_most) {
		u->tasks.why = "more jobs than we can keep";
		task->running = false;
		task = NULL;
	}
	if (!task) return protocol_error(u);
	if (u->all->verbose)
		log_event("job", LOG_ID(&task->order->id),
		    LOG_NUMBER("rcpts", task->rcpts),
		    LOG_NUMBER("size", task->order->size),
		    LOG_NUMBER("maybe", task->order->maybe));
	begin(u->all, task);
	return true;
}

/* abandon - nobody waits for this task any more: what can be taken back is,
 * the rest goes on, and its end is remembered */
static void
abandon(struct upstream *u, struct task *task)
{
	struct upstreams *all = u->all;
	struct task_rcpt *rcpt;

	task_take(&u->tasks, task);
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

static void
forget(struct upstream *u)
{
	struct upstreams *all = u->all;
	struct upstream **at;

	while (u->tasks.first)
		abandon(u, u->tasks.first);
	loop_not_later(all->loop, &u->part);
	for (at = &all->first; *at != u; at = &(*at)->next)
		;
	*at = u->next;
	all->n--;
	free(u);
}

static void
gone(void *owner, char const *why)
{
	struct upstream *u = owner;
	struct upstreams *all = u->all;

	log_event("peer-gone", LOG_TEXT("peer", "send"),
	    LOG_TEXT("why", why), LOG_NUMBER("jobs", u->tasks.n));
	forget(u);
	tell_idle(all);
}

/* part - end a connection for want of memory */
static void
part(void *owner)
{
	struct upstream *u = owner;

	peer_close(&u->peer);
	gone(u, "out of memory");
}

static struct peer_row const rows[] = {
	{ &deliver_job_form, true, take_job },
	{ &deliver_rcpt_form, false, take_rcpt },
	{ &deliver_run_form, false, take_run },
};

static struct peer_kind const kind = { .row = rows,
				       .rows = sizeof rows / sizeof *rows,
				       .gone = gone };

void
upstreams_add(struct upstreams *all, int fd)
{
	struct deliver_slots const slots = { .jobs =
	    (uint32_t)all->jobs_most };
	struct upstream *u = all->n < UPSTREAMS_MAX ? calloc(1, sizeof *u)
						    : NULL;

	if (!u) {
		log_event("turned-away", LOG_TEXT("peer", "send"),
		    LOG_NUMBER("connections", all->n));
		close(fd);
		return;
	}
	u->all = all;
	u->tasks.most = all->jobs_most;
	u->part = (struct chore){ .run = part, .owner = u };
	if (!peer_open(&u->peer, all->loop, fd, &kind, u)) {
		log_event("turned-away", LOG_TEXT("peer", "send"),
		    LOG_SYS(errno));
		free(u);
		return;
	}
	u->next = all->first;
	all->first = u;
	all->n++;
	if (!peer_send(&u->peer, &deliver_slots_form, &slots, -1))
		loop_later(all->loop, &u->part);
}

void
upstreams_pause(struct upstreams *all)
{
	struct upstream *u;

	all->paused = true;
	for (u = all->first; u; u = u->next)
		peer_pause(&u->peer, true);
	tell_idle(all);
}

void
upstreams_close(struct upstreams *all)
{
	while (all->first) {
		peer_close(&all->first->peer);
		forget(all->first);
	}
	past_free(&all->past);
}
