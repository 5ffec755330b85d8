/* SPDX-License-Identifier: ISC */
/* What senders are told, when, and how often: NOTIFY, warnings, clocks. */
#include "tests/send_fake.h"

enum { HOUR_MS = 3600 * 1000 };

static struct sched_mail *
next(void)
{
	return owed_next(&fake.sched);
}

static void
is_reported(struct sched_mail *m)
{
	struct traceid id = m->by.id;
	struct sched_owed *o;

	for (o = m->owed; o; o = o->next)
		o->reported = true;
	assert_true(owed_reported(&fake.sched, &id));
}

static void
tell_notify(uint32_t n, char const *sender, char const *address,
    enum notify notify)
{
	tell_mail_as(n, sender, true);
	tell_rcpt_as(n, (struct handover_rcpt){ .address = slice_of(address),
	    .notify = (uint8_t)notify });
	tell_ready(n, 1);
}

/* NOTIFY */

static void
success_is_told_by_whom_it_reaches(void **state)
{
	static struct {
		char const *sender, *address;
		enum notify notify;
		bool dsn;
		enum outcome outcome;
	} const cases[] = {
		{ "s@s", "r@local", NOTIFY_SUCCESS, false, OUTCOME_CONFIRMED },
		{ "s@s", "r@remote", NOTIFY_SUCCESS, false, OUTCOME_RELAYED },
		{ "s@s", "r@remote", NOTIFY_SUCCESS, true, OUTCOME_DELIVERED },
		{ "s@s", "r@mlmtp", NOTIFY_SUCCESS, false, OUTCOME_CONFIRMED },
		{ "s@s", "r@mlmtp", NOTIFY_SUCCESS, true, OUTCOME_DELIVERED },
		{ "s@s", "r@local", NOTIFY_SUCCESS | NOTIFY_FAILURE, false,
		  OUTCOME_CONFIRMED },
		{ "s@s", "r@local", NOTIFY_UNSAID, false, OUTCOME_DELIVERED },
		{ "s@s", "r@local", NOTIFY_NEVER, false, OUTCOME_DELIVERED },
		{ "s@s", "r@local", NOTIFY_FAILURE | NOTIFY_DELAY, false,
		  OUTCOME_DELIVERED },
		/* reports never ask for reports */
		{ "", "r@local", NOTIFY_SUCCESS, false, OUTCOME_DELIVERED },
		{ "s@s", "r@discard", NOTIFY_SUCCESS, false,
		  OUTCOME_CONFIRMED },
	};
	uint32_t i;

	(void)state;
	slots(CHANNEL_LOCAL, 9);
	slots(CHANNEL_REMOTE, 9);
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sched_job *job;

		tell_notify(i, cases[i].sender, cases[i].address,
		    cases[i].notify);
		due();
		job = start(CHANNEL_LOCAL);
		if (!job) job = start(CHANNEL_REMOTE);
		if (job)
			result_as(job, (struct deliver_result){
			    .dsn = cases[i].dsn, .status = SLICE("2.1.5"),
			    .words = SLICE("250 fine") });
		assert_int_equal(fake.n, 1);
		assert_int_equal(fake.outcome[0], cases[i].outcome);
		ack_all();
		if (cases[i].outcome == OUTCOME_DELIVERED) {
			assert_null(mail(i));
			continue;
		}
		assert_ptr_equal(next(), mail(i));
		assert_int_equal(mail(i)->owed->outcome, cases[i].outcome);
		if (job)
			assert_true(slice_is(mail(i)->owed->words,
			    "250 fine"));
		is_reported(mail(i));
		assert_null(mail(i));
	}
}

