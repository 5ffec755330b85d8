/* SPDX-License-Identifier: ISC */
/* What the schedule makes of orders, whatever a mail is doing at that time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "send/announce.h"
#include "send/job.h"
#include "send/orders.h"
#include "send/owed.h"
#include "send/rcpt.h"

enum { HOUR_MS = 3600 * 1000 };

static struct sched sched;
static struct handover_outcome told;	/* the last one */
static size_t outcomes;
static int64_t now_ms;
static struct traceid const id = { .octet = { 7 } };

static enum sched_way
route(void *owner, struct sched_mail const *m, struct sched_rcpt const *r,
    struct sched_route *out)
{
	(void)owner;
	(void)m;
	(void)r;
	out->to.channel = CHANNEL_REMOTE;
	snprintf(out->to.host, sizeof out->to.host, "x.test");
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
	(void)owner;
	told = *o;
	outcomes++;
}

static struct sched_hooks const hooks = { .route = route, .outcome = outcome,
	.room = room };

static int
set_up(void **unused)
{
	struct sched_limits const limits = { .lifetime_s = 432000,
	    .report_s = 86400, .unrouted_s = 3600 };

	(void)unused;
	now_ms = 1000;
	outcomes = 0;
	sched_init(&sched, 1, &hooks, NULL, &limits);
	return job_slots(&sched, CHANNEL_REMOTE, 4) ? 0 : -1;
}

static int
tear_down(void **unused)
{
	(void)unused;
	sched_free(&sched);
	return 0;
}

static void
announce(uint32_t rcpts, uint32_t wait_s)
{
	uint32_t i;

	assert_true(announce_mail(&sched, &(struct handover_mail){ .id = id,
	    .sender = SLICE("me@here.test"), .fresh = 1 }, 0, now_ms));
	for (i = 0; i < rcpts; i++)
		assert_true(announce_rcpt(&sched, &(struct handover_rcpt){
		    .id = id, .rcpt = i, .wait_s = wait_s,
		    .address = SLICE("a@x.test") }, now_ms));
	assert_true(announce_ready(&sched, &(struct handover_ready){ .id = id,
	    .rcpts = rcpts }));
}

static void
order(enum order what)
{
	orders_take(&sched, &(struct handover_order){ .id = id,
	    .order = (uint8_t)what }, now_ms);
}

static bool
is_known(void)
{
	return sched_find(&sched, &id) != NULL;
}

static struct sched_job *
job(void)
{
	sched_due(&sched, now_ms);
	return job_next(&sched, CHANNEL_REMOTE);
}

static void
result(struct sched_job const *j, uint32_t rcpt, enum verdict verdict)
{
	assert_true(job_result(&sched, CHANNEL_REMOTE,
	    &(struct deliver_result){ .job = j->number, .rcpt = rcpt,
	    .verdict = (uint8_t)verdict, .status = SLICE("4.0.0"),
	    .words = SLICE("later") }, now_ms));
}

static void
ack(uint32_t rcpt, uint32_t attempt)
{
	assert_true(rcpt_acked(&sched, &(struct handover_outcome_ack){
	    .id = id, .rcpt = rcpt, .attempt = attempt }, now_ms));
}

static void
test_unknown(void **unused)
{
	int what;

	(void)unused;
	for (what = 0; what < ORDERS; what++)
		order((enum order)what);
	assert_int_equal(outcomes, 0);
	assert_true(sched_idle(&sched));
}

static void
test_drop_waiting(void **unused)
{
	static enum order const drops[] = { ORDER_DELETE, ORDER_HOLD };
	size_t i;

	(void)unused;
	for (i = 0; i < 2; i++) {
		announce(2, 3600);
		order(drops[i]);
		assert_false(is_known());
		assert_int_equal(sched_wake_ms(&sched), -1);
	}
	assert_int_equal(outcomes, 0);
}

