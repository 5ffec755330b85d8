/* SPDX-License-Identifier: ISC */
/* Who comes next: no mail and no host is in another's way, whatever its
 * crowd; shortages of ours stop a lane instead of each message. */
#include "tests/send_fake.h"

enum { CROWD = 10000 };

/* A mail with so many recipients, at one host or at one host each. */
static void
tell_crowd(uint32_t n, uint32_t rcpts, bool apart)
{
	uint32_t i;

	tell_mail(n);
	for (i = 0; i < rcpts; i++) {
		char address[40];

		snprintf(address, sizeof address, "r@remote.%u",
		    apart ? i : 0);
		tell_rcpt(n, i, address);
	}
	tell_ready(n, rcpts);
}

static uint32_t
jobs_of(uint32_t n)
{
	struct sched_channel const *c = &fake.sched.channel[CHANNEL_REMOTE];
	uint32_t i, jobs = 0;

	for (i = 0; i < c->slots; i++)
		if (c->job[i] && number_of(c->job[i]->mail) == n) jobs++;
	return jobs;
}

static uint32_t
start_all(enum channel_name c)
{
	uint32_t n = 0;

	while (start(c))
		n++;
	return n;
}

/* However many hosts it goes to, it leaves slots, and another's first job is
 * next. */
static void
a_crowd_leaves_room(void **state)
{
	uint32_t n;

	(void)state;
	slots(CHANNEL_REMOTE, 90);
	tell_crowd(0, CROWD, true);
	due();
	assert_int_equal(start_all(CHANNEL_REMOTE), 60);
	for (n = 1; n < LANE_START; n++) {
		tell_one(n, "r@remote.5"); /* even to a host of the crowd's */
		due();
		assert_non_null(start(CHANNEL_REMOTE));
		assert_int_equal(jobs_of(n), 1);
	}
	/* two such share what there is: 2 x 2/5, but for those who are there */
	tell_crowd(6, CROWD, true);
	due();
	start_all(CHANNEL_REMOTE);
	assert_in_range(jobs_of(6), 12, 36);
	assert_int_equal(jobs_of(0), 60);
}

/* The crowd's jobs end one by one, and each slot goes to who has fewer. */
static void
a_crowd_shares(void **state)
{
	struct sched_channel *c = &fake.sched.channel[CHANNEL_REMOTE];
	uint32_t i;

	(void)state;
	slots(CHANNEL_REMOTE, 50);
	tell_crowd(0, CROWD, true);
	due();
	start_all(CHANNEL_REMOTE);
	tell_crowd(1, CROWD, true);
	due();
	start_all(CHANNEL_REMOTE);
	for (i = 0; i < 50; i++) {
		if (!c->job[i]) continue;
		result_all(c->job[i], VERDICT_OK, false);
		start_all(CHANNEL_REMOTE);
	}
	assert_in_range(jobs_of(0), 19, 21);
	assert_in_range(jobs_of(1), 19, 21);
}

/* A crowd for one host; then somebody for the same one, and for another: each
 * is in one of the next two jobs. */
static void
a_crowd_delays_by_one_job(void **state)
{
	struct sched_job *job;

	(void)state;
	slots(CHANNEL_REMOTE, 2);
	tell_crowd(0, CROWD, false);
	due();
	job = start(CHANNEL_REMOTE);
	assert_int_equal(job->rcpts, DELIVER_RCPTS_MAX);
	assert_int_equal(start(CHANNEL_REMOTE)->rcpts, DELIVER_RCPTS_MAX);
	tell_one(1, "r@remote.0");
	tell_one(2, "r@remote.1");
	due();
	result_all(job, VERDICT_OK, false);
	job = start(CHANNEL_REMOTE);
	assert_int_equal(number_of(job->mail), 1);
	result_all(job, VERDICT_OK, false);
	assert_int_equal(number_of(start(CHANNEL_REMOTE)->mail), 2);
}

/* A busy host: who waits for it behind a crowd that has all its own jobs
 * elsewhere doesn't wait for that crowd. */
