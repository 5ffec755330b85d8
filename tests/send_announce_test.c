/* SPDX-License-Identifier: ISC */
/* The queue is the truth: what announcements do to mail that is known, and
 * what expansions come to. */
#include "tests/send_fake.h"

static struct sched_mail *
asked(void)
{
	return expansion_next(&fake.sched);
}

static void
expanded(uint32_t n, enum handover_expanded how)
{
	expansion_acked(&fake.sched, &(struct handover_expand_ack){
	    .id = numbered(n), .done = (uint8_t)how }, fake.now_ms);
}

static void
targets_of(uint32_t n, uint32_t from, uint32_t targets)
{
	uint32_t i;

	tell_mail_as(n, "s@s.test", false);
	for (i = from; i < from + targets; i++)
		tell_rcpt_as(n, (struct handover_rcpt){ .rcpt = i,
		    .address = SLICE("t@alias"), .action = 1 });
	tell_ready(n, targets);
}

/* Merging */

static void
new_recipients_are_added(void **state)
{
	struct sched_job *job;

	(void)state;
	slots(CHANNEL_LOCAL, 9);
	tell_one(0, "r@local");
	due();
	job = start(CHANNEL_LOCAL);
	tell_mail_as(0, "s@s.test", false);
	tell_rcpt(0, 0, "r@local");
	tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = 7, .notify =
	    NOTIFY_DELAY, .address = SLICE("new@local"),
	    .orcpt = SLICE("rfc822;o") });
	tell_rcpt(0, 9, "other@local");
	tell_ready(0, 3);
	assert_int_equal(mail(0)->rcpts, 3);
	assert_true(slice_is(mail_address(mail(0), rcpt_of(0, 7)),
	    "new@local"));
	assert_true(slice_is(mail_orcpt(mail(0), rcpt_of(0, 7)), "rfc822;o"));
	assert_true(slice_is(mail_orcpt(mail(0), rcpt_of(0, 9)), ""));
	assert_true(slice_is(mail_address(mail(0), rcpt_of(0, 0)), "r@local"));
	assert_true(slice_is(mail_sender(mail(0)), "s@s.test"));
	/* nobody else can have tried these */
	assert_false(rcpt_of(0, 7)->maybe);
	assert_int_equal(rcpt_of(0, 7)->notify, NOTIFY_DELAY);
	due();
	result(job, 0, VERDICT_OK); /* its place is the same */
	job = start(CHANNEL_LOCAL);
	assert_int_equal(job->rcpts, 2);
	assert_int_equal(job_first(job)->n, 7);
	result(job, 9, VERDICT_OK);
	result(job, 7, VERDICT_OK);
	ack_all();
	assert_null(mail(0));
}

/* A mail that grows again and again. */
static void
it_grows_by_parts(void **state)
{
	uint32_t n, i;

	(void)state;
	for (n = 1; n <= 50; n++) {
		tell_mail(0);
		for (i = 0; i < n; i++) {
			char address[40];

			snprintf(address, sizeof address, "r%u@local", i);
			tell_rcpt(0, i, address);
		}
		tell_ready(0, n);
	}
	for (i = 0; i < 50; i++) {
		char address[40];

		snprintf(address, sizeof address, "r%u@local", i);
		assert_true(slice_is(mail_address(mail(0), rcpt_of(0, i)),
		    address));
	}
	assert_int_equal(mail(0)->waits, 50);
	assert_int_equal(mail(0)->unfinished, 50);
}

