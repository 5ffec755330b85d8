/* SPDX-License-Identifier: ISC */
/* Mail that waits for long keeps its own segments and none of those that came
 * after a start; but nothing is overwritten that says what became of it. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/queue_spool.h"

enum { OLD = 60, LEN = 60000, PASSING = 120, MANY = 1200 };

static struct unit unit[MANY], outcome[MANY];
static uint32_t next;		/* number of the next message */

static void
restart(void)
{
	stop_queue();
	start_queue();
	assert_int_equal(recovery.damaged, 0);
}

static struct message *
look_up(uint32_t n)
{
	struct traceid id = numbered(n);

	return state_find(&state, &id);
}

static uint32_t
commit_octets(size_t len)
{
	uint32_t n = next++;

	assert_true(append_message(&unit[n], n, 1, len));
	TURN_UNTIL(unit[n].fine == 1);
	return n;
}

static uint32_t
commit(void)
{
	return commit_octets(LEN);
}

static void
commit_outcome(uint32_t n, uint32_t attempt, enum rcpt_state after)
{
	append_outcome(&outcome[n], n, 0, attempt, after);
	journal_hurry(&journal);
	TURN_UNTIL(outcome[n].fine == 1);
}

/* Mail comes and goes, enough to write each unused segment. */
static void
let_pass(void)
{
	uint32_t i, n = commit();

	for (i = 1; i < PASSING; i++) {
		uint32_t before = n;

		n = commit();
		commit_outcome(before, 0, RCPT_DELIVERED);
	}
	commit_outcome(n, 0, RCPT_DELIVERED);
}

/* Some segments of mail that waits, and another start. */
static int
begin(void **unused)
{
	uint32_t i;

	small_segments = JOURNAL_SEGMENT_MIN;
	if (make_spool(unused)) return -1;
	next = 0;
	for (i = 0; i < OLD; i++)
		commit();
	restart();
	return 0;
}

static void
it_holds_up_nothing(void **unused)
{
	uint16_t const found = journal.segments;
	uint32_t n;

	(void)unused;
	assert_in_range(journal.used.n, 4, 5);
	let_pass();
	assert_in_range(journal.number, found + 5, UINT32_MAX);
	assert_in_range(journal.segments, found, found + 3);
	restart();
	let_pass();
	assert_in_range(journal.segments, found, found + 3);
	restart();
	assert_int_equal(state.map.n, OLD);
	for (n = 0; n < OLD; n++)
		assert_int_equal(look_up(n)->unit, unit[n].unit.len);
}

/* What was said of old mail outlives all that comes later, also where another
 * start knows of it only from the journal. */
static void
what_became_of_it_stays(void **unused)
{
	int restarts;

	(void)unused;
	commit_outcome(0, 0, RCPT_OPEN);
	commit_outcome(20, 0, RCPT_DELIVERED);
	for (restarts = 0; restarts < 3; restarts++) {
		let_pass();
		restart();
		assert_int_equal(state.map.n, OLD - 1);
		assert_null(look_up(20));
		assert_int_equal(look_up(0)->rcpt->attempt, 1);
	}
}

/* Once the old mail is gone, so is all that was said of it. */
static void
what_it_held_is_free_at_last(void **unused)
{
	uint32_t n;

	(void)unused;
	commit_outcome(0, 0, RCPT_OPEN);
	let_pass();
	assert_in_range(journal.used.n, 9, UINT16_MAX);
	restart();
	for (n = 0; n < OLD; n++)
		commit_outcome(n, n ? 0 : 1, RCPT_DELIVERED);
	let_pass();
	assert_in_range(journal.used.n, 1, 3);
	restart();
	assert_int_equal(state.map.n, 0);
}

/* Another unit of an old message replaces the first one, which stays readable;
 * when it ends, neither comes back. */
static void
replaced_mail_stays_ended(void **unused)
{
	struct unit again = { .fine = -1 };
	struct message *m = look_up(20);

	(void)unused;
	again.unit = (struct journal_unit){ .committed = outcome_committed,
	    .owner = &again, .about = journal_about(&journal, m->segment) };
	again.outcome.rcpt = UINT32_MAX; /* nothing comes of it by itself */
	journal_begin(&journal, JOURNAL_MAIL);
	assert_true(add_unit(&again, 20, 1, LEN));
	journal_end(&journal, &again.unit);
	TURN_UNTIL(again.fine == 1);
	journal_dead(&journal, m->segment, m->unit);
	m->segment = again.unit.segment;
	m->offset = again.unit.offset;
	journal_live(&journal, m->segment, m->unit);
	let_pass();
	restart();
	assert_non_null(look_up(20));
	commit_outcome(20, 0, RCPT_DELIVERED);
	let_pass();
	restart();
	assert_int_equal(state.map.n, OLD - 1);
	let_pass();
	restart();
	assert_null(look_up(20));
}