static void
nobody_waits_behind_a_crowd_at_a_busy_host(void **state)
{
	struct sched_job *busy[LANE_START], *job;
	uint32_t i;

	(void)state;
	slots(CHANNEL_REMOTE, 60);
	for (i = 0; i < LANE_START; i++) {
		tell_one(1 + i, "r@remote.7");
		due();
		busy[i] = start(CHANNEL_REMOTE);
	}
	tell_crowd(0, CROWD, true);
	due();
	start_all(CHANNEL_REMOTE); /* its task for host 7 is parked first */
	tell_one(50, "r@remote.7");
	tell_one(51, "r@remote.7");
	due();
	assert_int_equal(start_all(CHANNEL_REMOTE), 0);
	for (i = 0; i < 2; i++) {
		result_all(busy[i], VERDICT_TEMP, false);
		while ((job = start(CHANNEL_REMOTE)) &&
		    number_of(job->mail) != 50 + i)
			;
		assert_non_null(job);
	}
}

static void
everybody_has_a_turn(void **state)
{
	struct sched_channel *c = &fake.sched.channel[CHANNEL_REMOTE];
	bool seen[100] = { false };
	uint32_t i, n, ended = 0;

	(void)state;
	slots(CHANNEL_REMOTE, 30);
	tell_crowd(0, 300, true);
	for (n = 1; n < 100; n++)
		tell_one(n, n % 2 ? "r@remote.3" : "r@remote.4");
	due();
	for (start_all(CHANNEL_REMOTE); c->running; start_all(CHANNEL_REMOTE))
		for (i = 0; i < 30; i++)
			if (c->job[i]) {
				seen[number_of(c->job[i]->mail)] = true;
				ended += c->job[i]->rcpts;
				result_all(c->job[i], VERDICT_OK, false);
			}
	for (n = 0; n < 100; n++)
		assert_true(seen[n]);
	assert_int_equal(ended, 399);
	ack_all();
	assert_int_equal(fake.sched.map.n, 0);
}

/* In time that does not grow with the square of the recipients, each with a
 * host and a due time of its own. */
static void
a_crowd_is_dealt_with_in_time(void **state)
{
	struct sched_channel *c = &fake.sched.channel[CHANNEL_REMOTE];
	uint32_t i, n = 0;

	(void)state;
	slots(CHANNEL_REMOTE, DELIVER_SLOTS_MAX);
	tell_crowd(0, CROWD, true);
	due();
	while (n < CROWD) {
		n += start_all(CHANNEL_REMOTE);
		for (i = 0; i < c->slots; i++)
			if (c->job[i])
				result_all(c->job[i], VERDICT_TEMP, false);
	}
	assert_int_equal(n, CROWD);
	for (i = 0; i < CROWD; i++)
		rcpt_of(0, i)->due_ms += i * 2000;
	ack_all();
	for (i = 0; i < CROWD; i++) {
		wake();
		assert_int_equal(fake.sched.busy, i + 1);
	}
	job_lost(&fake.sched, CHANNEL_REMOTE, fake.now_ms);
	assert_int_equal(fake.sched.busy, CROWD);
}

/* Limits */

static void
slots_have_a_limit(void **state)
{
	(void)state;
	assert_false(job_slots(&fake.sched, CHANNEL_LOCAL,
	    DELIVER_SLOTS_MAX + 1));
	slots(CHANNEL_LOCAL, DELIVER_SLOTS_MAX);
	slots(CHANNEL_LOCAL, 0);
	tell_one(0, "r@local");
	due();
	assert_null(start(CHANNEL_LOCAL));
	slots(CHANNEL_LOCAL, 1);
	assert_non_null(start(CHANNEL_LOCAL));
	assert_false(job_slots(&fake.sched, CHANNEL_LOCAL, 1)); /* it runs */
}

