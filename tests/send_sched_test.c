/* SPDX-License-Identifier: ISC */
/* The schedule in virtual time: a world of queues, channels and hosts that
 * fail at random, and the promises that must hold in all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "send/lane.h"
#include "send/sched.h"
#include "tests/seed.h"

enum { MAILS = 400, RCPTS = 40, HOSTS = 12, DAY_S = 24 * 3600 };

static struct sched sched;
static int64_t now_ms;

/* What the queue knows of one recipient. */
struct fate {
	uint32_t attempt;
	bool final, failed, reported;
	bool running;
	bool maybe;		/* a job with it was lost: the next must say so */
};

static struct fate fate[MAILS][RCPTS];
static uint32_t rcpts[MAILS];

struct said {
	struct handover_outcome_ack ack;
};

static struct said said[1 << 16];
static size_t first_said, n_said;
static uint32_t routed_nowhere;

static struct traceid
numbered(uint32_t n)
{
	struct traceid id = { .octet = { 1 } };

	wire_put_number((char *)id.octet + TRACEID_OCTETS - 4, n, 4);
	return id;
}

static uint32_t
number_of(struct traceid const *id)
{
	return (uint32_t)wire_get_number(
	    (char const *)id->octet + TRACEID_OCTETS - 4, 4);
}

/* "rN@hH": to host H, 0 and 1 are local, "x" has no route now and then. */
static bool
route(void *owner, struct slice address, struct destination *to)
{
	size_t at = slice_find(address, '@');
	unsigned long long host;

	(void)owner;
	assert_true(slice_number(slice_skip(address, at + 2), 100000, &host));
	if (address.s[0] == 'x' && routed_nowhere) return false;
	if (host < 2) {
		to->channel = CHANNEL_LOCAL;
		return true;
	}
	to->channel = CHANNEL_REMOTE;
	to->port = 25;
	snprintf(to->host, sizeof to->host, "h%llu", host);
	return true;
}

static void
outcome(void *owner, struct handover_outcome const *o)
{
	uint32_t n = number_of(&o->id);
	struct fate *f;

	(void)owner;
	assert_true(n < MAILS && o->rcpt < rcpts[n]);
	f = &fate[n][o->rcpt];
	assert_false(f->final); /* one final outcome, and none after it */
	assert_int_equal(o->attempt, f->attempt); /* consecutive */
	f->attempt++;
	if (o->outcome == OUTCOME_DEFERRED) {
		assert_true(o->wait_s > 0);
	} else {
		f->final = true;
		f->failed = o->outcome == OUTCOME_FAILED;
	}
	assert_true(n_said < sizeof said / sizeof *said);
	said[(first_said + n_said++) % (sizeof said / sizeof *said)] =
	    (struct said){ { .id = o->id, .rcpt = o->rcpt,
	    .attempt = o->attempt } };
}

static struct sched_hooks const hooks = { .route = route,
	.outcome = outcome };
static struct sched_limits limits = { .lifetime_s = 5 * DAY_S,
	.report_s = DAY_S, .unrouted_s = 3600 };

static int
begin(void **state)
{
	(void)state;
	memset(fate, 0, sizeof fate);
	first_said = n_said = 0;
	routed_nowhere = 0;
	now_ms = 1000000;
	sched_init(&sched, seed_next(), &hooks, NULL, &limits);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	sched_free(&sched);
	return 0;
}

/* The queue's side */

static void
announce_rcpt(uint32_t n, uint32_t rcpt, char const *address, uint32_t wait_s)
{
	assert_true(sched_rcpt(&sched, &(struct handover_rcpt){
	    .id = numbered(n), .rcpt = rcpt, .wait_s = wait_s,
	    .attempt = n < MAILS && rcpt < RCPTS ? fate[n][rcpt].attempt : 0,
	    .address = slice_of(address) }, now_ms));
}

static void
announce_begin(uint32_t n, bool fresh)
{
	assert_true(sched_mail(&sched, &(struct handover_mail){
	    .id = numbered(n), .sender = SLICE("s@s.s"), .fresh = fresh,
	    .size = 1 }, 0, now_ms));
}

