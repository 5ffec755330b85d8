/* SPDX-License-Identifier: ISC */
/* Messages without a queue: what they hold, what they come to, and which
 * verdict many results make; and a local of our own making. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/carrier.h"
#include "common/loop.h"
#include "common/msgfd.h"
#include "common/unixsock.h"

static struct parcels all = { .hostname = "mx.test" };
static struct routes routes;

static struct parcel *
make(char const *const *rcpt)
{
	struct submit_open const open = { .sender = SLICE("s@c.test") };
	struct parcel *p = parcel_new(&all, &open, -1, 0);

	assert_non_null(p);
	for (; *rcpt; rcpt++)
		assert_true(parcel_rcpt(p, &(struct submit_rcpt){
		    .address = slice_of(*rcpt) }));
	parcel_text(p, SLICE("a: b\r\n\r\n"));
	return p;
}

static int
set_up(void **state)
{
	struct parse_error error;

	(void)state;
	return !routes_parse(&routes, SLICE(
	    "a@x.test maildir a/\n"
	    "b@x.test maildir a/, mbox b\n"
	    "list@x.test alias a@x.test b@x.test\n"
	    "no@x.test reject 550 5.1.6 gone\n"
	    "wait@x.test reject 450 4.2.1 wait\n"
	    "ring@x.test alias ring@x.test\n"
	    "@x.test maildir ${local}/\n"), &error);
}

static int
tear_down(void **state)
{
	(void)state;
	routes_free(&routes);
	return all.held != 0;
}

static void
targets(void **state)
{
	char const *rcpt[] = { "a@x.test", "list@x.test", NULL };
	struct parcel *p = make(rcpt);

	(void)state;
	assert_true(parcel_end(p, &routes));
	assert_int_equal(p->targets, 4);
	assert_int_equal(p->owed, 4);
	assert_true(msgfd_valid(p->text, p->size));
	assert_int_equal(p->said, 8);
	assert_int_equal(write(p->text, "x", 1), -1);
	parcel_free(p);
}

static void
refusals(void **state)
{
	static struct {
		char const *rcpt;
		enum verdict verdict;
		char const *status;
	} const rows[] = {
		{ "no@x.test", VERDICT_PERM, "5.1.6" },
		{ "wait@x.test", VERDICT_TEMP, "4.2.1" },
		{ "ring@x.test", VERDICT_PERM, "5.4.6" },
		{ "a@else.test", VERDICT_PERM, "5.1.1" },
		{ "else", VERDICT_PERM, "5.1.3" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		char const *rcpt[] = { "a@x.test", rows[i].rcpt, NULL };
		struct parcel *p = make(rcpt);

		assert_false(parcel_end(p, &routes));
		assert_int_equal(p->outcome.verdict, rows[i].verdict);
		assert_string_equal(p->outcome.status, rows[i].status);
		assert_int_equal(p->owed, 0);
		parcel_free(p);
	}
}

/* The worst counts, the first of its kind is heard. */
static void
verdicts(void **state)
{
	char const *rcpt[] = { "a@x.test", NULL };
	struct parcel *p = make(rcpt);
	static char words[PARCEL_WORDS_MAX + 1];

	(void)state;
	memset(words, 'w', sizeof words);
	assert_true(parcel_end(p, &routes));
	parcel_result(p, p->target, VERDICT_OK, SLICE("2.0.0"), SLICE("good"));
	assert_int_equal(p->outcome.verdict, VERDICT_OK);
	parcel_result(p, p->target, VERDICT_PERM, SLICE("5.0.0"),
	    SLICE("bad"));
	parcel_result(p, p->target, VERDICT_PERM, SLICE("5.1.1"),
	    SLICE("worse"));
	assert_string_equal(p->outcome.status, "5.0.0");
	parcel_result(p, p->target, VERDICT_TEMP, SLICE("4.0.0"),
	    slice_from(words, sizeof words));
	parcel_result(p, p->target, VERDICT_OK, SLICE("2.0.0"), SLICE(""));
	assert_int_equal(p->outcome.verdict, VERDICT_TEMP);
	assert_string_equal(p->outcome.status, "4.0.0");
	assert_int_equal(strlen(p->outcome.words), PARCEL_WORDS_MAX);
	parcel_free(p);
}

/* Each fares by itself, and by what befalls all. */
static void
each(void **state)
{
	char const *rcpt[] = { "a@x.test", "else", "a@x.test", NULL };
	struct parcel *p = make(rcpt);
	struct parcel_rcpt const *first = p->rcpt, *second = first->next;

	(void)state;
	all.each = true;
	assert_true(parcel_end(p, &routes));
	assert_int_equal(p->targets, 2);
	assert_int_equal(p->owed, 2);
	assert_int_equal(first->outcome.verdict, VERDICT_OK);
	assert_string_equal(second->outcome.status, "5.1.3");
	parcel_result(p, p->target, VERDICT_OK, SLICE("2.0.0"), SLICE(""));
	assert_int_equal(parcel_give_up(p, 0, "lost"), 1);
	assert_int_equal(first->outcome.verdict, VERDICT_OK);
	assert_string_equal(second->outcome.status, "5.1.3");
	assert_string_equal(second->next->outcome.status, "4.3.0");
	parcel_free(p);

	/* before there are recipients, too */
	all.held += PARCELS_HELD_MAX;
	p = make(rcpt);
	all.held -= PARCELS_HELD_MAX;
	assert_false(parcel_end(p, &routes));
	assert_string_equal(p->rcpt->outcome.status, "4.3.1");
	assert_string_equal(p->rcpt->next->outcome.status, "4.3.1");
	parcel_free(p);
	all.each = false;
}

