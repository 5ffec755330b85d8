/* SPDX-License-Identifier: ISC */
/* What is due, and where it goes; asks no clock. */
#include <stddef.h>
#include <stdlib.h>
#include "send/announce.h"
#include "send/expansion.h"
#include "send/lane.h"
#include "send/owed.h"
#include "send/rcpt.h"
#include "send/work.h"

_Static_assert(offsetof(struct sched_mail, by) == 0, "a node is its mail");

void
sched_init(struct sched *s, uint64_t seed, struct sched_hooks const *hooks,
    void *owner, struct sched_limits const *limits)
{
	*s = (struct sched){ .hooks = hooks, .owner = owner,
	    .limits = *limits, .random = seed ? seed : 1 };
	s->owing_end = &s->owing;
	s->expanding_end = &s->expanding;
}

void
sched_forget(struct sched *s, struct sched_mail *m)
{
	owed_unlist(s, m);
	owed_free_all(m);
	heap_remove(&s->waiting, &m->due);
	idmap_remove(&s->map, &m->by);
	work_end(m);
	mail_free(m);
}

void
sched_settle(struct sched *s, struct sched_mail *m)
{
	if (m->busy || m->reporting) return;
	if (m->dropped || !m->unfinished)
		sched_forget(s, m);
	else
		work_end(m);
}

void
sched_drop(struct sched *s, struct sched_mail *m)
{
	m->dropped = true;
	owed_unlist(s, m);
	heap_remove(&s->waiting, &m->due);
	sched_settle(s, m);
}

void
sched_free(struct sched *s)
{
	struct idmap_node *node;
	uint32_t i;
	int c;

	announce_free(s);
	lane_free_all(s);
	for (c = 0; c < CHANNELS; c++) {
		for (i = 0; i < s->channel[c].slots; i++)
			free(s->channel[c].job[i]);
		free(s->channel[c].job);
		free(s->channel[c].number);
	}
	while ((node = idmap_any(&s->map)))
		sched_forget(s, (struct sched_mail *)node);
	idmap_free(&s->map);
}

/* xorshift64: good enough to spread retries, and repeatable */
uint64_t
sched_random(struct sched *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return s->random;
}

struct sched_mail *
sched_find(struct sched const *s, struct traceid const *id)
{
	return (struct sched_mail *)idmap_find(&s->map, id);
}

bool
sched_idle(struct sched const *s)
{
	return !s->busy && !s->owing && !s->reporting;
}

static void
go_there(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    struct destination const *to, int64_t now_ms)
{
	if (lane_add(s, to, m, r))
		rcpt_stand(s, m, r, RCPT_READY);
	else
		rcpt_wait(s, m, r, now_ms + SCHED_SHORTAGE_MS);
}

static void
route(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    int64_t now_ms)
{
	struct sched_route to = { .targets = 0 };
	enum sched_way way = s->hooks->route(s->owner, m, r, &to);
	struct handover_outcome o = { .status = to.status, .words = to.words };

	switch (way) {
	case WAY_THERE:
		go_there(s, m, r, &to.to, now_ms);
		break;
	case WAY_DONE:
		rcpt_deliver(s, m, r, OUTCOME_CONFIRMED, &o);
		break;
	case WAY_TARGETS:
		if (!expansion_add(s, m, r, to.targets))
			rcpt_wait(s, m, r, now_ms + SCHED_TOGETHER_MS);
		break;
	case WAY_NONE:
		rcpt_unrouted(s, m, r, now_ms);
		break;
	case WAY_LATER:
		rcpt_defer(s, m, r, rcpt_backoff_s(r->attempt,
		    sched_random(s)), now_ms, &o);
		break;
	case WAY_NEVER:
		rcpt_fail(s, m, r, &o);
		break;
	case WAY_SHORT:
		rcpt_wait(s, m, r, now_ms + SCHED_SHORTAGE_MS);
		break;
	}
}

static struct sched_mail *
first_waiting(struct sched const *s)
{
	return (struct sched_mail *)(void *)((char *)s->waiting -
	    offsetof(struct sched_mail, due));
}

/* Those of a mail that are due, or so soon that they may go along. Who comes
 * back to wait is due later than that, or his turn comes the next time. */
static void
route_due(struct sched *s, struct sched_mail *m, int64_t now_ms)
{
	uint32_t n = m->waits;
	struct sched_rcpt *r;

	while (n-- && (r = mail_first_waiting(m)) &&
	    r->due_ms < now_ms + SCHED_TOGETHER_MS) {
		mail_pop_waiting(m);
		route(s, m, r, now_ms);
	}
	r = mail_first_waiting(m);
	if (r) heap_insert(&s->waiting, &m->due, r->due_ms);
	owed_list(s, m); /* a report that was put off */
}

void
sched_due(struct sched *s, int64_t now_ms)
{
	s->now_ms = now_ms;
	lane_rested(s, now_ms);
	while (s->waiting && s->waiting->key <= now_ms &&
	    s->hooks->room(s->owner)) {
		struct sched_mail *m = first_waiting(s);

		heap_remove(&s->waiting, &m->due);
		route_due(s, m, now_ms);
	}
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

int64_t
sched_wake_ms(struct sched const *s)
{
	int64_t wake = s->waiting ? s->waiting->key : -1;

	if (s->rests) wake = earlier(wake, s->rests->key);
	/* one that is asked for wakes us by itself */
	if (s->unreadable >= SCHED_UNREADABLE && !s->asking &&
	    (s->channel[CHANNEL_LOCAL].flows ||
	    s->channel[CHANNEL_REMOTE].flows) && s->readable_ms > s->now_ms)
		wake = earlier(wake, s->readable_ms);
	return wake;
}

void
sched_now(struct sched *s, int64_t now_ms)
{
	struct heap_node *all = NULL;

	while (s->waiting) {
		struct sched_mail *m = first_waiting(s);
		uint32_t i;

		heap_remove(&s->waiting, &m->due);
		/* all the same: their heap holds */
		for (i = 0; i < m->waits; i++)
			m->rcpt[mail_heap(m)[i]].due_ms = now_ms;
		heap_insert(&all, &m->due, now_ms);
	}
	s->waiting = all;
}

void
sched_queue_lost(struct sched *s, int64_t now_ms)
{
	struct idmap_node *node, *next;
	size_t i;

	announce_forget(s);
	while (expansion_next(s))
		;
	owed_lost(s);
	owed_unlist_all(s); /* rather than each from the middle */
	for (i = 0; i < s->map.slots; i++)
		for (node = s->map.slot[i]; node; node = next) {
			struct sched_mail *m = (struct sched_mail *)node;

			next = node->chain;
			expansion_lost(s, m, now_ms);
			sched_drop(s, m);
		}
}