static void
who_wants_what(void **state)
{
	static struct {
		enum notify notify;
		bool failed, late, served;
	} const cases[] = {
		{ NOTIFY_UNSAID, true, true, false },
		{ NOTIFY_NEVER, false, false, false },
		{ NOTIFY_SUCCESS, false, false, true },
		{ NOTIFY_FAILURE, true, false, false },
		{ NOTIFY_DELAY, false, true, false },
		{ NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY, true, true,
		  true },
	};
	struct sched_rcpt r = { .n = 0 };
	size_t i;

	(void)state;
	tell_one(0, "r@local");
	tell_mail_as(1, "", true);
	tell_rcpt(1, 0, "r@local");
	tell_ready(1, 1);
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		r.notify = (uint8_t)cases[i].notify;
#define WANTED(n, what) owed_is_wanted(mail(n), &r, what)
		assert_int_equal(WANTED(0, OUTCOME_FAILED), cases[i].failed);
		assert_int_equal(WANTED(0, OUTCOME_DEFERRED), cases[i].late);
		assert_int_equal(WANTED(0, OUTCOME_CONFIRMED),
		    cases[i].served);
		assert_int_equal(WANTED(0, OUTCOME_RELAYED), cases[i].served);
		assert_int_equal(WANTED(0, OUTCOME_EXPANDED),
		    cases[i].served);
		assert_false(WANTED(0, OUTCOME_DELIVERED));
		assert_int_equal(WANTED(1, OUTCOME_FAILED), cases[i].failed);
		assert_false(WANTED(1, OUTCOME_DEFERRED));
		assert_false(WANTED(1, OUTCOME_CONFIRMED));
#undef WANTED
	}
}

/* Reports under way */

static void
so_many_at_a_time(void **state)
{
	uint32_t n;

	(void)state;
	for (n = 0; n < OWED_REPORTS_MAX + 5; n++) {
		tell_mail(n);
		tell_rcpt_as(n, (struct handover_rcpt){
		    .owed = OUTCOME_FAILED, .address = SLICE("a@b") });
		tell_ready(n, 1);
	}
	for (n = 0; n < OWED_REPORTS_MAX; n++)
		assert_ptr_equal(next(), mail(n));
	assert_null(next());
	is_reported(mail(0));
	assert_ptr_equal(next(), mail(n));
	assert_null(next());
	assert_true(owed_put_off(&fake.sched, &mail(1)->by.id,
	    fake.now_ms + 1000));
	assert_false(owed_put_off(&fake.sched, &mail(1)->by.id, 0));
	assert_ptr_equal(next(), mail(n + 1));
}

/* Warnings */

/* Tries and fails for the time being, once; true while it may be again. */
static void
try(uint32_t n)
{
	struct sched_job *job;

	wake();
	job = start(CHANNEL_REMOTE);
	assert_non_null(job);
	assert_int_equal(number_of(job->mail), n);
	result_all(job, VERDICT_TEMP, false);
	ack_all();
}

static void
a_warning_is_sent_once(void **state)
{
	struct sched_mail *m;
	uint32_t tries = 0;

	(void)state;
	slots(CHANNEL_REMOTE, 9);
	tell_one(0, "r@remote");
	do {
		try(0);
		tries++;
	} while (!(m = next()));
	assert_in_range(fake.now_ms - FAKE_START_MS, 4 * HOUR_MS,
	    8 * HOUR_MS);
	assert_int_equal(m->owed->outcome, OUTCOME_DEFERRED);
	assert_true(slice_is(m->owed->words, "because"));
	is_reported(m);
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_WAITS);
	assert_int_equal(mail(0)->unfinished, 1);
	while (!mail(0)->owed) {
		try(0);
		tries++;
	}
	assert_int_equal(mail(0)->owed->outcome, OUTCOME_FAILED);
	assert_ptr_equal(next(), mail(0));
	is_reported(mail(0));
	assert_null(mail(0));
}

/* Nobody is warned who didn't ask, can't be, was already, or whose mail is old
 * only by its clock. */
