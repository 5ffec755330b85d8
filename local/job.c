/* SPDX-License-Identifier: ISC */
/* Keeps jobs and checks what is said about them; starts none. */
#include <stdlib.h>
#include <unistd.h>
#include "common/msgfd.h"
#include "local/job.h"

static void *
fail(struct jobs *jobs, char const *why)
{
	jobs->why = why;
	return NULL;
}

static struct job *
find(struct jobs const *jobs, uint32_t number)
{
	struct job *job = jobs->first;

	while (job && job->number != number)
		job = job->next;
	return job;
}

/* What is wrong with a JOB, or NULL. */
static char const *
wrong_job(struct jobs const *jobs, struct deliver_job const *frame,
    int message)
{
	struct addr sender;

	if (jobs->n == jobs->most) return "more jobs than slots";
	if (find(jobs, frame->job)) return "a job of this number runs";
	if (frame->sender.len && !addr_parse(&sender, frame->sender))
		return "a sender that is no address";
	if (message == -1) return "a job without a message";
	if (!msgfd_valid(message, frame->size))
		return "a message that could change, or is no file";
	return NULL;
}

struct job *
job_begin(struct jobs *jobs, struct deliver_job const *frame, int message)
{
	char const *why = wrong_job(jobs, frame, message);
	struct job *job = why ? NULL : calloc(1, sizeof *job);

	if (!job) {
		if (message != -1) close(message);
		return fail(jobs, why ? why : "out of memory");
	}
	job->number = frame->job;
	job->id = frame->id;
	job->sender_len = frame->sender.len;
	if (job->sender_len)
		memcpy(job->sender, frame->sender.s, job->sender_len);
	job->size = frame->size;
	job->arrived_s = frame->arrived_s;
	job->maybe = frame->maybe;
	job->message = message;
	job->next = jobs->first;
	jobs->first = job;
	jobs->n++;
	return job;
}

struct job_rcpt *
job_add(struct jobs *jobs, struct deliver_rcpt const *frame)
{
	struct job *job = find(jobs, frame->job);
	struct job_rcpt *rcpt;
	struct addr mailbox;

	if (!job || job->running)
		return fail(jobs, "a recipient for no open job");
	if (job->rcpts == DELIVER_RCPTS_MAX)
		return fail(jobs, "too many recipients in a job");
	if (!addr_parse(&mailbox, frame->address))
		return fail(jobs, "a recipient that is no address");
	for (rcpt = job->rcpt; rcpt; rcpt = rcpt->next)
		if (rcpt->number == frame->rcpt)
			return fail(jobs, "a recipient's number twice");
	rcpt = calloc(1, sizeof *rcpt + frame->address.len);
	if (!rcpt) return fail(jobs, "out of memory");
	rcpt->job = job;
	rcpt->number = frame->rcpt;
	rcpt->len = frame->address.len;
	memcpy(rcpt->address, frame->address.s, rcpt->len);
	rcpt->next = job->rcpt;
	job->rcpt = rcpt;
	job->rcpts++;
	return rcpt;
}

struct job *
job_run(struct jobs *jobs, struct deliver_run const *frame)
{
	struct job *job = find(jobs, frame->job);

	if (!job || job->running) return fail(jobs, "no open job to run");
	if (!job->rcpts) return fail(jobs, "a job without recipients");
	if (job->rcpts != frame->rcpts)
		return fail(jobs, "a job with recipients missing");
	job->running = true;
	job->owed = job->rcpts;
	return job;
}

void
job_take(struct jobs *jobs, struct job *job)
{
	struct job **at;

	for (at = &jobs->first; *at != job; at = &(*at)->next)
		;
	*at = job->next;
	jobs->n--;
}

void
job_free(struct job *job)
{
	struct job_rcpt *rcpt, *next;

	for (rcpt = job->rcpt; rcpt; rcpt = next) {
		next = rcpt->next;
		free(rcpt);
	}
	close(job->message);
	free(job);
}