static void
announce_end(uint32_t n, uint32_t count)
{
	assert_true(sched_ready(&sched, &(struct handover_ready){
	    .id = numbered(n), .rcpts = count }));
}

/* One mail to a host, ready or not. */
static void
announce_one(uint32_t n, char const *address)
{
	rcpts[n] = 1;
	announce_begin(n, true);
	announce_rcpt(n, 0, address, 0);
	announce_end(n, 1);
}

static void
ack_all(void)
{
	while (n_said) {
		struct handover_outcome_ack a = said[first_said].ack;

		first_said = (first_said + 1) % (sizeof said / sizeof *said);
		n_said--;
		assert_true(sched_acked(&sched, &a, now_ms));
		assert_false(sched_acked(&sched, &a, now_ms));
	}
}

static struct sched_job *
next_job(enum channel_name c)
{
	struct sched_job *job = sched_next(&sched, c);
	uint32_t n = 0;
	struct sched_rcpt *r;

	if (!job) return NULL;
	job->begun = true;
	assert_in_range(job->rcpts, 1, DELIVER_RCPTS_MAX);
	for (r = job->rcpt; r; r = r->next)
		n++;
	assert_int_equal(n, job->rcpts);
	assert_ptr_equal(sched_find_job(&sched, c, job->number), job);
	return job;
}

static void
result(enum channel_name c, uint32_t job, uint32_t rcpt, enum verdict verdict,
    bool ours)
{
	assert_true(sched_result(&sched, c, &(struct deliver_result){
	    .job = job, .rcpt = rcpt, .verdict = (uint8_t)verdict,
	    .ours = ours, .words = SLICE("because") }, now_ms));
}

/* The world at random */

static uint32_t
running_to(struct sched_lane const *lane)
{
	uint32_t i, n = 0;

	for (i = 0; i < sched.channel[CHANNEL_REMOTE].slots; i++) {
		struct sched_job *j = sched.channel[CHANNEL_REMOTE].job[i];

		if (j && j->lane == lane) n++;
	}
	return n;
}

static void
start_jobs(enum channel_name c, uint32_t slots)
{
	struct sched_job *job;
	struct sched_rcpt *r;

	while ((job = next_job(c))) {
		assert_true(sched.channel[c].running <= slots);
		if (c == CHANNEL_REMOTE)
			assert_true(running_to(job->lane) <=
			    job->lane->limit);
		for (r = job->rcpt; r; r = r->next) {
			struct fate *f = &fate[number_of(&job->mail->by.id)]
			    [r->n];

			assert_false(f->running); /* never two at a time */
			assert_false(f->final);
			assert_int_equal(r->attempt, f->attempt);
			if (f->maybe) assert_true(r->maybe);
			f->running = true;
		}
		if (seed_below(20) == 0) { /* its text could not be had */
			for (r = job->rcpt; r; r = r->next)
				fate[number_of(&job->mail->by.id)][r->n]
				    .running = false;
			job->begun = false;
			sched_return(&sched, job, now_ms + 1000);
		}
	}
}

static void
end_some(enum channel_name c, size_t often)
{
	uint32_t i;

	for (i = 0; i < sched.channel[c].slots; i++) {
		struct sched_job *job = sched.channel[c].job[i];

		while (job && seed_below(often) == 0) {
			uint32_t n = number_of(&job->mail->by.id);
			uint32_t rcpt = job->rcpt->n;
			size_t how = seed_below(10);

			assert_false(sched_result(&sched, c,
			    &(struct deliver_result){ .job = i,
			    .rcpt = RCPTS }, now_ms));
			fate[n][rcpt].running = false;
			if (how < 5) fate[n][rcpt].maybe = false;
			result(c, i, rcpt, how < 5 ? VERDICT_OK : how < 9 ?
			    VERDICT_TEMP : VERDICT_PERM, how == 8);
			job = sched_find_job(&sched, c, i);
		}
	}
}

