/* SPDX-License-Identifier: ISC */
/* Real helpers and real syncs: each job is told once how it went, unless it
 * was cancelled. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/flush.h"
#include "common/log.h"

enum { HELPERS = 8 };

enum { JOBS = 100 };

static struct loop loop;
static struct flushers flushers;
static int file, losses;

struct job {
	struct flush flush;
	int done, error;
};

static size_t ended;

static void
done(void *owner, int error)
{
	struct job *j = owner;

	j->done++;
	j->error = error;
	ended++;
}

static void
lost(void)
{
	losses++;
	loop.stop = true;
}

static int
start(void **state)
{
	char name[80];
	char const *base = getenv("TMPDIR");

	(void)state;
	snprintf(name, sizeof name, "%.60s/flush-XXXXXX",
	    base ? base : "/tmp");
	file = mkstemp(name);
	unlink(name);
	losses = 0;
	ended = 0;
	return file != -1 && loop_open(&loop) &&
	    flushers_open(&flushers, &loop, "test-flush", HELPERS, lost) ? 0 : -1;
}

static int
end(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < HELPERS; i++) {
		int fd = flushers.helper[i].watch.fd;

		loop_forget(&loop, &flushers.helper[i].watch);
		close(fd);
	}
	loop_close(&loop);
	close(file);
	return 0;
}

static void
begin(struct job *j, int fd, enum flush_how how)
{
	*j = (struct job){ .flush = { .fd = fd, .how = how, .done = done,
	    .owner = j } };
	flush_start(&flushers, &j->flush);
	assert_int_equal(j->done, 0); /* never from there */
}

static void
wait_for(size_t ends)
{
	while (ended < ends && !losses)
		assert_true(loop_turn(&loop));
	assert_int_equal(losses, 0);
	assert_int_equal(ended, ends);
}

static void
all_are_told_once(void **state)
{
	struct job job[JOBS];
	size_t i;

	(void)state;
	for (i = 0; i < JOBS; i++)
		begin(&job[i], file, i % 2 ? FLUSH_ALL : FLUSH_DATA);
	wait_for(JOBS);
	for (i = 0; i < JOBS; i++) {
		assert_int_equal(job[i].done, 1);
		assert_int_equal(job[i].error, 0);
	}
	assert_true(fcntl(file, F_GETFD) != -1); /* the caller's, left open */
}

static void
errors_are_told(void **state)
{
	struct job job[3];
	int pair[2];

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	begin(&job[0], pair[0], FLUSH_DATA); /* nothing to sync */
	begin(&job[1], -1, FLUSH_ALL);
	begin(&job[2], file, FLUSH_ALL);
	wait_for(3);
	assert_int_equal(job[0].error, EINVAL);
	assert_int_equal(job[1].error, EBADF);
	assert_int_equal(job[2].error, 0);
	close(pair[0]);
	close(pair[1]);
}

/* All but a few are cancelled, some of them under way. Those are freed, as
 * their owners may do: nothing must touch them again. */
static void
cancelled_ones_are_never_told(void **state)
{
	struct job *job[JOBS];
	size_t i, kept = 0;

	(void)state;
	for (i = 0; i < JOBS; i++) {
		job[i] = malloc(sizeof *job[i]);
		assert_non_null(job[i]);
		begin(job[i], file, FLUSH_DATA);
	}
	for (i = JOBS; i-- > 0;) {
		if (i % 5 == 0) {
			kept++;
			continue;
		}
		flush_cancel(&flushers, &job[i]->flush);
		flush_cancel(&flushers, &job[i]->flush);
		free(job[i]);
		job[i] = NULL;
	}
	wait_for(kept);
	for (i = 0; i < JOBS; i++) {
		if (!job[i]) continue;
		assert_int_equal(job[i]->done, 1);
		free(job[i]);
	}
	for (i = 0; i < HELPERS; i++) /* the cancelled end too */
		while (flushers.helper[i].work)
			assert_true(loop_turn(&loop));
	assert_int_equal(ended, kept);
}

/* A job that is cancelled while its helper works, with another one waiting for
 * that helper. */
static void
the_next_in_line_does_not_revive_a_cancelled_one(void **state)
{
	struct job busy[HELPERS], next[HELPERS];
	size_t i;

	(void)state;
	for (i = 0; i < HELPERS; i++)
		begin(&busy[i], file, FLUSH_DATA);
	for (i = 0; i < HELPERS; i++)
		begin(&next[i], file, FLUSH_DATA);
	for (i = 0; i < HELPERS; i++)
		flush_cancel(&flushers, &busy[i].flush);
	while (next[0].done + next[HELPERS - 1].done < 2 && !losses)
		assert_true(loop_turn(&loop));
	for (i = 0; i < HELPERS; i++)
		while (flushers.helper[i].work)
			assert_true(loop_turn(&loop));
	for (i = 0; i < HELPERS; i++) {
		assert_int_equal(busy[i].done, 0);
		assert_int_equal(next[i].done, 1);
	}
}

static void
from_done_the_next_may_be_started(void **state)
{
	struct job first, second;

	(void)state;
	begin(&first, file, FLUSH_DATA);
	wait_for(1);
	begin(&second, file, FLUSH_DATA);
	wait_for(2);
	assert_int_equal(first.done, 1);
	assert_int_equal(second.done, 1);
}

/* All children, those that an earlier test left ending among them. */
static int
kill_children(void)
{
	char name[64], pids[1024] = "", *pid;
	FILE *f;
	int n = 0;

	snprintf(name, sizeof name, "/proc/self/task/%d/children", getpid());
	f = fopen(name, "r");
	if (!f) return 0;
	if (!fgets(pids, sizeof pids, f)) *pids = '\0';
	fclose(f);
	for (pid = strtok(pids, " "); pid; pid = strtok(NULL, " "))
		if (kill((pid_t)atoi(pid), SIGKILL) == 0) n++;
	return n;
}

static void
a_killed_helper_is_noticed(void **state)
{
	(void)state;
	if (!kill_children()) skip(); /* this kernel doesn't list them */
	while (!losses)
		assert_true(loop_turn(&loop));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(all_are_told_once),
		TEST(errors_are_told),
		TEST(cancelled_ones_are_never_told),
		TEST(the_next_in_line_does_not_revive_a_cancelled_one),
		TEST(from_done_the_next_may_be_started),
		TEST(a_killed_helper_is_noticed),
	};

	signal(SIGCHLD, SIG_IGN); /* helpers leave nothing behind */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
