/* SPDX-License-Identifier: ISC */
/* Begins jobs and concludes from their results; asks no clock. */
#include <stdlib.h>
#include "send/job.h"
#include "send/lane.h"
#include "send/rcpt.h"

enum {
	LOSSES = 3,		/* of a channel in a row are a try */
	LOST_S = 5,		/* and then it waits so long */
	UNREADABLE_MS = 60000	/* for people to look, or a shortage to end */
};

bool
job_slots(struct sched *s, enum channel_name c, uint32_t slots)
{
	struct sched_channel *channel = &s->channel[c];
	struct sched_job **job;
	uint32_t *number, i;

	if (channel->running || slots > DELIVER_SLOTS_MAX) return false;
	job = calloc(slots + 1, sizeof(struct sched_job *));
	number = calloc(slots + 1, sizeof *number);
	if (!job || !number) {
		free(job);
		free(number);
		return false;
	}
	for (i = 0; i < slots; i++)
		number[i] = i;
	free(channel->job);
	free(channel->number);
	channel->job = job;
	channel->number = number;
	channel->slots = slots;
	return true;
}

/* Ready recipients of a mail that isn't tried any more. */
static void
withdraw(struct sched *s, struct sched_job const *job)
{
	struct sched_mail *m = job->mail;
	uint32_t at = job->first;

	while (at != RCPT_NONE) {
		struct sched_rcpt *r = &m->rcpt[at];

		at = r->next;
		rcpt_wait(s, m, r, r->due_ms);
	}
	lane_ended(s, job->lane, m);
	sched_settle(s, m);
}

/* While texts can't be had, one at a time finds out whether they can again. */
static bool
may_ask(struct sched const *s)
{
	return s->unreadable < SCHED_UNREADABLE ||
	    (!s->asking && s->now_ms >= s->readable_ms);
}

static void
start(struct sched *s, struct sched_job *job, enum channel_name c)
{
	struct sched_channel *channel = &s->channel[c];
	uint32_t at;

	job->random = sched_random(s);
	job->number = channel->number[channel->running++];
	channel->job[job->number] = job;
	s->asking++;
	for (at = job->first; at != RCPT_NONE; at = job->mail->rcpt[at].next)
		rcpt_stand(s, job->mail, &job->mail->rcpt[at], RCPT_RUNS);
}

struct sched_job *
job_next(struct sched *s, enum channel_name c)
{
	struct sched_channel *channel = &s->channel[c];
	struct sched_job *job;

	if (channel->running == channel->slots || !channel->flows ||
	    !may_ask(s))
		return NULL;
	job = calloc(1, sizeof *job);
	while (job) {
		job->lane = lane_take(s, c, &job->mail, &job->first,
		    &job->rcpts);
		if (!job->lane) break;
		if (!job->mail->dropped && !job->mail->given_up) {
			start(s, job, c);
			return job;
		}
		withdraw(s, job);
	}
	free(job);
	return NULL;
}

void
job_begun(struct sched *s, struct sched_job *job)
{
	job->begun = true;
	s->asking--;
	s->unreadable = 0;
}

struct sched_job *
job_find(struct sched *s, enum channel_name c, uint32_t number)
{
	return number < s->channel[c].slots ? s->channel[c].job[number] : NULL;
}

static void
end_job(struct sched *s, struct sched_job *job)
{
	struct sched_channel *channel = &s->channel[job->lane->to.channel];
	struct sched_mail *m = job->mail;

	if (!job->begun) s->asking--;
	channel->job[job->number] = NULL;
	channel->number[--channel->running] = job->number;
	lane_ended(s, job->lane, m);
	free(job);
	sched_settle(s, m);
}

void
job_return(struct sched *s, struct sched_job *job, int64_t due_ms)
{
	struct sched_mail *m = job->mail;

	while (job->first != RCPT_NONE) {
		struct sched_rcpt *r = &m->rcpt[job->first];

		job->first = r->next;
		rcpt_wait(s, m, r, due_ms);
	}
	end_job(s, job);
}