/* Each segment of a start stays as long as the one before, though it says
 * nothing of that: its head does. */
static void
a_start_goes_in_order(void **unused)
{
	enum { FITS = 50000 };	/* no outcome crosses into the next segment */
	uint16_t used;
	uint32_t i;

	(void)unused;
	used = journal.used.n;
	commit();
	for (i = 0; i < PASSING; i++)
		commit_outcome(commit_octets(FITS), 0, RCPT_DELIVERED);
	assert_in_range(journal.used.n, used + 6, UINT16_MAX);
	used = journal.used.n;
	restart();
	assert_int_equal(journal.used.n, used);
	commit_outcome(OLD, 0, RCPT_DELIVERED);
	assert_in_range(journal.used.n, 4, 6);
}

/* What can't be read now may be read by a later start: what was said of it must
 * still be there. */
static void
damage_keeps_the_order(void **unused)
{
	uint32_t const at = unit[20].unit.offset + RECORD_HEAD + 7;
	int fd = dup(journal.segment[look_up(20)->segment].fd);
	char was;

	(void)unused;
	commit_outcome(20, 0, RCPT_DELIVERED);
	stop_queue();
	assert_int_equal(pread(fd, &was, 1, at), 1);
	assert_int_equal(pwrite(fd, "?", 1, at), 1);
	start_queue();
	assert_true(recovery.damaged);
	let_pass();
	stop_queue();
	assert_int_equal(pwrite(fd, &was, 1, at), 1);
	close(fd);
	start_queue();
	assert_int_equal(state.map.n, OLD - 1);
	assert_null(look_up(20));
}

/* A clock that was set back: mail of the id of some that isn't read yet, which
 * it replaces. When it ends, the old one doesn't come back. */
static void
what_was_replaced_meanwhile_stays_so(void **unused)
{
	uint32_t const n = 20, last = next;
	uint32_t i;

	(void)unused;
	stop_queue();
	begin_reading();
	next = n;
	commit();
	next = last;
	while (recover_step(&recovery) == 1)
		;
	recover_end(&recovery);
	journal_complete(&journal);
	assert_int_equal(state.map.n, OLD);
	commit_outcome(n, 0, RCPT_DELIVERED);
	for (i = 0; i < 3; i++) {
		let_pass();
		restart();
		assert_int_equal(state.map.n, OLD - 1);
		assert_null(look_up(n));
	}
}

/* Whatever happens to mail, and however often all starts again: what is known
 * of it is what was committed. */
static void
nothing_comes_back(void **unused)
{
	uint32_t attempt[MANY] = { 0 }, n;
	bool ended[MANY] = { false };
	size_t left = OLD, steps;

	(void)unused;
	for (steps = 0; steps < 1500 && next < MANY; steps++) {
		size_t const what = seed_below(100);

		n = seed_below(4) ? next - 1 - (uint32_t)seed_below(next < 10 ?
		    next : 10) : (uint32_t)seed_below(next);
		if (what < 50) {
			commit();
			left++;
		} else if (what < 98 && !ended[n]) {
			ended[n] = n >= OLD && seed_below(20);
			commit_outcome(n, attempt[n]++, ended[n] ?
			    RCPT_DELIVERED : RCPT_OPEN);
			left -= ended[n];
		} else if (what == 99) {
			restart();
			assert_int_equal(state.map.n, left);
		}
	}
	restart();
	assert_int_equal(state.map.n, left);
	for (n = 0; n < next; n++) {
		struct message const *m = look_up(n);

		assert_int_equal(!m, ended[n]);
		if (m) assert_int_equal(m->rcpt->attempt, attempt[n]);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, remove_spool)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(it_holds_up_nothing),
		TEST(what_became_of_it_stays),
		TEST(what_it_held_is_free_at_last),
		TEST(replaced_mail_stays_ended),
		TEST(a_start_goes_in_order),
		TEST(damage_keeps_the_order),
		TEST(what_was_replaced_meanwhile_stays_so),
		TEST(nothing_comes_back),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, start_helper,
	    end_helper));
}