static void
what_waits_and_is_not_in_it_is_done(void **state)
{
	struct sched_job *job;

	(void)state;
	slots(CHANNEL_REMOTE, 9);
	tell_mail(0);
	tell_rcpt(0, 0, "r@remote.0");
	tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = 1, .wait_s = 100,
	    .address = SLICE("r@remote.1") });
	tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = 2, .wait_s = 50,
	    .address = SLICE("r@remote.2") });
	tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = 3,
	    .owed = OUTCOME_FAILED, .address = SLICE("r@remote.3") });
	tell_ready(0, 4);
	due();
	job = start(CHANNEL_REMOTE);
	tell_mail(0);
	tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = 1, .wait_s = 100,
	    .address = SLICE("r@remote.1") });
	tell_ready(0, 1);
	assert_int_equal(rcpt_of(0, 2)->stands, RCPT_DONE);
	assert_int_equal(rcpt_of(0, 3)->stands, RCPT_DONE);
	assert_null(mail(0)->owed);
	assert_int_equal(sched_wake_ms(&fake.sched), fake.now_ms + 100000);
	/* what runs goes on to its end, and the queue hears of it */
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_RUNS);
	result(job, 0, VERDICT_OK);
	ack_all();
	assert_int_equal(mail(0)->unfinished, 1);
	tell_mail(0);
	tell_ready(0, 0);
	assert_null(mail(0));
}

static void
what_the_queue_has_lost_is_open_again(void **state)
{
	struct sched_job *job;

	(void)state;
	slots(CHANNEL_REMOTE, 9);
	tell_mail(0);
	tell_rcpt(0, 0, "r@remote.0");
	tell_rcpt(0, 1, "r@remote.1");
	tell_ready(0, 2);
	due();
	job = start(CHANNEL_REMOTE);
	result(job, job_first(job)->n, VERDICT_OK);
	ack_all();
	tell_mail(0);
	tell_rcpt(0, 0, "r@remote.0");
	tell_rcpt(0, 1, "r@remote.1");
	tell_ready(0, 2);
	assert_int_equal(mail(0)->unfinished, 2);
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_WAITS);
	assert_int_equal(rcpt_of(0, 0)->attempt, 0);
	assert_true(rcpt_of(0, 0)->maybe);
	assert_int_equal(rcpt_of(0, 1)->stands, RCPT_READY);
}

/* Numbers only grow: one below, that was unknown, can't be. */
static void
an_impossible_number_is_refused(void **state)
{
	(void)state;
	tell_mail(0);
	tell_rcpt(0, 5, "r@local");
	tell_ready(0, 1);
	tell_mail(0);
	tell_rcpt(0, 3, "r@local");
	assert_false(announce_ready(&fake.sched, &(struct handover_ready){
	    .id = numbered(0), .rcpts = 1 }));
	assert_int_equal(mail(0)->rcpts, 1);
	assert_int_equal(rcpt_of(0, 5)->stands, RCPT_WAITS);
}

static void
recipients_have_a_limit(void **state)
{
	uint32_t i;

	(void)state;
	tell_mail(0);
	for (i = 0; i < SUBMIT_RCPTS_MAX; i++)
		tell_rcpt(0, i, "");
	assert_false(announce_rcpt(&fake.sched, &(struct handover_rcpt){
	    .id = numbered(0), .rcpt = i }, fake.now_ms));
}

/* No queue of ours says such things. */
static void
nonsense_is_refused(void **state)
{
	(void)state;
	assert_true(announce_mail(&fake.sched, &(struct handover_mail){
	    .id = numbered(0), .arrived_s = UINT64_MAX }, 0, fake.now_ms));
	assert_false(announce_rcpt(&fake.sched, &(struct handover_rcpt){
	    .id = numbered(0), .owed = OUTCOME_DEFERRED }, fake.now_ms));
	tell_rcpt_as(0, (struct handover_rcpt){ .action = UINT32_MAX,
	    .wait_s = UINT32_MAX, .attempt = UINT32_MAX });
	tell_ready(0, 1);
	assert_int_equal(mail(0)->arrived_s, 253402300799);
	assert_int_equal(rcpt_of(0, 0)->action, RCPT_ACTION_MAX);
	assert_false(announce_rcpt(&fake.sched, &(struct handover_rcpt){
	    .id = numbered(0), .rcpt = 1 }, fake.now_ms)); /* it was ready */
	assert_false(announce_ready(&fake.sched, &(struct handover_ready){
	    .id = numbered(0), .rcpts = 1 }));
}

/* A lost queue */

