/* SPDX-License-Identifier: ISC */
/* A schedule with everything around it played: addresses say where they go,
 * outcomes are remembered and acknowledged on demand. Included by tests. */
#ifndef MAILGRAVE_SEND_FAKE_H
#define MAILGRAVE_SEND_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "send/announce.h"
#include "send/expansion.h"
#include "send/job.h"
#include "send/lane.h"
#include "send/orders.h"
#include "send/owed.h"
#include "send/rcpt.h"
#include "send/work.h"

enum { FAKE_SAID_MAX = 20000, FAKE_START_MS = 1000000 };

static struct {
	struct sched sched;
	int64_t now_ms;
	bool room;
	uint32_t looked_up;
	/* outcomes not acknowledged */
	struct handover_outcome_ack said[FAKE_SAID_MAX];
	uint8_t outcome[FAKE_SAID_MAX];
	char status[FAKE_SAID_MAX][STATUS_MAX + 1];
	uint32_t n;
} fake;

static inline struct traceid
numbered(uint32_t n)
{
	struct traceid id = { .octet = { 1 } };

	/* where ids are random, and told apart by a hash table */
	memcpy(id.octet + TRACEID_OCTETS - 8, &n, sizeof n);
	return id;
}

static inline uint32_t
number_of(struct sched_mail const *m)
{
	uint32_t n;

	memcpy(&n, m->by.id.octet + TRACEID_OCTETS - 8, sizeof n);
	return n;
}

/* "...@remote.N": to host N. Else by the domain's first letter. */
static inline enum sched_way
fake_route(void *owner, struct sched_mail const *m, struct sched_rcpt const *r,
    struct sched_route *out)
{
	struct slice address = mail_address(m, r);
	struct slice domain = slice_skip(address,
	    slice_find(address, '@') + 1);

	(void)owner;
	fake.looked_up++;
	out->status = SLICE("4.3.5");
	out->to.channel = CHANNEL_REMOTE;
	switch (*domain.s) {
	case 'r': /* remote */
		snprintf(out->to.host, sizeof out->to.host, "%s", domain.s);
		return WAY_THERE;
	case 'm': /* lmtp */
		out->to.how = DELIVER_LMTP;
		return WAY_THERE;
	case 'a': /* an alias, unless it has been expanded */
		out->targets = 2;
		out->to.channel = CHANNEL_LOCAL;
		return r->action ? WAY_THERE : WAY_TARGETS;
	case 'd': /* discard */
		return WAY_DONE;
	case 'n':
		return WAY_NONE;
	case 'x': /* reject */
		out->status = SLICE("5.1.6");
		return WAY_NEVER;
	case 't': /* a limit */
		return WAY_LATER;
	case 's':
		return WAY_SHORT;
	}
	out->to.channel = CHANNEL_LOCAL;
	return WAY_THERE;
}

static inline void
fake_outcome(void *owner, struct handover_outcome const *o)
{
	(void)owner;
	assert_true(fake.n < FAKE_SAID_MAX);
	fake.said[fake.n] = (struct handover_outcome_ack){ .id = o->id,
	    .rcpt = o->rcpt, .attempt = o->attempt };
	snprintf(fake.status[fake.n], sizeof *fake.status, "%.*s",
	    (int)o->status.len, o->status.s);
	fake.outcome[fake.n++] = o->outcome;
}

static inline bool
fake_room(void *owner)
{
	(void)owner;
	return fake.room;
}

static inline int
fake_begin(void **state)
{
	static struct sched_hooks const hooks = { .route = fake_route,
		.outcome = fake_outcome, .room = fake_room };
	static struct sched_limits const limits = { .lifetime_s = 432000,
		.report_s = 86400, .unrouted_s = 3600, .warn_s = 14400 };

	(void)state;
	fake.now_ms = FAKE_START_MS;
	fake.n = fake.looked_up = 0;
	fake.room = true;
	sched_init(&fake.sched, 1, &hooks, NULL, &limits);
	return 0;
}

static inline int
fake_end(void **state)
{
	(void)state;
	sched_free(&fake.sched);
	return 0;
}

#define FAKE_TEST(f) cmocka_unit_test_setup_teardown(f, fake_begin, fake_end)

/* The queue */

static inline void
tell_mail_as(uint32_t n, char const *sender, bool fresh)
{
	assert_true(announce_mail(&fake.sched, &(struct handover_mail){
	    .id = numbered(n), .sender = slice_of(sender), .fresh = fresh,
	    .size = 1 }, 0, fake.now_ms));
}

static inline void
tell_mail(uint32_t n)
{
	tell_mail_as(n, "s@s.test", true);
}

static inline void
tell_rcpt_as(uint32_t n, struct handover_rcpt r)
{
	r.id = numbered(n);
	assert_true(announce_rcpt(&fake.sched, &r, fake.now_ms));
}

static inline void
tell_rcpt(uint32_t n, uint32_t rcpt, char const *address)
{
	tell_rcpt_as(n, (struct handover_rcpt){ .rcpt = rcpt,
	    .address = slice_of(address) });
}

static inline void
tell_ready(uint32_t n, uint32_t rcpts)
{
	assert_true(announce_ready(&fake.sched, &(struct handover_ready){
	    .id = numbered(n), .rcpts = rcpts }));
}

static inline void
tell_one(uint32_t n, char const *address)
{
	tell_mail(n);
	tell_rcpt(n, 0, address);
	tell_ready(n, 1);
}

static inline struct sched_mail *
mail(uint32_t n)
{
	struct traceid id = numbered(n);

	return sched_find(&fake.sched, &id);
}

static inline struct sched_rcpt *
rcpt_of(uint32_t n, uint32_t rcpt)
{
	struct sched_rcpt *r = mail_find(mail(n), rcpt);

	assert_non_null(r);
	return r;
}

static inline void
ack_all(void)
{
	uint32_t i, n = fake.n;

	fake.n = 0; /* an ack may bring another outcome */
	for (i = 0; i < n; i++)
		assert_true(rcpt_acked(&fake.sched, &fake.said[i],
		    fake.now_ms));
}

static inline void
due(void)
{
	sched_due(&fake.sched, fake.now_ms);
}

/* The next moment that the schedule wants to be called at. */
static inline void
wake(void)
{
	int64_t at = sched_wake_ms(&fake.sched);

	assert_true(at >= 0);
	if (at > fake.now_ms) fake.now_ms = at;
	due();
}

static inline void
slots(enum channel_name c, uint32_t n)
{
	assert_true(job_slots(&fake.sched, c, n));
}

/* A job that the channel has, or NULL. */
static inline struct sched_job *
start(enum channel_name c)
{
	struct sched_job *job = job_next(&fake.sched, c);

	if (job) job_begun(&fake.sched, job);
	return job;
}

static inline void
result_as(struct sched_job const *job, struct deliver_result r)
{
	r.job = job->number;
	assert_true(job_result(&fake.sched, job->lane->to.channel, &r,
	    fake.now_ms));
}

static inline void
result(struct sched_job const *job, uint32_t rcpt, enum verdict verdict)
{
	result_as(job, (struct deliver_result){ .rcpt = rcpt,
	    .verdict = (uint8_t)verdict, .words = SLICE("because") });
}

/* The same for all of its recipients: it ends. */
static inline void
result_all(struct sched_job *job, enum verdict verdict, bool ours)
{
	uint32_t left;

	for (left = job->rcpts; left; left--)
		result_as(job, (struct deliver_result){
		    .rcpt = job_first(job)->n, .verdict = (uint8_t)verdict,
		    .ours = ours, .words = SLICE("because") });
}

#endif