static void
nobody_else_is_warned(void **state)
{
	struct sched_job *job;
	uint32_t n;

	(void)state;
	slots(CHANNEL_REMOTE, 99);
	tell_notify(0, "s@s", "r@remote.0", NOTIFY_FAILURE);
	tell_notify(1, "s@s", "r@remote.1", NOTIFY_NEVER);
	tell_notify(2, "", "r@remote.2", NOTIFY_UNSAID);
	tell_mail(3);
	tell_rcpt_as(3, (struct handover_rcpt){ .warned = 1,
	    .address = SLICE("r@remote.3") });
	tell_ready(3, 1);
	assert_true(announce_mail(&fake.sched, &(struct handover_mail){
	    .id = numbered(4), .sender = SLICE("s@s") }, 10 * 365 * 86400LL,
	    fake.now_ms));
	tell_rcpt(4, 0, "r@remote.4");
	tell_ready(4, 1);
	for (n = 0; n < 2; n++) {
		fake.now_ms += 5 * HOUR_MS;
		due();
		while ((job = start(CHANNEL_REMOTE)))
			result_all(job, VERDICT_TEMP, false);
		ack_all();
		/* after its second try the old one is */
		assert_ptr_equal(next(), n ? mail(4) : NULL);
	}
	assert_null(next());
	fake.sched.limits.warn_s = 0;
	tell_one(5, "r@remote.5");
	for (n = 0; n < 3; n++)
		fake.now_ms += 5 * HOUR_MS, due();
	job = start(CHANNEL_REMOTE);
	assert_non_null(job);
}

static void
never_means_never(void **state)
{
	uint32_t n;

	(void)state;
	fake.sched.limits.warn_s = 0;
	slots(CHANNEL_REMOTE, 9);
	tell_one(0, "r@remote");
	for (n = 0; n < 15; n++)
		try(0);
	assert_true(fake.now_ms - FAKE_START_MS > 24 * HOUR_MS);
	assert_null(next());
}

/* All of a mail that wait are told of in one warning. */
static void
one_warning_for_all(void **state)
{
	struct sched_owed *o;
	struct sched_mail *m;
	uint32_t i, n = 0;

	(void)state;
	slots(CHANNEL_REMOTE, 99);
	tell_mail(0);
	for (i = 0; i < 10; i++) {
		char address[40];

		snprintf(address, sizeof address, "r@remote.%u", i);
		tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = i,
		    .attempt = i == 9 ? 0 : 8, .wait_s = i ? 9000 + i * 60 : 0,
		    .notify = i == 8 ? NOTIFY_FAILURE : 0,
		    .address = slice_of(address) });
	}
	tell_ready(0, 10);
	mail(0)->since_ms -= 5 * HOUR_MS;
	due();
	result(start(CHANNEL_REMOTE), 0, VERDICT_TEMP);
	ack_all();
	m = next();
	assert_non_null(m);
	for (o = m->owed; o; o = o->next, n++) {
		assert_int_equal(o->outcome, OUTCOME_DEFERRED);
		assert_true(o->rcpt < 8);
	}
	assert_int_equal(n, 8);
	is_reported(m);
	fake.now_ms += 8900 * 1000;
	wake(); /* the second: it has been told of */
	result(start(CHANNEL_REMOTE), 1, VERDICT_TEMP);
	ack_all();
	assert_null(next());
}

/* Before it is told it ends: then there is no warning. */
static void
who_ends_is_not_late(void **state)
{
	struct sched_job *job;

	(void)state;
	slots(CHANNEL_REMOTE, 99);
	tell_mail(0);
	tell_rcpt_as(0, (struct handover_rcpt){ .attempt = 5,
	    .address = SLICE("r@remote") });
	tell_rcpt(0, 1, "r@remote.1");
	tell_ready(0, 2);
	mail(0)->since_ms -= 5 * HOUR_MS;
	due();
	result(start(CHANNEL_REMOTE), 0, VERDICT_TEMP);
	job = start(CHANNEL_REMOTE); /* holds it up */
	ack_all();
	assert_null(next());
	orders_take(&fake.sched, &(struct handover_order){
	    .id = numbered(0), .order = ORDER_RETRY }, fake.now_ms);
	due();
	result(start(CHANNEL_REMOTE), 0, VERDICT_OK);
	result(job, 1, VERDICT_TEMP);
	ack_all();
	assert_null(next());
	assert_null(mail(0)->owed);
}

/* Clocks: whatever the wall clock says of a mail's age, it is tried as often as
 * the time would take, and never later than the longest wait. */

