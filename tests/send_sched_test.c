/* SPDX-License-Identifier: ISC */
/* The schedule in virtual time: a world of queues, channels and hosts that
 * fail at random, and the promises that must hold in all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "send/announce.h"
#include "send/job.h"
#include "send/lane.h"
#include "send/owed.h"
#include "send/rcpt.h"
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
	/* what the queue has recorded */
	uint32_t kept_attempt;
	bool kept_final;
};

static struct fate fate[MAILS][RCPTS];
static uint32_t rcpts[MAILS];
static char addresses[MAILS][RCPTS][20];

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
static enum sched_way
route(void *owner, struct sched_mail const *m, struct sched_rcpt const *r,
    struct sched_route *out)
{
	struct slice address = mail_address(m, r);
	size_t at = slice_find(address, '@');
	unsigned long long host;

	(void)owner;
	assert_true(slice_number(slice_skip(address, at + 2), 100000, &host));
	if (address.s[0] == 'x' && routed_nowhere) return WAY_NONE;
	if (host < 2) {
		out->to.channel = CHANNEL_LOCAL;
		return WAY_THERE;
	}
	out->to.channel = CHANNEL_REMOTE;
	out->to.port = 25;
	snprintf(out->to.host, sizeof out->to.host, "h%llu", host);
	return WAY_THERE;
}

static bool
room(void *owner)
{
	(void)owner;
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
	.outcome = outcome, .room = room };
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
tell_rcpt(uint32_t n, uint32_t rcpt, char const *address, uint32_t wait_s)
{
	assert_true(announce_rcpt(&sched, &(struct handover_rcpt){
	    .id = numbered(n), .rcpt = rcpt, .wait_s = wait_s,
	    .attempt = n < MAILS && rcpt < RCPTS ? fate[n][rcpt].attempt : 0,
	    .address = slice_of(address) }, now_ms));
}

static void
tell_begin(uint32_t n, bool fresh)
{
	assert_true(announce_mail(&sched, &(struct handover_mail){
	    .id = numbered(n), .sender = SLICE("s@s.s"), .fresh = fresh,
	    .size = 1 }, 0, now_ms));
}

static void
tell_end(uint32_t n, uint32_t count)
{
	assert_true(announce_ready(&sched, &(struct handover_ready){
	    .id = numbered(n), .rcpts = count }));
}

/* One mail to a host, ready or not. */
static void
tell_one(uint32_t n, char const *address)
{
	rcpts[n] = 1;
	tell_begin(n, true);
	tell_rcpt(n, 0, address, 0);
	tell_end(n, 1);
}

static void
record(struct handover_outcome_ack const *a)
{
	struct fate *f = &fate[number_of(&a->id)][a->rcpt];

	f->kept_attempt = f->attempt;
	f->kept_final = f->final;
}

static void
ack_all(void)
{
	while (n_said) {
		struct handover_outcome_ack a = said[first_said].ack;

		first_said = (first_said + 1) % (sizeof said / sizeof *said);
		n_said--;
		record(&a);
		assert_true(rcpt_acked(&sched, &a, now_ms));
		assert_false(rcpt_acked(&sched, &a, now_ms));
	}
}

static struct sched_job *
next_job(enum channel_name c)
{
	struct sched_job *job = job_next(&sched, c);
	uint32_t n = 0;
	struct sched_rcpt *r;

	if (!job) return NULL;
	assert_in_range(job->rcpts, 1, DELIVER_RCPTS_MAX);
	for (r = job_first(job); r; r = mail_rcpt_at(job->mail, r->next))
		n++;
	assert_int_equal(n, job->rcpts);
	assert_ptr_equal(job_find(&sched, c, job->number), job);
	return job;
}

