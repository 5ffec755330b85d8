/* SPDX-License-Identifier: ISC */
/* epoll, a heap of deadlines, end-of-turn chores. Allocates nothing
 * and knows nothing of mail. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "common/clock.h"
#include "common/loop.h"

_Static_assert(offsetof(struct timer, at) == 0, "a node is its timer");

enum { WAIT_MAX_MS = 3600 * 1000 };

bool
loop_open(struct loop *loop)
{
	*loop = (struct loop){ .signals.fd = -1 };
	loop->chores_end = &loop->chores;
	loop->now_ms = clock_monotonic_ms();
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll != -1;
}

void
loop_close(struct loop *loop)
{
	if (loop->signals.fd != -1) close(loop->signals.fd);
	close(loop->epoll);
}

static void
signals_ready(void *owner, uint32_t events)
{
	struct loop *loop = owner;
	struct signalfd_siginfo info;

	(void)events;
	while (read(loop->signals.fd, &info, sizeof info) == sizeof info)
		loop->on_signal(loop->signal_owner, (int)info.ssi_signo);
}

bool
loop_signals(struct loop *loop, int const *signals,
    void (*on_signal)(void *owner, int signal), void *owner)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (; *signals; signals++)
		sigaddset(&set, *signals);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1) return false;
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd == -1) return false;
	loop->on_signal = on_signal;
	loop->signal_owner = owner;
	loop->signals.ready = signals_ready;
	loop->signals.owner = loop;
	return loop_watch(loop, &loop->signals, fd, EPOLLIN);
}

bool
loop_watch(struct loop *loop, struct watch *w, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };

	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &e) == -1) return false;
	w->fd = fd;
	w->events = w->armed = events;
	return true;
}

static void
arm(struct loop *loop, struct watch *w)
{
	struct epoll_event e = { .events = w->events, .data.ptr = w };

	epoll_ctl(loop->epoll, EPOLL_CTL_MOD, w->fd, &e);
	w->armed = w->events;
}

/* That nothing is to be read is told to the kernel only when something comes: a
 * client that waits for its answer says nothing meanwhile. Room to write is
 * always there, though. */
void
loop_want(struct loop *loop, struct watch *w, uint32_t events)
{
	if (w->fd == -1) return;
	w->events = events;
	if (events & ~w->armed || w->armed & ~events & EPOLLOUT) arm(loop, w);
}

/* These two are reported whether they are wanted or not. */
static void
deliver(struct loop *loop, struct watch *w, uint32_t events)
{
	uint32_t wanted = events & (w->events | EPOLLERR | EPOLLHUP);

	if (events != wanted) arm(loop, w);
	if (wanted) w->ready(w->owner, wanted);
}

void
loop_forget(struct loop *loop, struct watch *w)
{
	int i;

	if (w->fd == -1) return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	w->fd = -1;
	for (i = loop->taken; i < loop->batched; i++)
		if (loop->batch[i].data.ptr == w)
			loop->batch[i].data.ptr = NULL;
}

void
loop_arm(struct loop *loop, struct timer *t, int64_t at_ms)
{
	heap_insert(&loop->timers, &t->at, at_ms);
}

void
loop_disarm(struct loop *loop, struct timer *t)
{
	heap_remove(&loop->timers, &t->at);
}

void
loop_later(struct loop *loop, struct chore *c)
{
	if (c->waiting) return;
	c->waiting = true;
	c->next = NULL;
	*loop->chores_end = c;
	loop->chores_end = &c->next;
}

void
loop_not_later(struct loop *loop, struct chore *c)
{
	struct chore **at;

	if (!c->waiting) return;
	for (at = &loop->chores; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	if (!*at) loop->chores_end = at;
	c->waiting = false;
}

/* A chore may ask for another, which runs in this turn too. */
static void
run_chores(struct loop *loop)
{
	while (loop->chores) {
		struct chore *c = loop->chores;

		loop_not_later(loop, c);
		c->run(c->owner);
	}
}

/* What is to be said of the events of this turn comes before what the chores
 * send because of them. */
static int64_t
end_turn(struct loop *loop)
{
	if (loop->pause) loop->pause(loop->now_ms);
	run_chores(loop);
	return loop->pause ? loop->pause(loop->now_ms) : INT64_MAX;
}

static int
wait_ms(struct loop const *loop, int64_t until_ms)
{
	int64_t ms;

	if (loop->stop) return 0;
	if (loop->timers && loop->timers->key < until_ms)
		until_ms = loop->timers->key;
	if (until_ms == INT64_MAX) return -1;
	ms = until_ms - loop->now_ms;
	if (ms < 0) return 0;
	return ms > WAIT_MAX_MS ? WAIT_MAX_MS : (int)ms;
}

bool
loop_turn(struct loop *loop)
{
	int64_t until_ms = end_turn(loop);
	int n = epoll_wait(loop->epoll, loop->batch, LOOP_BATCH,
	    wait_ms(loop, until_ms));

	loop->now_ms = clock_monotonic_ms();
	if (n == -1 && errno != EINTR) return false;
	loop->batched = n;
	for (loop->taken = 0; loop->taken < loop->batched;) {
		struct epoll_event *e = &loop->batch[loop->taken++];
		struct watch *w = e->data.ptr;

		if (w) deliver(loop, w, e->events);
	}
	loop->batched = loop->taken = 0;
	while (loop->timers && loop->timers->key <= loop->now_ms) {
		struct timer *t = (struct timer *)(void *)loop->timers;

		loop_disarm(loop, t);
		t->due(t->owner);
	}
	return true;
}

bool
loop_run(struct loop *loop)
{
	while (!loop->stop)
		if (!loop_turn(loop)) return false;
	end_turn(loop);
	return true;
}