static void
lose(enum channel_name c, uint32_t slots)
{
	uint32_t i;

	for (i = 0; i < sched.channel[c].slots; i++) {
		struct sched_job *job = sched.channel[c].job[i];
		struct sched_rcpt *r;

		for (r = job ? job->rcpt : NULL; r; r = r->next) {
			struct fate *f = &fate[number_of(&job->mail->by.id)]
			    [r->n];

			f->running = false;
			f->maybe = true;
		}
	}
	sched_lost(&sched, c, now_ms);
	assert_int_equal(sched.channel[c].running, 0);
	assert_null(sched_next(&sched, c));
	assert_true(sched_slots(&sched, c, slots));
}

static void
report_some(void)
{
	struct sched_mail *m;
	struct sched_failure *f;

	while ((m = sched_owing(&sched))) {
		struct traceid id = m->by.id;

		for (f = m->failures; f; f = f->next)
			f->reported = true;
		if (seed_below(3) == 0) {
			assert_true(sched_put_off(&sched, &id,
			    now_ms + 10000));
			continue;
		}
		for (f = m->failures; f; f = f->next) {
			struct fate *of = &fate[number_of(&id)][f->rcpt];

			assert_true(of->failed);
			assert_false(of->reported);
			of->reported = true;
		}
		assert_true(sched_reported(&sched, &id));
	}
}

static void
announce_all_at_random(void)
{
	uint32_t n, i;

	for (n = 0; n < MAILS; n++) {
		rcpts[n] = 1 + (uint32_t)(seed_below(4) ? seed_below(3) :
		    seed_below(RCPTS));
		announce_begin(n, seed_below(2));
		for (i = 0; i < rcpts[n]; i++) {
			char address[40];

			snprintf(address, sizeof address, "%s%u@h%u",
			    seed_below(50) ? "r" : "x", i,
			    (unsigned)seed_below(HOSTS));
			announce_rcpt(n, i, address,
			    (uint32_t)seed_below(100));
		}
		announce_end(n, rcpts[n]);
	}
}

static void
everybody_is_told_one_fate(void **state)
{
	enum { LOCAL_SLOTS = 7, REMOTE_SLOTS = 60 };
	uint32_t n, i;
	int64_t last = 30LL * DAY_S * 1000;

	(void)state;
	assert_true(sched_slots(&sched, CHANNEL_LOCAL, LOCAL_SLOTS));
	assert_true(sched_slots(&sched, CHANNEL_REMOTE, REMOTE_SLOTS));
	announce_all_at_random();
	while (sched.map.n && now_ms < last) {
		bool calm = now_ms > last / 2;
		int64_t wake;

		routed_nowhere = seed_below(3) == 0;
		sched_due(&sched, now_ms);
		start_jobs(CHANNEL_LOCAL, LOCAL_SLOTS);
		start_jobs(CHANNEL_REMOTE, REMOTE_SLOTS);
		end_some(CHANNEL_LOCAL, calm ? 1 : 2);
		end_some(CHANNEL_REMOTE, calm ? 1 : 3);
		if (!calm && seed_below(200) == 0)
			lose(CHANNEL_LOCAL, LOCAL_SLOTS);
		if (!calm && seed_below(200) == 0)
			lose(CHANNEL_REMOTE, REMOTE_SLOTS);
		if (seed_below(500) == 0) sched_now(&sched, now_ms);
		if (seed_below(20) == 0) sched_not_reported(&sched);
		if (seed_below(2)) ack_all();
		report_some();
		wake = sched_wake_ms(&sched);
		now_ms += 1 + (int64_t)seed_below(3000);
		if (!sched.busy && !n_said && wake > now_ms) now_ms = wake;
	}
	ack_all();
	assert_int_equal(sched.map.n, 0);
	assert_true(sched_idle(&sched));
	for (n = 0; n < MAILS; n++)
		for (i = 0; i < rcpts[n]; i++) {
			assert_true(fate[n][i].final);
			assert_int_equal(fate[n][i].failed,
			    fate[n][i].reported);
		}
}

/* Fairness */

enum { CROWD = 10000 };

