/* SPDX-License-Identifier: ISC */
/* The event loop of every program: epoll, a timer heap, signals, one clock
 * reading a turn. Nothing here allocates, so arming and watching cannot fail
 * for want of memory. A program has one loop and no threads. */
#ifndef MAILGRAVE_LOOP_H
#define MAILGRAVE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include "common/heap.h"

enum { LOOP_BATCH = 64 };	/* events taken from the kernel at a time */

/* A descriptor that is watched. Lives in its owner's struct; the owner closes
 * the descriptor, after loop_forget. */
struct watch {
	int fd;			/* -1 while not watched */
	uint32_t events;	/* EPOLLIN, EPOLLOUT */
	uint32_t armed;		/* what the kernel looks for: that, or more */
	void (*ready)(void *owner, uint32_t events);
	void *owner;
};

/* A deadline on the monotonic clock. */
struct timer {
	struct heap_node at;	/* its key is in ms; first, see loop.c */
	void (*due)(void *owner);
	void *owner;
};

/* Something to do once at the end of this turn, before the loop waits. */
struct chore {
	void (*run)(void *owner);
	void *owner;
	struct chore *next;
	bool waiting;
};

struct loop {
	int epoll;
	int64_t now_ms;		/* monotonic, read once a turn */
	struct heap_node *timers;
	struct chore *chores, **chores_end;
	struct epoll_event batch[LOOP_BATCH];
	int taken, batched;	/* of batch: dealt with, in all */
	struct watch signals;
	void (*on_signal)(void *owner, int signal);
	void *signal_owner;
	/* pause - may be NULL: once the events of a turn are dealt with, and
	 * again before it waits: until then at most, INT64_MAX: for ever */
	int64_t (*pause)(int64_t now_ms);
	bool stop;		/* set to leave loop_run */
};

/* loop_open - false and errno when the kernel refuses */
bool loop_open(struct loop *loop);

/* loop_signals - from now on these signals (a 0 ends the list) are blocked and
 * come through on_signal; children must unblock them */
bool loop_signals(struct loop *loop, int const *signals,
    void (*on_signal)(void *owner, int signal), void *owner);

void loop_close(struct loop *loop);

/* loop_watch - ready and owner are set by the caller; false and errno (ENOMEM,
 * ENOSPC, or EPERM for a regular file) */
bool loop_watch(struct loop *loop, struct watch *w, int fd, uint32_t events);

/* loop_want - change which events are waited for; cheap when nothing changes,
 * and where less is wanted for a while */
void loop_want(struct loop *loop, struct watch *w, uint32_t events);

/* loop_forget - no event of w is delivered after this, not even one that the
 * kernel has reported already; harmless on one that isn't watched */
void loop_forget(struct loop *loop, struct watch *w);

/* loop_arm - due is called once when loop->now_ms >= at_ms: in the same turn if
 * a deadline arms one for now; arming again moves the deadline */
void loop_arm(struct loop *loop, struct timer *t, int64_t at_ms);
void loop_disarm(struct loop *loop, struct timer *t);

static inline bool
timer_is_armed(struct timer const *t)
{
	return t->at.in;
}

/* loop_later - run is called at the end of this turn, once however often it
 * was asked for; loop_not_later takes it back */
void loop_later(struct loop *loop, struct chore *c);
void loop_not_later(struct loop *loop, struct chore *c);

/* loop_turn - wait for events or deadlines and deal with them; false and errno
 * when waiting itself fails */
bool loop_turn(struct loop *loop);

/* loop_run - turns until loop->stop */
bool loop_run(struct loop *loop);

#endif