static void
a_lost_queue_is_forgotten(void **state)
{
	struct sched_job *job;

	(void)state;
	slots(CHANNEL_LOCAL, 9);
	tell_one(0, "r@local");
	tell_one(1, "r@local");
	due();
	job = start(CHANNEL_LOCAL);
	tell_one(2, "r@local"); /* waits */
	tell_mail(3); /* half */
	sched_queue_lost(&fake.sched, fake.now_ms);
	assert_non_null(mail(0));
	assert_null(mail(2));
	assert_null(start(CHANNEL_LOCAL)); /* 1 was ready, no more */
	assert_null(mail(1));
	assert_int_equal(sched_wake_ms(&fake.sched), -1);
	result(job, 0, VERDICT_TEMP);
	tell_one(0, "r@local"); /* before it has heard of that */
	assert_int_equal(mail(0)->rcpts, 1);
	ack_all();
	assert_int_equal(rcpt_of(0, 0)->attempt, 1);
	assert_int_equal(sched_wake_ms(&fake.sched), fake.now_ms + 10000);
}

static void
it_is_forgotten_once_told(void **state)
{
	struct sched_job *job;

	(void)state;
	slots(CHANNEL_LOCAL, 9);
	tell_one(0, "r@local");
	due();
	job = start(CHANNEL_LOCAL);
	sched_queue_lost(&fake.sched, fake.now_ms);
	result(job, 0, VERDICT_TEMP);
	assert_non_null(mail(0));
	ack_all();
	assert_null(mail(0));
	assert_true(sched_idle(&fake.sched));
}

static void
reports_are_asked_for_anew(void **state)
{
	(void)state;
	tell_mail(0);
	tell_rcpt_as(0, (struct handover_rcpt){ .owed = OUTCOME_FAILED,
	    .address = SLICE("a@b.c") });
	tell_ready(0, 1);
	assert_non_null(owed_next(&fake.sched));
	sched_queue_lost(&fake.sched, fake.now_ms);
	assert_null(mail(0));
	assert_null(owed_next(&fake.sched));
	assert_int_equal(fake.sched.reports, 0);
}

/* Expansion */

static void
one_request_for_all_that_are_due(void **state)
{
	struct sched_rcpt *r;
	struct sched_mail *m;
	uint32_t n = 0;

	(void)state;
	slots(CHANNEL_LOCAL, 9);
	tell_mail(0);
	tell_rcpt(0, 0, "a@alias");
	tell_rcpt(0, 1, "b@local");
	tell_rcpt(0, 2, "c@alias");
	tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = 3, .wait_s = 100,
	    .address = SLICE("d@alias") });
	tell_ready(0, 4);
	due();
	m = asked();
	assert_ptr_equal(m, mail(0));
	assert_null(asked());
	for (r = expansion_first(m); r; r = expansion_rest(m, r), n++)
		assert_true(r->n == 0 || r->n == 2);
	assert_int_equal(n, 2);
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_EXPANDS);
	assert_false(sched_idle(&fake.sched));
	/* the other one isn't held up */
	result(start(CHANNEL_LOCAL), 1, VERDICT_OK);
	ack_all();
	expanded(0, EXPANDED_DONE);
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_EXPANDS);
	tell_mail_as(0, "s@s.test", false);
	tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = 3, .wait_s = 100,
	    .address = SLICE("d@alias") });
	for (n = 4; n < 8; n++)
		tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = n,
		    .address = SLICE("t@alias"), .action = n - 3 });
	tell_ready(0, 5);
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_DONE);
	assert_int_equal(rcpt_of(0, 2)->stands, RCPT_DONE);
	assert_int_equal(mail(0)->unfinished, 5);
	due();
	assert_null(asked());
	assert_int_equal(start(CHANNEL_LOCAL)->rcpts, 4);
}

/* The announcement may come before the ack, too. */
static void
in_either_order(void **state)
{
	(void)state;
	tell_one(0, "a@alias");
	due();
	asked();
	targets_of(0, 1, 3);
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_DONE);
	expanded(0, EXPANDED_DONE);
	assert_int_equal(mail(0)->unfinished, 3);
	due();
	assert_int_equal(fake.sched.busy, 3);
}