static void
ten_years_ahead_bounce_nothing(void **state)
{
	uint32_t tries;

	(void)state;
	slots(CHANNEL_REMOTE, 9);
	assert_true(announce_mail(&fake.sched, &(struct handover_mail){
	    .id = numbered(0), .sender = SLICE("s@s") }, 10 * 365 * 86400LL,
	    fake.now_ms));
	tell_rcpt(0, 0, "r@remote");
	tell_ready(0, 1);
	for (tries = 0; fake.n == 0 && tries < 100; tries++) {
		struct sched_job *job;

		wake();
		job = start(CHANNEL_REMOTE);
		assert_non_null(job);
		result(job, 0, VERDICT_TEMP);
		if (fake.outcome[0] == OUTCOME_FAILED) break;
		ack_all();
		while (next())
			is_reported(mail(0));
	}
	assert_int_equal(tries, rcpt_tries_in(432000));
	assert_in_range(fake.now_ms - FAKE_START_MS, 4 * 24 * HOUR_MS,
	    5 * 24 * HOUR_MS);
}

static void
nor_what_has_no_route(void **state)
{
	(void)state;
	assert_true(announce_mail(&fake.sched, &(struct handover_mail){
	    .id = numbered(0), .sender = SLICE("s@s") }, 10 * 365 * 86400LL,
	    fake.now_ms));
	tell_rcpt(0, 0, "r@nowhere");
	tell_ready(0, 1);
	for (;;) {
		wake();
		assert_int_equal(fake.n, 1);
		if (fake.outcome[0] == OUTCOME_FAILED) break;
		ack_all();
		while (next())
			is_reported(mail(0));
	}
	assert_in_range(fake.now_ms - FAKE_START_MS, HOUR_MS / 2,
	    3 * HOUR_MS);
}

static void
ten_years_back_stall_nothing(void **state)
{
	(void)state;
	slots(CHANNEL_REMOTE, 9);
	assert_true(announce_mail(&fake.sched, &(struct handover_mail){
	    .id = numbered(0), .sender = SLICE("s@s") }, 0, fake.now_ms));
	tell_rcpt_as(0, (struct handover_rcpt){ .wait_s = UINT32_MAX,
	    .attempt = 50, .address = SLICE("r@remote") });
	tell_ready(0, 1);
	assert_int_equal(mail(0)->since_ms, fake.now_ms);
	assert_int_equal(sched_wake_ms(&fake.sched) - fake.now_ms,
	    1000LL * RCPT_WAIT_MAX_S);
	wake();
	result(start(CHANNEL_REMOTE), 0, VERDICT_TEMP);
	assert_int_equal(fake.outcome[0], OUTCOME_DEFERRED);
}

static void
tries_take_their_time(void **state)
{
	static struct { unsigned long long s; uint32_t tries; } const least[] =
	    { { 0, 0 }, { 1, 1 }, { 10, 1 }, { 11, 2 }, { 347, 2 },
	    { 348, 3 }, { 3600, 5 }, { 86400, 12 }, { 432000, 36 } };
	uint32_t i, n;

	(void)state;
	for (i = 0; i < sizeof least / sizeof *least; i++)
		assert_int_equal(rcpt_tries_in(least[i].s), least[i].tries);
	/* at the slowest the schedule makes as many in that time */
	for (i = 0; i < sizeof least / sizeof *least; i++) {
		unsigned long long at = 0;

		for (n = 0; at < least[i].s; n++)
			at += rcpt_backoff_s(n, n < 7 ? UINT32_MAX / 4800 *
			    4800 - 1 : 0);
		assert_true(n + 1 >= least[i].tries);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		FAKE_TEST(success_is_told_by_whom_it_reaches),
		FAKE_TEST(who_wants_what),
		FAKE_TEST(so_many_at_a_time),
		FAKE_TEST(a_warning_is_sent_once),
		FAKE_TEST(nobody_else_is_warned),
		FAKE_TEST(never_means_never),
		FAKE_TEST(one_warning_for_all),
		FAKE_TEST(who_ends_is_not_late),
		FAKE_TEST(ten_years_ahead_bounce_nothing),
		FAKE_TEST(nor_what_has_no_route),
		FAKE_TEST(ten_years_back_stall_nothing),
		FAKE_TEST(tries_take_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
