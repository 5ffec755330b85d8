/* SPDX-License-Identifier: ISC */
/* A real helper and real syncs: each job is told once how it went, unless it
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
#include <sys/socket.h>
#include <unistd.h>
#include "common/flush.h"
#include "common/log.h"

enum { AT_ONCE = 8 };

enum { JOBS = 100, HOUR_MS = 3600 * 1000 };

static struct loop loop;
static struct flushers flushers;
static int file, losses;

struct job {
	struct flush flush;
	int started, done, error;
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
	    flushers_open(&flushers, &loop, "test-flush", AT_ONCE, 0, lost) ?
	    0 : -1;
}

static int
end(void **state)
{
	int const fd = flushers.watch.fd;

	(void)state;
	loop_forget(&loop, &flushers.watch);
	close(fd);
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

static void
let_all_end(void)
{
	while ((flushers.first || flushers.idles < AT_ONCE) && !losses)
		assert_true(loop_turn(&loop));
	assert_int_equal(losses, 0);
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
	let_all_end(); /* the cancelled too */
	assert_int_equal(ended, kept);
}

/* hand_over - as at the end of a turn, before any end is heard of */
static void
hand_over(void)
{
	loop_not_later(&loop, &flushers.hand_over);
	flushers.hand_over.run(&flushers);
}

/* Jobs that are cancelled while they are under way, with others waiting for
 * their numbers. */
static void
the_next_in_line_does_not_revive_a_cancelled_one(void **state)
{
	struct job busy[AT_ONCE], next[AT_ONCE];
	size_t i;

	(void)state;
	for (i = 0; i < AT_ONCE; i++)
		begin(&busy[i], file, FLUSH_DATA);
	for (i = 0; i < AT_ONCE; i++)
		begin(&next[i], file, FLUSH_DATA);
	hand_over(); /* as many as there may be */
	assert_ptr_equal(flushers.first, &next[0].flush);
	for (i = 0; i < AT_ONCE; i++)
		flush_cancel(&flushers, &busy[i].flush);
	let_all_end();
	for (i = 0; i < AT_ONCE; i++) {
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

static void
starting(void *owner)
{
	struct job *j = owner;

	assert_int_equal(j->done, 0);
	j->started++;
}

static void
begin_patiently(struct job *j)
{
	*j = (struct job){ .flush = { .fd = file, .how = FLUSH_ALL,
	    .patient = true, .starting = starting, .done = done,
	    .owner = j } };
	flush_start(&flushers, &j->flush);
	assert_int_equal(j->started, 0);
}

static void
a_patient_one_goes_along(void **state)
{
	struct job patient, eager;

	(void)state;
	flushers.gather_ms = HOUR_MS;
	begin_patiently(&patient);
	hand_over();
	assert_ptr_equal(flushers.first, &patient.flush);
	begin(&eager, file, FLUSH_ALL);
	hand_over();
	assert_null(flushers.first);
	assert_int_equal(patient.started, 1);
	wait_for(2);
	assert_int_equal(patient.started, 1);
}

static void
a_patient_one_does_not_wait_for_ever(void **state)
{
	struct job patient;

	(void)state;
	flushers.gather_ms = 1;
	begin_patiently(&patient);
	wait_for(1);
	assert_int_equal(patient.started, 1);
	assert_int_equal(patient.done, 1);
}

static void
what_comes_meanwhile_goes_together(void **state)
{
	struct job first, later[3];
	size_t i;

	(void)state;
	flushers.gather_ms = HOUR_MS;
	begin(&first, file, FLUSH_ALL);
	hand_over();
	for (i = 0; i < 3; i++)
		begin(&later[i], file, FLUSH_ALL);
	hand_over();
	assert_ptr_equal(flushers.first, &later[0].flush);
	wait_for(4);
	flushers.gather_ms = 0; /* then nothing waits */
	begin(&first, file, FLUSH_ALL);
	hand_over();
	begin(&later[0], file, FLUSH_ALL);
	hand_over();
	assert_null(flushers.first);
	wait_for(6);
}

/* All children, those that an earlier test left ending among them. */
static int
signal_children(int signal)
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
		if (kill((pid_t)atoi(pid), signal) == 0) n++;
	return n;
}

/* What finds no room waits for an answer. */
static void
a_full_socket_is_no_loss(void **state)
{
	struct job job[JOBS];
	int const least = 1;
	size_t i;

	if (!signal_children(SIGSTOP)) skip();
	assert_int_equal(setsockopt(flushers.watch.fd, SOL_SOCKET, SO_SNDBUF,
	    &least, sizeof least), 0);
	for (i = 0; i < AT_ONCE; i++) {
		begin(&job[i], file, FLUSH_DATA);
		hand_over();
	}
	assert_non_null(flushers.first);
	signal_children(SIGCONT);
	wait_for(AT_ONCE);
	ended = 0;
	all_are_told_once(state);
}

static void
a_killed_helper_is_noticed(void **state)
{
	(void)state;
	if (!signal_children(SIGKILL)) skip(); /* this kernel doesn't list them */
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
		TEST(a_patient_one_goes_along),
		TEST(a_patient_one_does_not_wait_for_ever),
		TEST(what_comes_meanwhile_goes_together),
		TEST(a_full_socket_is_no_loss),
		TEST(a_killed_helper_is_noticed),
	};

	signal(SIGCHLD, SIG_IGN); /* helpers leave nothing behind */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
