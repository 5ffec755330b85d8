/* SPDX-License-Identifier: ISC */
/* What send may say about tasks, and in which order. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "common/task.h"

static int
sealed(char const *text)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
	    F_SEAL_SHRINK | F_SEAL_SEAL), 0);
	return fd;
}

static struct deliver_job
job(uint32_t number)
{
	return (struct deliver_job){ .job = number,
				     .sender = SLICE("me@here.example"),
				     .size = 4 };
}

static struct task *
begin(struct tasks *tasks, uint32_t number)
{
	struct deliver_job frame = job(number);

	return task_begin(tasks, &frame, sealed("text"));
}

static bool
add(struct tasks *tasks, uint32_t number, uint32_t rcpt, char const *address)
{
	struct deliver_rcpt frame = { .job = number, .rcpt = rcpt,
	    .address = slice_of(address) };

	return task_add(tasks, &frame) != NULL;
}

static struct task *
run(struct tasks *tasks, uint32_t number, uint32_t rcpts)
{
	struct deliver_run frame = { number, rcpts };

	return task_run(tasks, &frame);
}

static void
drop(struct tasks *tasks)
{
	while (tasks->first) {
		struct task *first = tasks->first;

		task_take(tasks, first);
		task_free(first);
	}
	assert_int_equal(tasks->n, 0);
}

static void
test_sequence(void **state)
{
	struct tasks tasks = { .most = 2 };
	struct task *one;

	(void)state;
	one = begin(&tasks, 1);
	assert_non_null(one);
	assert_true(add(&tasks, 1, 0, "a@b.example"));
	assert_true(add(&tasks, 1, 7, "\"a b\"@b.example"));
	assert_false(add(&tasks, 1, 7, "c@b.example"));
	assert_false(add(&tasks, 2, 0, "c@b.example"));
	assert_false(add(&tasks, 1, 8, "no address"));
	assert_false(add(&tasks, 1, 8, ""));
	assert_null(run(&tasks, 2, 2));
	assert_null(run(&tasks, 1, 1));
	assert_null(run(&tasks, 1, 3));
	assert_ptr_equal(run(&tasks, 1, 2), one);
	assert_int_equal(one->owed, 2);
	assert_null(run(&tasks, 1, 2));
	assert_false(add(&tasks, 1, 9, "c@b.example"));
	assert_null(begin(&tasks, 1));
	assert_non_null(begin(&tasks, 2));
	assert_null(run(&tasks, 2, 0));
	drop(&tasks);
}

/* Numbers that share a slot, taken from its middle, end and beginning. */
static void
test_numbers(void **state)
{
	struct tasks tasks = { .most = 4 };
	uint32_t const number[] = { 1, 1 + TASK_SLOTS, 1 + 2 * TASK_SLOTS,
				    UINT32_MAX };
	size_t const order[] = { 1, 0, 3, 2 };
	struct task *task[4];
	size_t i, k;

	(void)state;
	for (i = 0; i < 4; i++) {
		task[i] = begin(&tasks, number[i]);
		assert_non_null(task[i]);
		assert_true(add(&tasks, number[i], 0, "a@b.example"));
	}
	for (i = 0; i < 4; i++) {
		for (k = i; k < 4; k++)
			assert_null(begin(&tasks, number[order[k]]));
		task_take(&tasks, task[order[i]]);
		task_free(task[order[i]]);
		assert_false(add(&tasks, number[order[i]], 1, "a@b.example"));
		for (k = i + 1; k < 4; k++)
			assert_true(add(&tasks, number[order[k]],
			    (uint32_t)i + 1, "a@b.example"));
	}
	assert_null(tasks.first);
}

static void
test_slots(void **state)
{
	struct tasks tasks = { .most = 3 };
	uint32_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_non_null(begin(&tasks, i));
	assert_null(begin(&tasks, 3));
	assert_string_equal(tasks.why, "more jobs than slots");
	drop(&tasks);
	assert_non_null(begin(&tasks, 3));
	drop(&tasks);
}

static void
test_recipients(void **state)
{
	struct tasks tasks = { .most = 1 };
	uint32_t i;

	(void)state;
	assert_non_null(begin(&tasks, 0));
	for (i = 0; i < DELIVER_RCPTS_MAX; i++)
		assert_true(add(&tasks, 0, i, "a@b.example"));
	assert_false(add(&tasks, 0, i, "a@b.example"));
	assert_non_null(run(&tasks, 0, DELIVER_RCPTS_MAX));
	drop(&tasks);
}

/* Bad tasks leave neither a job nor a descriptor. */
static void
test_bad_tasks(void **state)
{
	struct tasks tasks = { .most = 1 };
	struct deliver_job frame = job(0);
	int fd, pipes[2];

	(void)state;
	assert_null(task_begin(&tasks, &frame, -1));
	frame.size = 5;
	fd = sealed("text");
	assert_null(task_begin(&tasks, &frame, fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	frame.size = 4;
	fd = memfd_create("message", MFD_ALLOW_SEALING);
	assert_int_equal(write(fd, "text", 4), 4);
	assert_null(task_begin(&tasks, &frame, fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(pipe(pipes), 0);
	assert_null(task_begin(&tasks, &frame, pipes[0]));
	close(pipes[1]);
	frame.sender = SLICE("me");
	fd = sealed("text");
	assert_null(task_begin(&tasks, &frame, fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	frame.sender = SLICE("");
	assert_non_null(task_begin(&tasks, &frame, sealed("text")));
	assert_int_equal(tasks.n, 1);
	drop(&tasks);
}

/* A text in the frame, where it may be, of its size, and nothing beside it. */
static void
test_texts(void **state)
{
	struct tasks tasks = { .most = 1 };
	struct deliver_job frame = job(0);
	struct task *task;
	int fd;

	(void)state;
	frame.text = SLICE("text");
	assert_null(task_begin(&tasks, &frame, -1));
	tasks.texts = true;
	frame.size = 3;
	assert_null(task_begin(&tasks, &frame, -1));
	frame.size = 5;
	assert_null(task_begin(&tasks, &frame, -1));
	frame.size = 4;
	fd = sealed("text");
	assert_null(task_begin(&tasks, &frame, fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(tasks.n, 0);
	task = task_begin(&tasks, &frame, -1);
	assert_non_null(task);
	assert_int_equal(task->message, -1);
	assert_ptr_not_equal(task->order->text.s, frame.text.s);
	assert_true(slice_is(task->order->text, "text"));
	drop(&tasks);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_bad_tasks),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
