/* SPDX-License-Identifier: ISC */
/* Events, deadlines and chores, in the order they are promised in. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/loop.h"
#include "tests/seed.h"

static struct loop loop;

static int
open_loop(void **state)
{
	(void)state;
	return loop_open(&loop) ? 0 : -1;
}

static int
close_loop(void **state)
{
	(void)state;
	loop_close(&loop);
	return 0;
}

/* An eventfd that is readable from the start. */
struct source {
	struct watch watch;
	struct source *all;
	int calls;
};

enum { SOURCES = LOOP_BATCH };

static void
forget_all_others(void *owner, uint32_t events)
{
	struct source *s = owner;
	size_t i;

	assert_true(events & EPOLLIN);
	s->calls++;
	for (i = 0; i < SOURCES; i++)
		if (&s->all[i] != s) loop_forget(&loop, &s->all[i].watch);
}

/* All are ready at once; the first one that hears of it takes the others off
 * the list, though the kernel has reported them. */
static void
a_forgotten_event_is_not_delivered(void **state)
{
	struct source source[SOURCES];
	int fd[SOURCES], calls = 0;
	size_t i;

	(void)state;
	for (i = 0; i < SOURCES; i++) {
		source[i] = (struct source){ .all = source, .watch = {
		    .fd = -1, .ready = forget_all_others,
		    .owner = &source[i] } };
		fd[i] = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
		assert_true(loop_watch(&loop, &source[i].watch, fd[i],
		    EPOLLIN));
	}
	assert_true(loop_turn(&loop));
	for (i = 0; i < SOURCES; i++) {
		calls += source[i].calls;
		loop_forget(&loop, &source[i].watch);
		loop_forget(&loop, &source[i].watch); /* harmless */
		close(fd[i]);
	}
	assert_int_equal(calls, 1);
}

static void
count(void *owner, uint32_t events)
{
	(void)events;
	++*(int *)owner;
}

static void
nothing(void *owner)
{
	(void)owner;
}

static void
wants_what_it_is_told(void **state)
{
	int calls = 0, fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	struct watch w = { .fd = -1, .ready = count, .owner = &calls };
	struct timer soon = { .due = nothing };

	(void)state;
	loop_want(&loop, &w, EPOLLIN); /* not watched: nothing happens */
	assert_true(loop_watch(&loop, &w, fd, 0));
	loop_arm(&loop, &soon, loop.now_ms);
	assert_true(loop_turn(&loop));
	assert_int_equal(calls, 0);
	loop_want(&loop, &w, EPOLLIN | EPOLLOUT);
	assert_true(loop_turn(&loop));
	assert_int_equal(calls, 1);
	loop_forget(&loop, &w);
	loop_arm(&loop, &soon, loop.now_ms);
	assert_true(loop_turn(&loop));
	assert_int_equal(calls, 1);
	close(fd);
	assert_false(loop_watch(&loop, &w, fd, EPOLLIN));
	assert_int_equal(errno, EBADF);
}

/* What was wanted once and comes unwanted wakes the loop once, and nobody. */
static void
what_is_not_wanted_is_not_delivered(void **state)
{
	int calls = 0, turns = 0, fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	struct watch w = { .fd = -1, .ready = count, .owner = &calls };
	struct timer end = { .due = nothing };

	(void)state;
	assert_true(loop_watch(&loop, &w, fd, EPOLLIN));
	loop_want(&loop, &w, 0);
	loop_arm(&loop, &end, loop.now_ms + 20);
	for (; timer_is_armed(&end); turns++)
		assert_true(loop_turn(&loop));
	assert_int_equal(calls, 0);
	assert_true(turns <= 3); /* it, the timer, and a millisecond early */
	loop_want(&loop, &w, EPOLLIN);
	assert_true(loop_turn(&loop));
	assert_int_equal(calls, 1);
	loop_forget(&loop, &w);
	close(fd);
}

/* Timers */

struct alarm {
	struct timer timer;
	struct alarm *other;
	int64_t rung_ms;
	int rings;
};

static void
ring(void *owner)
{
	struct alarm *a = owner;

	assert_false(timer_is_armed(&a->timer));
	a->rings++;
	a->rung_ms = loop.now_ms;
}

static void
ring_and_disarm_other(void *owner)
{
	struct alarm *a = owner;

	ring(a);
	loop_disarm(&loop, &a->other->timer);
}

static void
ring_and_arm_other(void *owner)
{
	struct alarm *a = owner;

	ring(a);
	loop_arm(&loop, &a->other->timer, loop.now_ms);
}

static void
turn_until(int64_t ms)
{
	struct timer end = { .due = nothing };

	loop_arm(&loop, &end, ms);
	while (timer_is_armed(&end))
		assert_true(loop_turn(&loop));
}

static void
deadlines_are_kept(void **state)
{
	enum { ALARMS = 200, RANGE_MS = 60 };
	struct alarm a[ALARMS];
	int64_t at[ALARMS], begun = loop.now_ms;
	size_t i, round;

	(void)state;
	for (i = 0; i < ALARMS; i++)
		a[i] = (struct alarm){ .timer = { .due = ring,
		    .owner = &a[i] } };
	for (round = 0; round < 10 * ALARMS; round++) {
		i = seed_below(ALARMS);
		at[i] = begun + (int64_t)seed_below(RANGE_MS);
		if (seed_below(4))
			loop_arm(&loop, &a[i].timer, at[i]);
		else
			loop_disarm(&loop, &a[i].timer);
		assert_true(!timer_is_armed(&a[i].timer) ||
		    a[i].timer.at.key == at[i]);
	}
	for (i = 0; i < ALARMS; i++)
		if (!timer_is_armed(&a[i].timer)) a[i].rings = 1;
	turn_until(begun + RANGE_MS + 1);
	for (i = 0; i < ALARMS; i++) {
		assert_int_equal(a[i].rings, 1);
		assert_true(!a[i].rung_ms || a[i].rung_ms >= at[i]);
	}
}