static void
lanes_have_a_limit(void **state)
{
	struct sched_job *first = NULL;
	uint32_t n;

	(void)state;
	slots(CHANNEL_REMOTE, 1000);
	for (n = 0; n < LANE_START + 3; n++)
		tell_one(n, "r@remote.5");
	tell_one(n, "r@remote.6");
	due();
	for (n = 0; n < LANE_START + 1; n++) {
		struct sched_job *job = start(CHANNEL_REMOTE);

		assert_non_null(job);
		if (number_of(job->mail) == 0) first = job;
	}
	assert_null(start(CHANNEL_REMOTE));
	result(first, 0, VERDICT_OK); /* its place, and one more */
	assert_non_null(start(CHANNEL_REMOTE));
	assert_non_null(start(CHANNEL_REMOTE));
	assert_null(start(CHANNEL_REMOTE));
}

/* A success makes room for one more, up to the most; trouble with the host
 * halves it, down to one, and then only a round of successes makes room. */
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
#define FELT(what) lane_felt(&fake.sched, &lane, &what, fake.now_ms)
	for (limit = LANE_START; limit < LANE_MAX; limit++) {
		assert_int_equal(lane.limit, limit);
		if (limit % 2)
			FELT(fine);
		else
			FELT(later); /* it answers: that is enough */
	}
	for (i = 0; i < 3 * LANE_MAX; i++)
		FELT(fine);
	assert_int_equal(lane.limit, LANE_MAX);
	trouble.ours = true;
	FELT(trouble); /* that says nothing of the host */
	assert_int_equal(lane.limit, LANE_MAX);
	trouble.ours = false;
	for (limit = LANE_MAX / 2; limit > 1; limit /= 2) {
		if (limit % 2)
			FELT(away);
		else
			FELT(trouble);
		assert_int_equal(lane.limit, limit);
	}
	FELT(away);
	FELT(trouble);
	for (limit = 1; limit < LANE_MAX; limit++) {
		for (i = 0; i < limit; i++) {
			assert_int_equal(lane.limit, limit);
			FELT(fine);
		}
	}
	assert_int_equal(lane.limit, LANE_MAX);
#undef FELT
}

/* Shortages */

/* After three in a row the lane rests; then one try at a time, until one is
 * not short: nobody's try is counted, and not everybody tries in vain. */
static void
a_shortage_rests_the_lane(void **state)
{
	struct sched_job *job;
	uint32_t n, tries = 0;

	(void)state;
	slots(CHANNEL_LOCAL, 100);
	for (n = 0; n < 50; n++)
		tell_one(n, "r@local");
	due();
	for (n = 0; n < LANE_SHORT; n++)
		result_all(start(CHANNEL_LOCAL), VERDICT_TEMP, true);
	assert_null(start(CHANNEL_LOCAL));
	for (n = 0; n < 20; n++) {
		int64_t before = fake.now_ms;

		wake();
		assert_true(fake.now_ms - before <= LANE_REST_MS);
		job = start(CHANNEL_LOCAL);
		assert_null(start(CHANNEL_LOCAL));
		if (!job) continue;
		tries++;
		result_all(job, VERDICT_TEMP, true);
		assert_null(start(CHANNEL_LOCAL));
	}
	assert_in_range(tries, 8, 20);
	assert_int_equal(fake.n, 0); /* no outcome */
	while (!(job = start(CHANNEL_LOCAL)))
		wake();
	result_all(job, VERDICT_OK, false);
	fake.now_ms += SCHED_SHORTAGE_MS;
	due();
	assert_int_equal(start_all(CHANNEL_LOCAL), 49);
	for (n = 0; n < 50; n++)
		assert_int_equal(rcpt_of(n, 0)->attempt, 0);
}

/* One that fails for want of something again and again stops nobody. */
static void
a_single_shortage_rests_nothing(void **state)
{
	struct sched_job *job;
	uint32_t n;

	(void)state;
	slots(CHANNEL_LOCAL, 100);
	tell_one(0, "r@local");
	for (n = 1; n < 30; n++) {
		tell_one(n, "r@local");
		fake.now_ms += SCHED_SHORTAGE_MS;
		due();
		while ((job = start(CHANNEL_LOCAL)))
			result_all(job, number_of(job->mail) ? VERDICT_OK :
			    VERDICT_TEMP, !number_of(job->mail));
		assert_int_equal(fake.n, n);
	}
}