static void
result(enum channel_name c, uint32_t job, uint32_t rcpt, enum verdict verdict,
    bool ours)
{
	assert_true(job_result(&sched, c, &(struct deliver_result){
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
		for (r = job_first(job); r; r = mail_rcpt_at(job->mail, r->next)) {
			struct fate *f = &fate[number_of(&job->mail->by.id)]
			    [r->n];

			assert_false(f->running); /* never two at a time */
			assert_false(f->final);
			assert_int_equal(r->attempt, f->attempt);
			if (f->maybe) assert_true(r->maybe);
			f->running = true;
		}
		if (seed_below(20) == 0) { /* its text could not be had */
			for (r = job_first(job); r; r = mail_rcpt_at(job->mail, r->next))
				fate[number_of(&job->mail->by.id)][r->n]
				    .running = false;
			job_return(&sched, job, now_ms + 1000);
		} else {
			job_begun(&sched, job);
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
			uint32_t rcpt = job_first(job)->n;
			size_t how = seed_below(10);

			assert_false(job_result(&sched, c,
			    &(struct deliver_result){ .job = i,
			    .rcpt = RCPTS }, now_ms));
			fate[n][rcpt].running = false;
			if (how < 5) fate[n][rcpt].maybe = false;
			result(c, i, rcpt, how < 5 ? VERDICT_OK : how < 9 ?
			    VERDICT_TEMP : VERDICT_PERM, how == 8);
			job = job_find(&sched, c, i);
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

		for (r = job ? job_first(job) : NULL; r;
		    r = mail_rcpt_at(job->mail, r->next)) {
			struct fate *f = &fate[number_of(&job->mail->by.id)]
			    [r->n];

			f->running = false;
			f->maybe = true;
		}
	}
	job_lost(&sched, c, now_ms);
	assert_int_equal(sched.channel[c].running, 0);
	assert_null(job_next(&sched, c));
	assert_true(job_slots(&sched, c, slots));
}

static void
report_some(void)
{
	struct sched_mail *m;
	struct sched_owed *f;

	while ((m = owed_next(&sched))) {
		struct traceid id = m->by.id;

		for (f = m->owed; f; f = f->next)
			f->reported = true;
		if (seed_below(3) == 0) {
			assert_true(owed_put_off(&sched, &id,
			    now_ms + 10000));
			continue;
		}
		for (f = m->owed; f; f = f->next) {
			struct fate *of = &fate[number_of(&id)][f->rcpt];

			assert_true(of->failed);
			assert_false(of->reported);
			of->reported = true;
		}
		assert_true(owed_reported(&sched, &id));
	}
}

static void
tell_all_at_random(void)
{
	uint32_t n, i;

	for (n = 0; n < MAILS; n++) {
		rcpts[n] = 1 + (uint32_t)(seed_below(4) ? seed_below(3) :
		    seed_below(RCPTS));
		tell_begin(n, seed_below(2));
		for (i = 0; i < rcpts[n]; i++) {
			snprintf(addresses[n][i], sizeof addresses[n][i],
			    "%s%u@h%u", seed_below(50) ? "r" : "x", i,
			    (unsigned)seed_below(HOSTS));
			tell_rcpt(n, i, addresses[n][i],
			    (uint32_t)seed_below(100));
		}
		tell_end(n, rcpts[n]);
	}
}

static bool
is_finished(struct fate const *f)
{
	return f->kept_final && (!f->failed || f->reported);
}

/* The queue is gone and comes back: it announces what it has recorded. */
static void
lose_queue(void)
{
	uint32_t n, i;

	sched_queue_lost(&sched, now_ms);
	for (n = 0; n < MAILS; n++) {
		uint32_t told = 0;

		tell_begin(n, false);
		for (i = 0; i < rcpts[n]; i++) {
			struct fate *f = &fate[n][i];

			if (is_finished(f)) continue;
			assert_true(announce_rcpt(&sched,
			    &(struct handover_rcpt){ .id = numbered(n),
			    .rcpt = i, .attempt = f->kept_attempt,
			    .owed = f->kept_final ? OUTCOME_FAILED : 0,
			    .wait_s = (uint32_t)seed_below(100),
			    .address = slice_of(addresses[n][i]) }, now_ms));
			told++;
		}
		if (told) tell_end(n, told);
	}
	announce_forget(&sched);
}

static void
everybody_is_told_one_fate(void **state)
{
	enum { LOCAL_SLOTS = 7, REMOTE_SLOTS = 60 };
	uint32_t n, i;
	int64_t last = 30LL * DAY_S * 1000;

	(void)state;
	assert_true(job_slots(&sched, CHANNEL_LOCAL, LOCAL_SLOTS));
	assert_true(job_slots(&sched, CHANNEL_REMOTE, REMOTE_SLOTS));
	tell_all_at_random();
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
		if (seed_below(20) == 0) owed_lost(&sched);
		if (!calm && seed_below(100) == 0) lose_queue();
		if (seed_below(2)) ack_all();
		report_some();
		wake = sched_wake_ms(&sched);
		now_ms += 1 + (int64_t)seed_below(3000);
		if (!sched.busy && !n_said && wake > now_ms) now_ms = wake;
	}
	ack_all();
	assert_int_equal(sched.map.n, 0);
	assert_int_equal(sched.asking, 0);
	assert_int_equal(sched.reports, 0);
	assert_null(sched.waiting);
	assert_true(sched_idle(&sched));
	for (n = 0; n < MAILS; n++)
		for (i = 0; i < rcpts[n]; i++) {
			assert_true(fate[n][i].final);
			assert_int_equal(fate[n][i].failed,
			    fate[n][i].reported);
		}
}

/* What follows from a result */

static void
one_remote(char const *address)
{
	assert_true(job_slots(&sched, CHANNEL_REMOTE, 5));
	tell_one(0, address);
}

/* The next try of the only recipient, when it is due. */
static struct sched_job *
ask_next(void)
{
	struct sched_job *job;
	int64_t wake;

	ack_all();
	wake = sched_wake_ms(&sched);
	if (wake > now_ms) {
		sched_due(&sched, wake - 1);
		assert_null(job_next(&sched, CHANNEL_REMOTE));
		now_ms = wake;
	}
	sched_due(&sched, now_ms);
	job = next_job(CHANNEL_REMOTE);
	assert_non_null(job);
	return job;
}

/* The same, and the channel has it. */
static struct sched_job *
next_try(void)
{
	struct sched_job *job = ask_next();

	job_begun(&sched, job);
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

		assert_int_equal(job_first(job)->attempt, n);
		result(CHANNEL_REMOTE, job->number, 0, VERDICT_TEMP, false);
		assert_false(sched_idle(&sched)); /* untold */
		ack_all();
		assert_true(sched_idle(&sched));
		wait = (sched_wake_ms(&sched) - now_ms) / 1000;
		assert_in_range(wait, range[n].least, range[n].most);
	}
	for (n = 0; n < 100000; n++) {
		uint32_t tries = (uint32_t)seed_below(12);
		uint32_t s = rcpt_backoff_s(tries, seed_next());

		tries = tries < 8 ? tries : 8;
		assert_in_range(s, range[tries].least, range[tries].most);
	}
	assert_in_range(rcpt_backoff_s(UINT32_MAX, 0), 12600, 14400);
}

static void
a_shortage_counts_no_try(void **state)
{
	int i;

	(void)state;
	one_remote("r@h5");
	for (i = 0; i < 10; i++) {
		struct sched_job *job = next_try();

		assert_int_equal(job_first(job)->attempt, 0);
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

			assert_int_equal(job_first(job)->attempt, round);
			assert_int_equal(job_first(job)->maybe, round || loss);
			job_lost(&sched, CHANNEL_REMOTE, now_ms);
			assert_true(job_slots(&sched, CHANNEL_REMOTE, 5));
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
		struct sched_job *job = ask_next();

		assert_false(job_first(job)->maybe);
		assert_int_equal(job_first(job)->losses, 0);
		job_lost(&sched, CHANNEL_REMOTE, now_ms);
		assert_true(job_slots(&sched, CHANNEL_REMOTE, 5));
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
	job_lost(&sched, CHANNEL_REMOTE, now_ms);
	assert_true(job_slots(&sched, CHANNEL_REMOTE, 5));
	for (i = 0; i < 4; i++) {
		struct sched_job *job = next_try();

		assert_true(job_first(job)->maybe);
		result(CHANNEL_REMOTE, job->number, 0, VERDICT_TEMP, i % 2);
	}
}

static void
mail_that_was_told_before_is_maybe(void **state)
{
	(void)state;
	assert_true(job_slots(&sched, CHANNEL_REMOTE, 5));
	tell_begin(0, false);
	tell_rcpt(0, 0, "r@h5", 0);
	tell_end(0, 1);
	rcpts[0] = 1;
	assert_true(job_first(next_try())->maybe);
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
		assert_null(job_next(&sched, CHANNEL_REMOTE));
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
	assert_true(job_slots(&sched, CHANNEL_REMOTE, 5));
	rcpts[0] = 2;
	tell_begin(0, true);
	tell_rcpt(0, 0, "r@h5", 0);
	tell_rcpt(0, 1, "r@h5", 0);
	tell_end(0, 2);
	job = next_try();
	result(CHANNEL_REMOTE, job->number, 0, VERDICT_PERM, false);
	ack_all();
	assert_null(owed_next(&sched));
	result(CHANNEL_REMOTE, job->number, 1, VERDICT_TEMP, true);
	job = next_try(); /* it was at rest in between, nobody looked */
	assert_null(owed_next(&sched));
	result(CHANNEL_REMOTE, job->number, 1, VERDICT_PERM, false);
	assert_null(owed_next(&sched)); /* the queue doesn't know yet */
	ack_all();
	assert_non_null(owed_next(&sched));
	assert_null(owed_next(&sched));
	owed_lost(&sched);
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
	tell_one(0, "r@h6");
	assert_int_equal(sched.map.n, 1);
	assert_null(job_next(&sched, CHANNEL_REMOTE));
	result(CHANNEL_REMOTE, job->number, 0, VERDICT_OK, false);
	tell_one(0, "r@h6"); /* the outcome is not acknowledged yet */
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
	assert_false(announce_rcpt(&sched, &r, now_ms));
	assert_false(announce_ready(&sched, &ready));
	tell_begin(2, true);
	assert_false(announce_rcpt(&sched, &r, now_ms));
	tell_begin(1, true); /* the half of 2 is forgotten */
	assert_true(announce_rcpt(&sched, &r, now_ms));
	ready.rcpts = 2;
	assert_false(announce_ready(&sched, &ready));
	announce_forget(&sched);
	ready.rcpts = 1;
	assert_false(announce_ready(&sched, &ready));
	assert_false(announce_mail(&sched, &nul, 0, now_ms));
	tell_begin(3, true);
	tell_end(3, 0); /* nothing open: nothing to do */
	assert_int_equal(sched.map.n, 0);
}

/* Two recipients of one number would share one fate. */
static void
a_number_is_announced_once(void **state)
{
	struct handover_rcpt r = { .id = numbered(1),
	    .address = SLICE("r@h5") };

	(void)state;
	tell_begin(1, true);
	assert_true(announce_rcpt(&sched, &r, now_ms));
	assert_false(announce_rcpt(&sched, &r, now_ms));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(everybody_is_told_one_fate),
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
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
