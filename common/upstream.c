/* SPDX-License-Identifier: ISC */
/* Connections of send: frames become tasks; what becomes of those is
 * attempt.c's. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/log.h"
#include "common/upstreampart.h"

static bool
protocol_error(struct upstream const *u)
{
	log_event("protocol-error", LOG_TEXT("peer", "send"),
	    LOG_TEXT("why", u->tasks.why));
	return false;
}

void
upstream_idle(struct upstreams *all)
{
	if (all->running || (all->first && !all->paused)) return;
	all->idle(all->owner);
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
	attempt_begin(u->all, task);
	return true;
}

static void
forget(struct upstream *u)
{
	struct upstreams *all = u->all;
	struct upstream **at;

	while (u->tasks.first) {
		struct task *task = u->tasks.first;

		task_take(&u->tasks, task);
		attempt_abandon(all, task);
	}
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
	upstream_idle(all);
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
				       .gone = gone, .shares = true };

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
	u->tasks.texts = all->texts;
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
	upstream_idle(all);
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