static void
another_lane_does_not_rest(void **state)
{
	uint32_t n;

	(void)state;
	slots(CHANNEL_REMOTE, 100);
	for (n = 0; n < 10; n++)
		tell_one(n, "r@remote.1");
	due();
	for (n = 0; n < LANE_SHORT; n++)
		result_all(start(CHANNEL_REMOTE), VERDICT_TEMP, true);
	tell_one(20, "r@remote.2");
	due();
	assert_int_equal(start_all(CHANNEL_REMOTE), 1);
	assert_int_equal(jobs_of(20), 1);
}

/* Texts that can't be had: the same, for all lanes. */
static void
texts_that_cannot_be_had(void **state)
{
	struct sched_job *job;
	uint32_t n;

	(void)state;
	slots(CHANNEL_LOCAL, 100);
	slots(CHANNEL_REMOTE, 100);
	for (n = 0; n < 50; n++)
		tell_one(n, n % 2 ? "r@local" : "r@remote.1");
	due();
	for (n = 0; n < SCHED_UNREADABLE; n++) {
		job = job_next(&fake.sched, n % 2);
		assert_non_null(job);
		job_unreadable(&fake.sched, job, fake.now_ms);
	}
	assert_null(start(CHANNEL_LOCAL));
	assert_null(start(CHANNEL_REMOTE));
	wake();
	assert_int_equal(fake.now_ms, FAKE_START_MS + SCHED_SHORTAGE_MS);
	job = job_next(&fake.sched, CHANNEL_LOCAL);
	assert_non_null(job);
	assert_null(job_next(&fake.sched, CHANNEL_LOCAL));
	assert_null(job_next(&fake.sched, CHANNEL_REMOTE));
	job_unreadable(&fake.sched, job, fake.now_ms);
	assert_null(start(CHANNEL_LOCAL));
	wake();
	assert_non_null(start(CHANNEL_REMOTE)); /* it has its text */
	assert_non_null(start(CHANNEL_REMOTE));
	assert_non_null(start(CHANNEL_LOCAL));
	assert_int_equal(fake.n, 0);
}

/* Who was asked for and is not wanted any more stops nobody. */
static void
a_lost_question_is_no_question(void **state)
{
	uint32_t n;

	(void)state;
	slots(CHANNEL_LOCAL, 10);
	for (n = 0; n < 5; n++)
		tell_one(n, "r@local");
	due();
	for (n = 0; n < SCHED_UNREADABLE; n++)
		job_unreadable(&fake.sched, job_next(&fake.sched,
		    CHANNEL_LOCAL), fake.now_ms);
	wake();
	assert_non_null(job_next(&fake.sched, CHANNEL_LOCAL));
	job_lost(&fake.sched, CHANNEL_LOCAL, fake.now_ms);
	assert_int_equal(fake.sched.asking, 0);
	slots(CHANNEL_LOCAL, 10);
	due();
	assert_non_null(job_next(&fake.sched, CHANNEL_LOCAL));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		FAKE_TEST(a_crowd_leaves_room),
		FAKE_TEST(a_crowd_shares),
		FAKE_TEST(a_crowd_delays_by_one_job),
		FAKE_TEST(nobody_waits_behind_a_crowd_at_a_busy_host),
		FAKE_TEST(everybody_has_a_turn),
		FAKE_TEST(a_crowd_is_dealt_with_in_time),
		FAKE_TEST(slots_have_a_limit),
		FAKE_TEST(lanes_have_a_limit),
		FAKE_TEST(a_limit_follows_the_host),
		FAKE_TEST(a_shortage_rests_the_lane),
		FAKE_TEST(a_single_shortage_rests_nothing),
		FAKE_TEST(another_lane_does_not_rest),
		FAKE_TEST(texts_that_cannot_be_had),
		FAKE_TEST(a_lost_question_is_no_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