static void
announce_crowd(uint32_t n, bool apart)
{
	uint32_t i;

	rcpts[n] = CROWD;
	announce_begin(n, true);
	for (i = 0; i < CROWD; i++) {
		char address[40];

		snprintf(address, sizeof address, "r%u@h%u", i,
		    apart ? 5 + i : 5);
		announce_rcpt(n, i, address, 0);
	}
	announce_end(n, CROWD);
}

/* A crowd for one host; then somebody for the same one, and for another: each
 * is in one of the next two jobs. */
static void
a_crowd_delays_by_one_job(void **state)
{
	struct sched_job *job[2];
	int i;

	(void)state;
	assert_true(sched_slots(&sched, CHANNEL_REMOTE, 2));
	announce_crowd(0, false);
	sched_due(&sched, now_ms);
	for (i = 0; i < 2; i++)
		job[i] = next_job(CHANNEL_REMOTE);
	assert_int_equal(job[0]->rcpts + job[1]->rcpts,
	    2 * DELIVER_RCPTS_MAX);
	announce_one(1, "r@h5");
	announce_one(2, "r@h6");
	sched_due(&sched, now_ms);
	for (i = 0; i < 3; i++) {
		uint32_t number = job[0]->number;

		while (sched_find_job(&sched, CHANNEL_REMOTE, number))
			result(CHANNEL_REMOTE, number, sched_find_job(&sched,
			    CHANNEL_REMOTE, number)->rcpt->n, VERDICT_TEMP,
			    true);
		job[0] = next_job(CHANNEL_REMOTE);
		assert_non_null(job[0]);
		if (number_of(&job[0]->mail->by.id) == 1) fate[1][0].final = 1;
		if (number_of(&job[0]->mail->by.id) == 2) fate[2][0].final = 1;
	}
	assert_true(fate[1][0].final);
	assert_true(fate[2][0].final);
}

/* What follows from a result */

static void
one_remote(char const *address)
{
	assert_true(sched_slots(&sched, CHANNEL_REMOTE, 5));
	announce_one(0, address);
}

/* The next try of the only recipient, when it is due. */
static struct sched_job *
next_try(void)
{
	struct sched_job *job;
	int64_t wake;

	ack_all();
	wake = sched_wake_ms(&sched);
	if (wake > now_ms) {
		sched_due(&sched, wake - 1);
		assert_null(sched_next(&sched, CHANNEL_REMOTE));
		now_ms = wake;
	}
	sched_due(&sched, now_ms);
	job = next_job(CHANNEL_REMOTE);
	assert_non_null(job);
	return job;
}

static void
waits_as_documented(void **state)
{
	static struct { uint32_t least, most; } const range[] = { { 10, 10 },
		{ 262, 338 }, { 525, 675 }, { 1050, 1350 }, { 2100, 2700 },
		{ 4200, 5400 }, { 8400, 10800 }, { 12600, 14400 },
		{ 12600, 14400 } };
	uint32_t n;

	(void)state;
	one_remote("r@h5");
	for (n = 0; n < sizeof range / sizeof *range; n++) {
		struct sched_job *job = next_try();
		int64_t wait;

		assert_int_equal(job->rcpt->attempt, n);
		result(CHANNEL_REMOTE, job->number, 0, VERDICT_TEMP, false);
		assert_false(sched_idle(&sched)); /* untold */
		ack_all();
		assert_true(sched_idle(&sched));
		wait = (sched_wake_ms(&sched) - now_ms) / 1000;
		assert_in_range(wait, range[n].least, range[n].most);
	}
	for (n = 0; n < 100000; n++) {
		uint32_t tries = (uint32_t)seed_below(12);
		uint32_t s = sched_backoff_s(tries, seed_next());

		tries = tries < 8 ? tries : 8;
		assert_in_range(s, range[tries].least, range[tries].most);
	}
	assert_in_range(sched_backoff_s(UINT32_MAX, 0), 12600, 14400);
}

static void
a_shortage_counts_no_try(void **state)
{
	int i;

	(void)state;
	one_remote("r@h5");
	for (i = 0; i < 10; i++) {
		struct sched_job *job = next_try();

		assert_int_equal(job->rcpt->attempt, 0);
		result(CHANNEL_REMOTE, job->number, 0, VERDICT_TEMP, true);
		assert_int_equal(n_said, 0);
		assert_int_equal(sched_wake_ms(&sched) - now_ms, 10000);
	}
}