void
job_unreadable(struct sched *s, struct sched_job *job, int64_t now_ms)
{
	if (s->unreadable < SCHED_UNREADABLE) s->unreadable++;
	s->readable_ms = now_ms + SCHED_SHORTAGE_MS;
	job_return(s, job, now_ms + UNREADABLE_MS);
}

/* Who has it now: the recipient himself, or a host that may tell us nothing
 * more. LMTP is spoken to those who keep the mailboxes (RFC 2033). */
static enum outcome
outcome_of(struct sched_job const *job, struct deliver_result const *result)
{
	struct destination const *to = &job->lane->to;

	if (result->dsn) return OUTCOME_DELIVERED;
	return to->channel == CHANNEL_LOCAL || to->how == DELIVER_LMTP ?
	    OUTCOME_CONFIRMED : OUTCOME_RELAYED;
}

static void
conclude(struct sched *s, struct sched_job const *job, struct sched_rcpt *r,
    struct deliver_result const *result, int64_t now_ms)
{
	struct sched_mail *m = job->mail;
	struct handover_outcome o = { .status = result->status,
	    .where = result->where, .words = result->words };

	r->losses = 0;
	if (result->verdict == VERDICT_TEMP && result->ours)
		rcpt_wait(s, m, r, now_ms + SCHED_SHORTAGE_MS);
	else if (result->verdict == VERDICT_TEMP)
		/* what was tried together is tried together again */
		rcpt_defer(s, m, r, rcpt_backoff_s(r->attempt, job->random),
		    now_ms, &o);
	else if (result->verdict == VERDICT_PERM)
		rcpt_fail(s, m, r, &o);
	else
		rcpt_deliver(s, m, r, outcome_of(job, result), &o);
}

/* The recipient of this number, taken off the job's list. */
static struct sched_rcpt *
take_rcpt(struct sched_job *job, uint32_t n)
{
	struct sched_rcpt *rcpt = job->mail->rcpt;
	uint32_t *at = &job->first;

	while (*at != RCPT_NONE && rcpt[*at].n != n)
		at = &rcpt[*at].next;
	if (*at == RCPT_NONE) return NULL;
	rcpt += *at;
	*at = rcpt->next;
	return rcpt;
}

bool
job_result(struct sched *s, enum channel_name c,
    struct deliver_result const *result, int64_t now_ms)
{
	struct sched_job *job = job_find(s, c, result->job);
	struct sched_rcpt *r = job ? take_rcpt(job, result->rcpt) : NULL;

	if (!r) return false;
	lane_felt(s, job->lane, result, now_ms);
	conclude(s, job, r, result, now_ms);
	if (job->first == RCPT_NONE) end_job(s, job);
	return true;
}

/* Whether a job of a lost channel succeeded is for the next one to find out. A
 * message that takes the channel down each time must not do so for ever. */
static void
lose(struct sched *s, struct sched_job *job, int64_t now_ms)
{
	struct sched_mail *m = job->mail;

	while (job->begun && job->first != RCPT_NONE) {
		struct sched_rcpt *r = &m->rcpt[job->first];
		struct handover_outcome o = { .status = SLICE("4.3.0"),
		    .words = SLICE("the delivery program ended early") };

		job->first = r->next;
		r->maybe = true;
		if (++r->losses < LOSSES) {
			rcpt_wait(s, m, r, now_ms);
			continue;
		}
		r->losses = 0;
		rcpt_defer(s, m, r, LOST_S, now_ms, &o);
	}
	job_return(s, job, now_ms);
}

void
job_lost(struct sched *s, enum channel_name c, int64_t now_ms)
{
	struct sched_channel *channel = &s->channel[c];
	uint32_t i;

	for (i = 0; i < channel->slots; i++)
		if (channel->job[i]) lose(s, channel->job[i], now_ms);
	channel->slots = 0;
}