/* What stands in a lane isn't tried any more. */
static void
test_drop_ready(void **unused)
{
	(void)unused;
	announce(2, 0);
	sched_due(&sched, now_ms);
	order(ORDER_HOLD);
	assert_null(job_next(&sched, CHANNEL_REMOTE));
	assert_false(is_known());
	assert_true(sched_idle(&sched));
	assert_int_equal(sched.channel[CHANNEL_REMOTE].running, 0);
}

/* A lane that has other mail goes on with that. */
static void
test_drop_among_others(void **unused)
{
	struct traceid const other = { .octet = { 8 } };
	struct sched_job *j;

	(void)unused;
	announce(150, 0);	/* more than one job takes */
	assert_true(announce_mail(&sched, &(struct handover_mail){ .id = other,
	    .fresh = 1 }, 0, now_ms));
	assert_true(announce_rcpt(&sched, &(struct handover_rcpt){ .id = other,
	    .address = SLICE("b@x.test") }, now_ms));
	assert_true(announce_ready(&sched, &(struct handover_ready){ .id = other,
	    .rcpts = 1 }));
	sched_due(&sched, now_ms);
	order(ORDER_DELETE);
	j = job_next(&sched, CHANNEL_REMOTE);
	assert_non_null(j);
	assert_true(traceid_eq(&j->mail->by.id, &other));
	assert_null(job_next(&sched, CHANNEL_REMOTE));
	assert_false(is_known());
	result(j, 0, VERDICT_OK);
}

/* A job goes on to its end, and its outcome is told; then it is forgotten. */
static void
test_drop_running(void **unused)
{
	static enum verdict const ends[] = { VERDICT_OK, VERDICT_TEMP,
		VERDICT_PERM };
	struct sched_job *j;
	size_t i;

	(void)unused;
	for (i = 0; i < VERDICTS; i++) {
		announce(2, 0);
		j = job();
		assert_int_equal(j->rcpts, 2);
		order(ORDER_DELETE);
		result(j, 0, ends[i]);
		result(j, 1, ends[i]);
		assert_int_equal(outcomes, 2 * (i + 1));
		assert_true(is_known());
		ack(0, 0);
		assert_true(is_known());
		ack(1, 0);
		assert_false(is_known());
		assert_null(owed_next(&sched));
		assert_true(sched_idle(&sched));
	}
}

static void
test_drop_lost(void **unused)
{
	struct sched_job *j;

	(void)unused;
	announce(1, 0);
	j = job();
	job_begun(&sched, j);
	order(ORDER_DELETE);
	job_lost(&sched, CHANNEL_REMOTE, now_ms);
	assert_false(is_known());
	assert_true(job_slots(&sched, CHANNEL_REMOTE, 4));
	announce(1, 0);
	j = job();
	order(ORDER_HOLD);
	job_return(&sched, j, now_ms);
	assert_false(is_known());
}

static void
test_drop_reporting(void **unused)
{
	(void)unused;
	announce(2, 0);
	result(job(), 0, VERDICT_PERM);
	result(sched.channel[CHANNEL_REMOTE].job[0], 1, VERDICT_PERM);
	ack(0, 0);
	ack(1, 0);
	/* owed, then under way: the reporter holds a pointer to it */
	assert_ptr_equal(owed_next(&sched), sched_find(&sched, &id));
	order(ORDER_DELETE);
	assert_true(is_known());
	assert_true(owed_put_off(&sched, &id, now_ms));
	assert_false(is_known());
	announce(1, 0);
	result(job(), 0, VERDICT_PERM);
	ack(0, 0);
	order(ORDER_HOLD);
	assert_false(is_known());
	assert_null(owed_next(&sched));
	assert_true(sched_idle(&sched));
}

/* Released while the job that kept it was still running. */
static void
test_release(void **unused)
{
	struct sched_job *j;

	(void)unused;
	announce(1, 0);
	j = job();
	order(ORDER_HOLD);
	result(j, 0, VERDICT_TEMP);
	announce(1, 0);
	ack(0, 0);
	assert_true(is_known());
	assert_int_equal(sched_wake_ms(&sched), now_ms + 10000);
	now_ms += 10000;
	assert_non_null(j = job());
	result(j, 0, VERDICT_OK);
	ack(0, 1);
	assert_false(is_known());
}