static void
the_third_loss_counts(void **state)
{
	uint32_t round, loss;

	(void)state;
	one_remote("r@h5");
	for (round = 0; round < 3; round++)
		for (loss = 0; loss < 3; loss++) {
			struct sched_job *job = next_try();

			assert_int_equal(job->rcpt->attempt, round);
			assert_int_equal(job->rcpt->maybe, round || loss);
			sched_lost(&sched, CHANNEL_REMOTE, now_ms);
			assert_true(sched_slots(&sched, CHANNEL_REMOTE, 5));
			assert_int_equal(n_said, loss == 2);
			ack_all();
			assert_int_equal(sched_wake_ms(&sched) - now_ms,
			    loss == 2 ? 5000 : 0);
		}
}

/* A job that the channel never had is not lost with it. */
static void
a_job_not_begun_is_no_maybe(void **state)
{
	int i;

	(void)state;
	one_remote("r@h5");
	for (i = 0; i < 5; i++) {
		struct sched_job *job = next_try();

		assert_false(job->rcpt->maybe);
		assert_int_equal(job->rcpt->losses, 0);
		job->begun = false;
		sched_lost(&sched, CHANNEL_REMOTE, now_ms);
		assert_true(sched_slots(&sched, CHANNEL_REMOTE, 5));
	}
}

/* Once it may have been delivered unseen, every try must look for it: one that
 * failed for another reason, or for want of something of ours, has found
 * nothing out. */
static void
maybe_stays_until_it_is_settled(void **state)
{
	int i;

	(void)state;
	one_remote("r@h5");
	next_try();
	sched_lost(&sched, CHANNEL_REMOTE, now_ms);
	assert_true(sched_slots(&sched, CHANNEL_REMOTE, 5));
	for (i = 0; i < 4; i++) {
		struct sched_job *job = next_try();

		assert_true(job->rcpt->maybe);
		result(CHANNEL_REMOTE, job->number, 0, VERDICT_TEMP, i % 2);
	}
}

static void
mail_that_was_told_before_is_maybe(void **state)
{
	(void)state;
	assert_true(sched_slots(&sched, CHANNEL_REMOTE, 5));
	announce_begin(0, false);
	announce_rcpt(0, 0, "r@h5", 0);
	announce_end(0, 1);
	rcpts[0] = 1;
	assert_true(next_try()->rcpt->maybe);
}

static void
no_route_waits_an_hour(void **state)
{
	(void)state;
	one_remote("x@h5");
	routed_nowhere = 1;
	while (!fate[0][0].final) {
		int64_t wake;

		ack_all();
		wake = sched_wake_ms(&sched);
		assert_true(wake >= 0);
		if (wake > now_ms) now_ms = wake;
		sched_due(&sched, now_ms);
		assert_null(sched_next(&sched, CHANNEL_REMOTE));
	}
	assert_true(fate[0][0].failed);
	assert_in_range(now_ms - 1000000, 3600 * 1000, 3 * 3600 * 1000);
}

static void
gives_up_after_its_lifetime(void **state)
{
	(void)state;
	one_remote("r@h5");
	while (!fate[0][0].final)
		result(CHANNEL_REMOTE, next_try()->number, 0, VERDICT_TEMP,
		    false);
	assert_true(fate[0][0].failed);
	assert_in_range((now_ms - 1000000) / 1000, 5 * DAY_S,
	    5 * DAY_S + 4 * 3600);
}

/* What fails together is told together: not while somebody else of the same
 * mail is being tried. */
