/* SPDX-License-Identifier: ISC */
/* Keeps jobs and checks what is said about them; starts none. */
#include <stdlib.h>
#include <unistd.h>
#include "common/msgfd.h"
#include "common/task.h"

static void *
fail(struct tasks *tasks, char const *why)
{
	tasks->why = why;
	return NULL;
}

static struct task *
find(struct tasks const *tasks, uint32_t number)
{
	struct task *task = tasks->slot[number % TASK_SLOTS];

	while (task && task->order->job != number)
		task = task->chain;
	return task;
}

static void
put_in(struct tasks *tasks, struct task *task)
{
	struct task **slot = &tasks->slot[task->order->job % TASK_SLOTS];

	task->chain = *slot;
	*slot = task;
	task->next = tasks->first;
	task->at = &tasks->first;
	if (task->next) task->next->at = &task->next;
	tasks->first = task;
	tasks->n++;
}

static char const *
wrong_message(struct tasks const *tasks, struct deliver_job const *frame,
    int message)
{
	if (frame->text.len && (message != -1 || !tasks->texts))
		return "a text where there can be none";
	if (frame->text.len)
		return frame->text.len == frame->size ? NULL
		    : "a text of another size";
	if (message == -1) return "a job without a message";
	if (!msgfd_valid(message, frame->size))
		return "a message that could change, or is no file";
	return NULL;
}

/* What is wrong with a JOB, or NULL. */
static char const *
wrong_job(struct tasks const *tasks, struct deliver_job const *frame,
    int message)
{
	struct addr sender;

	if (tasks->n == tasks->most) return "more jobs than slots";
	if (find(tasks, frame->job)) return "a job of this number runs";
	if (frame->port > 65535) return "a port that is none";
	if (frame->sender.len && !addr_parse(&sender, frame->sender))
		return "a sender that is no address";
	return wrong_message(tasks, frame, message);
}

struct task *
task_begin(struct tasks *tasks, struct deliver_job const *frame, int message)
{
	char const *why = wrong_job(tasks, frame, message);
	struct task *task = why ? NULL : calloc(1, sizeof *task);

	if (task)
		task->order = wire_copy(&deliver_job_form, frame,
		    sizeof *frame);
	if (!task || !task->order) {
		free(task);
		if (message != -1) close(message);
		return fail(tasks, why ? why : "out of memory");
	}
	task->message = message;
	task->end = &task->rcpt;
	put_in(tasks, task);
	return task;
}

/* What is wrong with a RCPT, or NULL. */
static char const *
wrong_rcpt(struct task const *task, struct deliver_rcpt const *frame)
{
	struct task_rcpt const *rcpt;
	struct addr mailbox;

	if (!task || task->running) return "a recipient for no open job";
	if (task->rcpts == DELIVER_RCPTS_MAX)
		return "too many recipients in a job";
	if (!addr_parse(&mailbox, frame->address))
		return "a recipient that is no address";
	for (rcpt = task->rcpt; rcpt; rcpt = rcpt->next)
		if (rcpt->order->rcpt == frame->rcpt)
			return "a recipient's number twice";
	return NULL;
}

struct task_rcpt *
task_add(struct tasks *tasks, struct deliver_rcpt const *frame)
{
	struct task *task = find(tasks, frame->job);
	char const *why = wrong_rcpt(task, frame);
	struct task_rcpt *rcpt = why ? NULL : calloc(1, sizeof *rcpt);

	if (!rcpt) return fail(tasks, why ? why : "out of memory");
	rcpt->order = wire_copy(&deliver_rcpt_form, frame, sizeof *frame);
	if (!rcpt->order) {
		free(rcpt);
		return fail(tasks, "out of memory");
	}
	rcpt->task = task;
	rcpt->try.key = (struct past_key){ .id = task->order->id,
					   .rcpt = frame->rcpt,
					   .attempt = frame->attempt };
	*task->end = rcpt;
	task->end = &rcpt->next;
	task->rcpts++;
	return rcpt;
}

struct task *
task_run(struct tasks *tasks, struct deliver_run const *frame)
{
	struct task *task = find(tasks, frame->job);

	if (!task || task->running) return fail(tasks, "no open job to run");
	if (!task->rcpts) return fail(tasks, "a job without recipients");
	if (task->rcpts != frame->rcpts)
		return fail(tasks, "a job with recipients missing");
	task->running = true;
	task->owed = task->rcpts;
	return task;
}

void
task_take(struct tasks *tasks, struct task *task)
{
	struct task **slot = &tasks->slot[task->order->job % TASK_SLOTS];

	while (*slot != task)
		slot = &(*slot)->chain;
	*slot = task->chain;
	*task->at = task->next;
	if (task->next) task->next->at = task->at;
	tasks->n--;
}

void
task_free(struct task *task)
{
	struct task_rcpt *rcpt, *next;

	for (rcpt = task->rcpt; rcpt; rcpt = next) {
		next = rcpt->next;
		free(rcpt->order);
		free(rcpt);
	}
	if (task->message != -1) close(task->message);
	free(task->order);
	free(task);
}