static void
timers_disarm_and_arm_each_other(void **state)
{
	struct alarm a[2];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++)
		a[i] = (struct alarm){ .other = &a[1 - i], .timer = {
		    .due = ring_and_disarm_other, .owner = &a[i] } };
	loop_arm(&loop, &a[0].timer, loop.now_ms);
	loop_arm(&loop, &a[1].timer, loop.now_ms + 1);
	turn_until(loop.now_ms + 3);
	assert_int_equal(a[0].rings + a[1].rings, 1);

	a[0].timer.due = ring_and_arm_other;
	a[0].rings = a[1].rings = 0;
	loop_arm(&loop, &a[0].timer, loop.now_ms);
	assert_true(loop_turn(&loop)); /* both within one turn */
	assert_int_equal(a[0].rings, 1);
	assert_int_equal(a[1].rings, 1);
}

/* Chores */

struct errand {
	struct chore chore, *then, *not;
	int runs;
};

static void
run_errand(void *owner)
{
	struct errand *e = owner;

	e->runs++;
	if (e->then) loop_later(&loop, e->then);
	if (e->not) loop_not_later(&loop, e->not);
}

static void
chores_run_once_a_turn(void **state)
{
	struct errand e[4];
	struct timer soon = { .due = nothing };
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		e[i] = (struct errand){ .chore = { .run = run_errand,
		    .owner = &e[i] } };
	e[0].then = &e[3].chore;	/* runs in this turn too */
	e[0].not = &e[2].chore;		/* the last of the list */
	loop_later(&loop, &e[0].chore);
	loop_later(&loop, &e[1].chore);
	loop_later(&loop, &e[1].chore);
	loop_later(&loop, &e[2].chore);
	loop_arm(&loop, &soon, loop.now_ms);
	assert_true(loop_turn(&loop));
	assert_int_equal(e[0].runs, 1);
	assert_int_equal(e[1].runs, 1);
	assert_int_equal(e[2].runs, 0);
	assert_int_equal(e[3].runs, 1);

	/* a list whose end was taken away can be added to */
	e[0].then = e[0].not = NULL;
	loop_later(&loop, &e[0].chore);
	loop_later(&loop, &e[1].chore);
	loop_not_later(&loop, &e[1].chore);
	loop_not_later(&loop, &e[1].chore);
	loop_later(&loop, &e[2].chore);
	loop_arm(&loop, &soon, loop.now_ms);
	assert_true(loop_turn(&loop));
	assert_int_equal(e[0].runs, 2);
	assert_int_equal(e[1].runs, 1);
	assert_int_equal(e[2].runs, 1);
}

static void
stop(void *owner)
{
	(void)owner;
	loop.stop = true;
}

/* What was put off is done before loop_run returns. */
static void
stopping_does_the_chores(void **state)
{
	struct errand e = { .chore = { .run = run_errand, .owner = &e } };
	struct alarm a = { .timer = { .due = stop } };
	int64_t begun = clock_monotonic_ms();

	(void)state;
	loop_arm(&loop, &a.timer, loop.now_ms + 5);
	e.then = NULL;
	assert_true(loop_run(&loop));
	loop_later(&loop, &e.chore);
	assert_true(loop_run(&loop)); /* stop is set: no waiting */
	assert_int_equal(e.runs, 1);
	assert_true(clock_monotonic_ms() >= begun + 4);
}

static int last_signal;

static void
on_signal(void *owner, int signal)
{
	assert_ptr_equal(owner, &last_signal);
	last_signal = signal;
}

static void
signals_come_through_the_loop(void **state)
{
	static int const signals[] = { SIGUSR1, SIGUSR2, 0 };

	(void)state;
	assert_true(loop_signals(&loop, signals, on_signal, &last_signal));
	assert_int_equal(kill(getpid(), SIGUSR2), 0);
	assert_int_equal(last_signal, 0);
	assert_true(loop_turn(&loop));
	assert_int_equal(last_signal, SIGUSR2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_loop, close_loop)

/* Until when it may wait, by who is asked before. */
static int64_t until_ms;
static int pauses;

static int64_t
pause_until(int64_t now_ms)
{
	assert_int_equal(now_ms, loop.now_ms);
	pauses++;
	return until_ms;
}

static void
a_pause_ends_in_time(void **state)
{
	struct timer soon = { .due = nothing };

	(void)state;
	loop.pause = pause_until;
	until_ms = loop.now_ms + 5;
	assert_true(loop_turn(&loop)); /* not for ever */
	assert_int_equal(pauses, 2);
	assert_true(loop.now_ms >= until_ms);
	assert_true(loop_turn(&loop)); /* that is over: not at all */
	until_ms = INT64_MAX;
	loop_arm(&loop, &soon, loop.now_ms + 1);
	while (timer_is_armed(&soon))
		assert_true(loop_turn(&loop));
	until_ms = loop.now_ms + 3600 * 1000;
	loop_arm(&loop, &soon, loop.now_ms + 1);
	while (timer_is_armed(&soon))
		assert_true(loop_turn(&loop));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(a_forgotten_event_is_not_delivered),
		TEST(wants_what_it_is_told),
		TEST(what_is_not_wanted_is_not_delivered),
		TEST(deadlines_are_kept),
		TEST(timers_disarm_and_arm_each_other),
		TEST(chores_run_once_a_turn),
		TEST(stopping_does_the_chores),
		TEST(signals_come_through_the_loop),
		TEST(a_pause_ends_in_time),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