static void
no_room_for_it_asks_again(void **state)
{
	(void)state;
	tell_one(0, "a@alias");
	due();
	asked();
	expanded(0, EXPANDED_LATER);
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_WAITS);
	assert_null(asked());
	wake();
	assert_int_equal(fake.now_ms, FAKE_START_MS + SCHED_SHORTAGE_MS);
	assert_non_null(asked());
	assert_int_equal(rcpt_of(0, 0)->attempt, 0);
	expanded(0, EXPANDED_NEVER);
	assert_int_equal(fake.n, 1);
	assert_int_equal(fake.outcome[0], OUTCOME_FAILED);
	assert_string_equal(fake.status[0], "5.3.4");
	ack_all();
	assert_ptr_equal(owed_next(&fake.sched), mail(0));
}

/* It was not needed: it is announced as it was. */
static void
not_needed_it_is_looked_up_again(void **state)
{
	(void)state;
	tell_one(0, "a@alias");
	due();
	asked();
	tell_one(0, "a@alias"); /* by something else, before the answer */
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_EXPANDS);
	expanded(0, EXPANDED_DONE);
	tell_one(0, "a@alias");
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_WAITS);
	due();
	assert_non_null(asked());
}

static void
an_expansion_owes_a_report(void **state)
{
	struct sched_mail *m;

	(void)state;
	slots(CHANNEL_LOCAL, 9);
	tell_mail(0);
	tell_rcpt_as(0, (struct handover_rcpt){ .address = SLICE("a@alias"),
	    .notify = NOTIFY_SUCCESS });
	tell_ready(0, 1);
	due();
	asked();
	expanded(0, EXPANDED_DONE);
	tell_mail_as(0, "s@s.test", false);
	tell_rcpt_as(0, (struct handover_rcpt){ .owed = OUTCOME_EXPANDED,
	    .address = SLICE("a@alias"), .notify = NOTIFY_SUCCESS });
	tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = 1, .wait_s = 100,
	    .address = SLICE("t@alias"), .action = 1 });
	tell_ready(0, 2);
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_OWED);
	m = owed_next(&fake.sched);
	assert_ptr_equal(m, mail(0));
	assert_int_equal(m->owed->outcome, OUTCOME_EXPANDED);
	m->owed->reported = true;
	assert_true(owed_reported(&fake.sched, &m->by.id));
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_DONE);
	assert_int_equal(mail(0)->unfinished, 1);
}

static void
lost_on_the_way_it_waits_again(void **state)
{
	struct sched_job *job;

	(void)state;
	slots(CHANNEL_LOCAL, 9);
	tell_mail(0);
	tell_rcpt(0, 0, "a@alias");
	tell_rcpt(0, 1, "b@local");
	tell_ready(0, 2);
	due();
	job = start(CHANNEL_LOCAL);
	sched_queue_lost(&fake.sched, fake.now_ms); /* not even sent */
	assert_null(asked());
	assert_int_equal(rcpt_of(0, 0)->stands, RCPT_WAITS);
	due();
	assert_null(asked()); /* it may be replaced already */
	tell_mail_as(0, "s@s.test", false);
	tell_rcpt(0, 0, "a@alias");
	tell_rcpt(0, 1, "b@local");
	tell_ready(0, 2);
	due();
	assert_non_null(asked());
	sched_queue_lost(&fake.sched, fake.now_ms);
	result(job, 1, VERDICT_OK);
	ack_all();
	assert_null(mail(0));
}

static void
deleted_on_the_way_it_is_forgotten(void **state)
{
	(void)state;
	tell_one(0, "a@alias");
	due();
	asked();
	orders_take(&fake.sched, &(struct handover_order){
	    .id = numbered(0), .order = ORDER_HOLD }, fake.now_ms);
	assert_non_null(mail(0));
	expanded(0, EXPANDED_DONE);
	assert_null(mail(0));
	expanded(0, EXPANDED_DONE); /* passed over */
	targets_of(0, 1, 2); /* released */
	due();
	assert_int_equal(fake.sched.busy, 2);
}