static void
test_release_ready(void **unused)
{
	struct sched_job *j;

	(void)unused;
	announce(1, 0);
	sched_due(&sched, now_ms);
	order(ORDER_HOLD);
	announce(1, 0);
	assert_non_null(j = job());
	result(j, 0, VERDICT_OK);
	ack(0, 0);
	assert_false(is_known());
}

static void
test_retry(void **unused)
{
	struct sched_job *j;

	(void)unused;
	announce(2, 3600);
	assert_null(job());
	order(ORDER_RETRY);
	assert_int_equal(sched_wake_ms(&sched), now_ms);
	assert_non_null(j = job());
	assert_int_equal(j->rcpts, 2);
	order(ORDER_RETRY);
	assert_null(job());
	result(j, 0, VERDICT_OK);
	result(j, 1, VERDICT_OK);
}

static void
failed_by_order(size_t n, uint32_t attempt)
{
	assert_int_equal(outcomes, n);
	assert_int_equal(told.outcome, OUTCOME_FAILED);
	assert_int_equal(told.attempt, attempt);
	assert_true(slice_is(told.status, "5.0.0"));
	assert_true(slice_is(told.words, "given up by the administrator"));
}

static void
test_bounce_waiting(void **unused)
{
	struct sched_owed *f;

	(void)unused;
	announce(2, 3600);
	order(ORDER_BOUNCE);
	failed_by_order(2, 0);
	order(ORDER_BOUNCE);
	failed_by_order(2, 0);
	ack(0, 0);
	assert_null(owed_next(&sched));
	ack(1, 0);
	assert_ptr_equal(owed_next(&sched), sched_find(&sched, &id));
	for (f = sched_find(&sched, &id)->owed; f; f = f->next)
		f->reported = true;
	assert_true(owed_reported(&sched, &id));
	assert_false(is_known());
}

/* Given up before it was announced: it is never due. */
static void
test_bounce_coming(void **unused)
{
	(void)unused;
	assert_true(announce_mail(&sched, &(struct handover_mail){ .id = id },
	    0, now_ms));
	order(ORDER_BOUNCE);
	assert_true(announce_rcpt(&sched, &(struct handover_rcpt){ .id = id,
	    .address = SLICE("a@x.test"), .attempt = 3 }, now_ms));
	assert_true(announce_ready(&sched, &(struct handover_ready){ .id = id,
	    .rcpts = 1 }));
	failed_by_order(1, 3);
	assert_int_equal(sched_wake_ms(&sched), -1);
}

static void
test_bounce_ready(void **unused)
{
	(void)unused;
	announce(1, 0);
	sched_due(&sched, now_ms);
	order(ORDER_BOUNCE);
	assert_null(job_next(&sched, CHANNEL_REMOTE));
	failed_by_order(1, 0);
}

/* What is delivered by the job under way stays so; what would be tried again
 * fails. */
static void
test_bounce_running(void **unused)
{
	struct sched_job *j;

	(void)unused;
	announce(2, 0);
	j = job();
	order(ORDER_BOUNCE);
	assert_int_equal(outcomes, 0);
	result(j, 0, VERDICT_OK);
	assert_int_equal(told.outcome, OUTCOME_DELIVERED);
	result(j, 1, VERDICT_TEMP);
	assert_int_equal(told.outcome, OUTCOME_DEFERRED);
	ack(0, 0);
	ack(1, 0);
	failed_by_order(3, 1);
	ack(1, 1);
	assert_non_null(owed_next(&sched));
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	struct CMUnitTest const tests[] = {
		TEST(test_unknown),
		TEST(test_drop_waiting),
		TEST(test_drop_ready),
		TEST(test_drop_among_others),
		TEST(test_drop_running),
		TEST(test_drop_lost),
		TEST(test_drop_reporting),
		TEST(test_release),
		TEST(test_release_ready),
		TEST(test_retry),
		TEST(test_bounce_waiting),
		TEST(test_bounce_coming),
		TEST(test_bounce_ready),
		TEST(test_bounce_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