static void
a_busy_mail_owes_nothing_yet(void **state)
{
	struct sched_job *job;

	(void)state;
	assert_true(sched_slots(&sched, CHANNEL_REMOTE, 5));
	rcpts[0] = 2;
	announce_begin(0, true);
	announce_rcpt(0, 0, "r@h5", 0);
	announce_rcpt(0, 1, "r@h5", 0);
	announce_end(0, 2);
	job = next_try();
	result(CHANNEL_REMOTE, job->number, 0, VERDICT_PERM, false);
	ack_all();
	assert_null(sched_owing(&sched));
	result(CHANNEL_REMOTE, job->number, 1, VERDICT_TEMP, true);
	job = next_try(); /* it was at rest in between, nobody looked */
	assert_null(sched_owing(&sched));
	result(CHANNEL_REMOTE, job->number, 1, VERDICT_PERM, false);
	assert_null(sched_owing(&sched)); /* the queue doesn't know yet */
	ack_all();
	assert_non_null(sched_owing(&sched));
	assert_null(sched_owing(&sched));
	sched_not_reported(&sched);
	report_some();
	while (sched.map.n) {
		now_ms = sched_wake_ms(&sched);
		sched_due(&sched, now_ms);
		report_some();
	}
	assert_true(fate[0][0].reported && fate[0][1].reported);
}

/* Announcements */

static void
what_is_known_is_passed_over(void **state)
{
	struct sched_job *job;

	(void)state;
	one_remote("r@h5");
	job = next_try();
	announce_one(0, "r@h6");
	assert_int_equal(sched.map.n, 1);
	assert_null(sched_next(&sched, CHANNEL_REMOTE));
	result(CHANNEL_REMOTE, job->number, 0, VERDICT_OK, false);
	announce_one(0, "r@h6"); /* the outcome is not acknowledged yet */
	assert_int_equal(sched.map.n, 1);
	ack_all();
	assert_int_equal(sched.map.n, 0);
}

static void
announcements_have_an_order(void **state)
{
	struct handover_rcpt r = { .id = numbered(1),
	    .address = SLICE("r@h5") };
	struct handover_ready ready = { .id = numbered(1), .rcpts = 1 };
	struct handover_mail nul = { .id = numbered(1),
	    .sender = SLICE("a\0b") };

	(void)state;
	assert_false(sched_rcpt(&sched, &r, now_ms));
	assert_false(sched_ready(&sched, &ready));
	announce_begin(2, true);
	assert_false(sched_rcpt(&sched, &r, now_ms));
	announce_begin(1, true); /* the half of 2 is forgotten */
	assert_true(sched_rcpt(&sched, &r, now_ms));
	ready.rcpts = 2;
	assert_false(sched_ready(&sched, &ready));
	sched_forget_coming(&sched);
	ready.rcpts = 1;
	assert_false(sched_ready(&sched, &ready));
	assert_false(sched_mail(&sched, &nul, 0, now_ms));
	announce_begin(3, true);
	announce_end(3, 0); /* nothing open: nothing to do */
	assert_int_equal(sched.map.n, 0);
}

/* Two recipients of one number would share one fate. */
static void
a_number_is_announced_once(void **state)
{
	struct handover_rcpt r = { .id = numbered(1),
	    .address = SLICE("r@h5") };

	(void)state;
	announce_begin(1, true);
	assert_true(sched_rcpt(&sched, &r, now_ms));
	assert_false(sched_rcpt(&sched, &r, now_ms));
}

static void
slots_have_a_limit(void **state)
{
	(void)state;
	assert_false(sched_slots(&sched, CHANNEL_LOCAL,
	    DELIVER_SLOTS_MAX + 1));
	assert_true(sched_slots(&sched, CHANNEL_LOCAL, DELIVER_SLOTS_MAX));
	assert_true(sched_slots(&sched, CHANNEL_LOCAL, 0));
	announce_one(0, "r@h0");
	sched_due(&sched, now_ms);
	assert_null(sched_next(&sched, CHANNEL_LOCAL));
	assert_true(sched_slots(&sched, CHANNEL_LOCAL, 1));
	assert_non_null(next_job(CHANNEL_LOCAL));
	assert_false(sched_slots(&sched, CHANNEL_LOCAL, 1)); /* it runs */
}