/* A request takes so many targets and no more; the others have another. */
static void
requests_have_a_limit(void **state)
{
	struct sched_mail *m;
	struct sched_rcpt *r;
	uint32_t i, n = 0;

	(void)state;
	tell_mail(0);
	for (i = 0; i < EXPANSION_TARGETS_MAX; i++)
		tell_rcpt(0, i, "a@alias"); /* two targets each */
	tell_ready(0, EXPANSION_TARGETS_MAX);
	due();
	m = asked();
	for (r = expansion_first(m); r; r = expansion_rest(m, r))
		n++;
	assert_int_equal(n, EXPANSION_TARGETS_MAX / 2);
	due();
	assert_null(asked());
	wake();
	assert_null(asked()); /* one request at a time */
	expanded(0, EXPANDED_LATER);
	fake.now_ms += SCHED_TOGETHER_MS;
	due();
	assert_non_null(asked());
}

/* Who is due while one is under way has the next. */
static void
one_request_at_a_time(void **state)
{
	(void)state;
	tell_mail(0);
	tell_rcpt(0, 0, "a@alias");
	tell_rcpt_as(0, (struct handover_rcpt){ .rcpt = 1, .wait_s = 5,
	    .address = SLICE("a@alias") });
	tell_ready(0, 2);
	due();
	assert_non_null(asked());
	wake();
	assert_int_equal(rcpt_of(0, 1)->stands, RCPT_WAITS);
	assert_null(asked());
	tell_mail(0);
	tell_rcpt(0, 1, "a@alias");
	tell_ready(0, 1);
	expanded(0, EXPANDED_DONE);
	wake();
	assert_non_null(asked());
	assert_ptr_equal(expansion_first(mail(0)), rcpt_of(0, 1));
}

/* What the routes say is an outcome at once. */
static void
routes_end_a_recipient(void **state)
{
	static struct {
		char const *address;
		enum outcome outcome;
		char const *status;
	} const ends[] = {
		{ "a@discard", OUTCOME_DELIVERED, "4.3.5" },
		{ "a@xreject", OUTCOME_FAILED, "5.1.6" },
		{ "a@tlimit", OUTCOME_DEFERRED, "4.3.5" },
		{ "a@nowhere", OUTCOME_DEFERRED, "4.3.5" },
	};
	uint32_t i;

	(void)state;
	for (i = 0; i < sizeof ends / sizeof *ends; i++) {
		tell_one(i, ends[i].address);
		due();
		assert_int_equal(fake.n, 1);
		assert_int_equal(fake.outcome[0], ends[i].outcome);
		assert_string_equal(fake.status[0], ends[i].status);
		ack_all();
	}
	tell_one(9, "a@short");
	due();
	assert_int_equal(fake.n, 0);
	assert_int_equal(rcpt_of(9, 0)->due_ms, fake.now_ms +
	    SCHED_SHORTAGE_MS);
}

static void
without_room_nothing_is_looked_up(void **state)
{
	(void)state;
	fake.room = false;
	tell_one(0, "a@nowhere");
	due();
	assert_int_equal(fake.looked_up, 0);
	fake.room = true;
	due();
	assert_int_equal(fake.n, 1);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		FAKE_TEST(new_recipients_are_added),
		FAKE_TEST(it_grows_by_parts),
		FAKE_TEST(what_waits_and_is_not_in_it_is_done),
		FAKE_TEST(what_the_queue_has_lost_is_open_again),
		FAKE_TEST(an_impossible_number_is_refused),
		FAKE_TEST(recipients_have_a_limit),
		FAKE_TEST(nonsense_is_refused),
		FAKE_TEST(a_lost_queue_is_forgotten),
		FAKE_TEST(it_is_forgotten_once_told),
		FAKE_TEST(reports_are_asked_for_anew),
		FAKE_TEST(one_request_for_all_that_are_due),
		FAKE_TEST(in_either_order),
		FAKE_TEST(no_room_for_it_asks_again),
		FAKE_TEST(not_needed_it_is_looked_up_again),
		FAKE_TEST(an_expansion_owes_a_report),
		FAKE_TEST(lost_on_the_way_it_waits_again),
		FAKE_TEST(deleted_on_the_way_it_is_forgotten),
		FAKE_TEST(requests_have_a_limit),
		FAKE_TEST(one_request_at_a_time),
		FAKE_TEST(routes_end_a_recipient),
		FAKE_TEST(without_room_nothing_is_looked_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
