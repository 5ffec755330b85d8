/* SPDX-License-Identifier: ISC */
/* Turns jobs into deliveries and their ends into results; touches no file. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/log.h"
#include "local/upstream.h"

struct upstream {
	struct upstreams *all;
	struct peer peer;
	struct jobs jobs;
	struct chore part;
	struct upstream *next;
};

static bool
protocol_error(struct upstream const *u)
{
	log_event("protocol-error", LOG_TEXT("peer", "send"),
	    LOG_TEXT("why", u->jobs.why));
	return false;
}

static void
log_result(struct job_rcpt const *rcpt, struct delivery_result const *result)
{
	static char const *const events[] = { [VERDICT_OK] = "delivered",
					      [VERDICT_TEMP] = "deferred",
					      [VERDICT_PERM] = "failed" };

	struct log_field fields[] = {
		LOG_ID(&rcpt->job->id),
		LOG_SLICE("to", slice_from(rcpt->address, rcpt->len)),
		LOG_TEXT("where", result->where),
		LOG_TEXT("status", result->status),
		LOG_TEXT("words", result->words),
		{ LOG_END, NULL, { .number = 0 } },
	};

	if (result->verdict == VERDICT_OK) fields[4].kind = LOG_END;
	log_fields(events[result->verdict], fields);
}

static struct slice
at_most(char const *text, size_t max)
{
	struct slice s = slice_of(text);

	if (s.len > max) s.len = max;
	return s;
}

static void
send_result(struct upstream *u, struct job_rcpt const *rcpt,
    struct delivery_result const *result)
{
	struct deliver_result frame = {
		.job = rcpt->job->number,
		.rcpt = rcpt->number,
		.verdict = (uint8_t)result->verdict,
		.ours = result->ours,
		.status = slice_of(result->status),
		.where = at_most(result->where, HANDOVER_WHERE_MAX),
		.words = at_most(result->words, WORDS_MAX),
	};

	/* A result that can't be said is found again: when the connection has
	 * ended, send repeats the job as one that may be delivered. */
	if (!peer_send(&u->peer, &deliver_result_form, &frame, -1))
		loop_later(u->all->loop, &u->part);
}

/* A job ends with its last result. */
static void
settle(struct job *job)
{
	if (--job->owed) return;
	if (job->from) job_take(&job->from->jobs, job);
	job_free(job);
}

static void
delivered(void *owner, struct delivery_result const *result)
{
	struct job_rcpt *rcpt = owner;
	struct job *job = rcpt->job;

	rcpt->delivery = NULL;
	log_result(rcpt, result);
	if (job->from) send_result(job->from, rcpt, result);
	settle(job);
}

/* start - route a recipient and begin; the result when that can't be */
static bool
start(struct upstreams *all, struct job_rcpt *rcpt,
    struct delivery_result *result)
{
	struct job const *job = rcpt->job;
	struct delivery_order const order = {
		.id = &job->id,
		.rcpt = rcpt->number,
		.arrived_s = job->arrived_s,
		.sender = slice_from(job->sender, job->sender_len),
		.address = slice_from(rcpt->address, rcpt->len),
		.message = job->message,
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
	if (routes_find(all->routes, &mailbox, SLICE(""), &found) !=
	    ROUTES_LINE)
		return false;
	act = found.route->act;
	if (act->kind != ROUTE_MAILDIR) return false;
	if (!route_expand(&found, act->word[0], path)) {
		result->verdict = VERDICT_PERM;
		result->status = "5.1.3";
		result->words = "the address is no safe path name";
		return false;
	}
	rcpt->delivery = delivery_start(all->deliveries, &order, path,
	    delivered, rcpt);
	if (rcpt->delivery) return true;
	*result = delivery_trouble(ENOMEM);
	return false;
}

static bool
take_job(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct job *job = job_begin(&u->jobs, values, fd);

	if (!job) return protocol_error(u);
	job->from = u;
	return true;
}

static bool
take_rcpt(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;

	(void)fd;
	return job_add(&u->jobs, values) || protocol_error(u);
}

static bool
take_run(void *owner, void const *values, int fd)
{
	struct upstream *u = owner;
	struct job *job = job_run(&u->jobs, values);
	struct delivery_result result;
	struct job_rcpt *rcpt;

	(void)fd;
	if (!job) return protocol_error(u);
	if (u->all->verbose)
		log_event("job", LOG_ID(&job->id),
		    LOG_NUMBER("rcpts", job->rcpts),
		    LOG_NUMBER("size", job->size),
		    LOG_NUMBER("maybe", job->maybe));
	job->owed++; /* it must not end under our hands */
	for (rcpt = job->rcpt; rcpt; rcpt = rcpt->next)
		if (!start(u->all, rcpt, &result)) delivered(rcpt, &result);
	settle(job);
	return true;
}

/* abandon - nobody waits for this job any more: what can be taken back is,
 * the rest goes on and ends in the log */
static void
abandon(struct upstream *u, struct job *job)
{
	struct job_rcpt *rcpt;

	job_take(&u->jobs, job);
	job->from = NULL;
	if (!job->running) {
		job_free(job);
		return;
	}
	job->owed++;
	for (rcpt = job->rcpt; rcpt; rcpt = rcpt->next)
		if (rcpt->delivery && delivery_cancel(rcpt->delivery))
			job->owed--;
	settle(job);
}

static void
forget(struct upstream *u)
{
	struct upstreams *all = u->all;
	struct upstream **at;

	while (u->jobs.first)
		abandon(u, u->jobs.first);
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
	    LOG_TEXT("why", why));
	forget(u);
	all->lost(all->owner);
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
	u->jobs.most = all->jobs_most;
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

	for (u = all->first; u; u = u->next)
		peer_pause(&u->peer, true);
}

void
upstreams_close(struct upstreams *all)
{
	while (all->first) {
		peer_close(&all->first->peer);
		forget(all->first);
	}
}