static void
lanes_have_a_limit(void **state)
{
	uint32_t n;

	(void)state;
	assert_true(sched_slots(&sched, CHANNEL_REMOTE, 1000));
	for (n = 0; n < LANE_START + 2; n++)
		announce_one(n, "r@h5");
	announce_one(n, "r@h6");
	sched_due(&sched, now_ms);
	for (n = 0; n < LANE_START + 1; n++)
		assert_non_null(next_job(CHANNEL_REMOTE));
	assert_null(sched_next(&sched, CHANNEL_REMOTE));
	for (n = 0; sched_find_job(&sched, CHANNEL_REMOTE, n)->lane->to
	    .host[1] != '5'; n++)
		;
	result(CHANNEL_REMOTE, n, 0, VERDICT_OK, false);
	assert_non_null(next_job(CHANNEL_REMOTE));
	assert_null(sched_next(&sched, CHANNEL_REMOTE));
}

/* A round of successes makes room for one more, up to the most; trouble with
 * the host halves it, down to one; what is ours says nothing of the host. */
static void
a_limit_follows_the_host(void **state)
{
	struct sched_lane lane = { .to = { .channel = CHANNEL_REMOTE },
	    .limit = LANE_START };
	struct deliver_result fine = { .verdict = VERDICT_OK };
	struct deliver_result trouble = { .verdict = VERDICT_TEMP,
	    .status = SLICE("4.4.2") };
	struct deliver_result away = { .verdict = VERDICT_TEMP,
	    .words = SLICE("421 too many of you") };
	struct deliver_result later = { .verdict = VERDICT_TEMP,
	    .status = SLICE("4.7.1"), .words = SLICE("450 wait") };
	uint32_t limit, i;

	(void)state;
	for (limit = LANE_START; limit < LANE_MAX; limit++) {
		for (i = 0; i < limit - 1; i++)
			lane_felt(&lane, &fine);
		assert_int_equal(lane.limit, limit);
		lane_felt(&lane, &later); /* it answers: that is enough */
		assert_int_equal(lane.limit, limit + 1);
	}
	for (i = 0; i < 3 * LANE_MAX; i++)
		lane_felt(&lane, &fine);
	assert_int_equal(lane.limit, LANE_MAX);
	trouble.ours = true;
	lane_felt(&lane, &trouble);
	assert_int_equal(lane.limit, LANE_MAX);
	trouble.ours = false;
	for (limit = LANE_MAX / 2; limit > 1; limit /= 2) {
		lane_felt(&lane, limit % 2 ? &away : &trouble);
		assert_int_equal(lane.limit, limit);
	}
	lane_felt(&lane, &away);
	lane_felt(&lane, &trouble);
	assert_int_equal(lane.limit, 1);
	lane_felt(&lane, &fine);
	assert_int_equal(lane.limit, 2);
}

/* In time that does not grow with the square of the recipients. */
static void
a_crowd_is_dealt_with_in_time(void **state)
{
	struct sched_job *job;
	uint32_t n = 0;

	(void)state;
	assert_true(sched_slots(&sched, CHANNEL_REMOTE, CROWD));
	announce_crowd(0, true); /* a host each */
	sched_due(&sched, now_ms);
	while ((job = next_job(CHANNEL_REMOTE)))
		n += job->rcpts;
	assert_int_equal(n, CROWD);
	sched_lost(&sched, CHANNEL_REMOTE, now_ms);
	sched_due(&sched, now_ms);
	assert_int_equal(sched.busy, CROWD);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(everybody_is_told_one_fate),
		TEST(a_crowd_delays_by_one_job),
		TEST(waits_as_documented),
		TEST(a_shortage_counts_no_try),
		TEST(the_third_loss_counts),
		TEST(a_job_not_begun_is_no_maybe),
		TEST(maybe_stays_until_it_is_settled),
		TEST(mail_that_was_told_before_is_maybe),
		TEST(no_route_waits_an_hour),
		TEST(gives_up_after_its_lifetime),
		TEST(a_busy_mail_owes_nothing_yet),
		TEST(what_is_known_is_passed_over),
		TEST(announcements_have_an_order),
		TEST(a_number_is_announced_once),
		TEST(slots_have_a_limit),
		TEST(lanes_have_a_limit),
		TEST(a_limit_follows_the_host),
		TEST(a_crowd_is_dealt_with_in_time),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