static void
memory_has_an_end(void **state)
{
	char const *rcpt[] = { "a@x.test", NULL };
	struct parcel *p = make(rcpt), *q = make(rcpt);
	uint64_t const others = PARCELS_HELD_MAX - all.held - 1;

	(void)state;
	all.held += others;
	parcel_text(p, SLICE("x"));
	assert_int_equal(p->outcome.verdict, VERDICT_OK);
	assert_int_equal(all.held, PARCELS_HELD_MAX);
	parcel_text(p, SLICE("x"));
	assert_int_equal(p->outcome.verdict, VERDICT_TEMP);
	assert_string_equal(p->outcome.status, "4.3.1");
	assert_false(parcel_end(p, &routes));
	assert_true(parcel_end(q, &routes));
	all.held -= others;
	parcel_free(p);
	parcel_free(q);
}

/* A local of our own making */

static struct loop loop;
static struct carrier carrier;
static struct peer local;
static unsigned jobs, rcpts, dones, losses;
static struct deliver_run last;
static enum verdict verdict;

static bool
hear_job(void *owner, void const *values, int fd)
{
	struct deliver_job const *job = values;

	(void)owner;
	assert_true(msgfd_valid(fd, job->size));
	close(fd);
	jobs++;
	return true;
}

static bool
hear_rcpt(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)values;
	(void)fd;
	rcpts++;
	return true;
}

static bool
hear_run(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	last = *(struct deliver_run const *)values;
	loop.stop = true;
	return true;
}

static void
gone(void *owner, char const *why)
{
	(void)owner;
	(void)why;
	loop.stop = true;
}

static struct peer_row const rows[] = {
	{ &deliver_job_form, true, hear_job },
	{ &deliver_rcpt_form, false, hear_rcpt },
	{ &deliver_run_form, false, hear_run },
};
static struct peer_kind const kind = { .row = rows, .rows = 3, .gone = gone };

static void
done(void *owner, struct parcel *p)
{
	(void)owner;
	dones++;
	verdict = p->outcome.verdict;
	parcel_free(p);
	loop.stop = true;
}

static void
lost(void *owner)
{
	(void)owner;
	losses++;
	loop.stop = true;
}

static void
run(void)
{
	loop.stop = false;
	assert_true(loop_run(&loop));
}

static void
connect_both(void)
{
	int pair[2];

	jobs = rcpts = dones = losses = 0;
	assert_true(loop_open(&loop));
	assert_true(unixsock_pair(pair));
	carrier = (struct carrier){ .loop = &loop, .done = done,
		.lost = lost };
	assert_true(carrier_open(&carrier, pair[0]));
	assert_true(peer_open(&local, &loop, pair[1], &kind, NULL));
}

static void
offer(uint32_t slots)
{
	assert_true(peer_send(&local, &deliver_slots_form,
	    &(struct deliver_slots){ .jobs = slots }, -1));
}

static void
result(uint32_t job, uint32_t rcpt)
{
	assert_true(peer_send(&local, &deliver_result_form,
	    &(struct deliver_result){ .job = job, .rcpt = rcpt,
	    .verdict = VERDICT_OK, .status = SLICE("2.0.0") }, -1));
}

static struct parcel *
make_many(size_t n)
{
	char const *none[] = { NULL };
	struct parcel *p = make(none);
	char text[32];

	while (n--) {
		snprintf(text, sizeof text, "u%zu@x.test", n);
		assert_true(parcel_rcpt(p, &(struct submit_rcpt){
		    .address = slice_of(text) }));
	}
	assert_true(parcel_end(p, &routes));
	return p;
}

/* More than a job takes, with one slot. */
static void
carried_in_turn(void **state)
{
	uint32_t i;

	(void)state;
	connect_both();
	carrier_take(&carrier, make_many(DELIVER_RCPTS_MAX + 1));
	offer(1);
	run();
	assert_int_equal(jobs, 1);
	assert_int_equal(last.rcpts, DELIVER_RCPTS_MAX);
	for (i = 0; i < DELIVER_RCPTS_MAX; i++)
		result(last.job, i);
	run();
	assert_int_equal(jobs, 2);
	assert_int_equal(last.rcpts, 1);
	assert_int_equal(dones, 0);
	result(last.job, DELIVER_RCPTS_MAX);
	run();
	assert_int_equal(dones, 1);
	assert_int_equal(verdict, VERDICT_OK);
	carrier_close(&carrier);
	peer_close(&local);
	loop_close(&loop);
}

/* Results that nobody asked for end the connection, and all hear of it. */
static void
nonsense_is_no_result(void **state)
{
	static struct {
		uint32_t job, rcpt;
	} const wrong[] = { { 2, 0 }, { 1, 2 }, { 1, 0 } };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		connect_both();
		carrier_take(&carrier, make_many(2));
		offer(5);
		run();
		if (i == 2) result(1, 0); /* the same twice */
		result(wrong[i].job, wrong[i].rcpt);
		while (!losses)
			run();
		assert_int_equal(dones, 1);
		assert_int_equal(verdict, VERDICT_TEMP);
		assert_false(carrier_is_open(&carrier));
		carrier_take(&carrier, make_many(1));
		assert_int_equal(dones, 2);
		carrier_close(&carrier);
		if (peer_is_open(&local)) peer_close(&local);
		loop_close(&loop);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(targets),
		cmocka_unit_test(refusals),
		cmocka_unit_test(verdicts), cmocka_unit_test(each),
		cmocka_unit_test(memory_has_an_end),
		cmocka_unit_test(carried_in_turn),
		cmocka_unit_test(nonsense_is_no_result),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
