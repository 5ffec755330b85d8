/* SPDX-License-Identifier: ISC */
/* A segment is freed of the few messages that still live there, which lose
 * nothing by it, whatever fails on the way. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "queue/clean.h"
#include "tests/queue_spool.h"

/* Enough for six segments; one in twenty lives on. */
enum { MESSAGES = 400, LEN = 60000, EVERY = 20 };

static struct unit unit[MESSAGES], outcome[MESSAGES];
static struct cleaner cleaner;

static void
settled(void *owner)
{
	(void)owner;
	cleaner_look(&cleaner);
}

static int
begin(void **unused)
{
	if (make_spool(unused)) return -1;
	cleaner = (struct cleaner){ .loop = &loop, .journal = &journal,
	    .flushers = &flushers, .state = &state, .mess = mess_dir };
	cleaner_init(&cleaner);
	return 0;
}

static void
let_go(void)
{
	loop_not_later(&loop, &cleaner.look);
	loop_disarm(&loop, &cleaner.again);
	free(cleaner.text);
	cleaner.text = NULL;
}

static int
end(void **unused)
{
	let_go();
	return remove_spool(unused);
}

static void
fill_and_finish_most(uint32_t others)
{
	uint32_t n;

	for (n = 0; n < MESSAGES; n++) {
		assert_true(append_message(&unit[n], n, 2, LEN));
		TURN_UNTIL(unit[n].fine == 1);
		append_outcome(&outcome[n], n, 0, 0, RCPT_DELIVERED);
		journal_hurry(&journal);
		TURN_UNTIL(outcome[n].fine == 1);
		if (n % EVERY == 0) continue;
		append_outcome(&outcome[n], n, 1, 0, RCPT_DELIVERED);
		journal_hurry(&journal);
		TURN_UNTIL(outcome[n].fine == 1);
	}
	assert_int_equal(state.map.n, others + MESSAGES / EVERY);
}

/* All that live have their text and know what was delivered. */
static void
check_all(void)
{
	static char want[LEN], got[LEN + 1], octets[JOURNAL_SEGMENT];
	uint32_t n;

	assert_int_equal(state.map.n, MESSAGES / EVERY);
	for (n = 0; n < MESSAGES; n += EVERY) {
		struct traceid id = numbered(n);
		struct message *m = state_find(&state, &id);
		struct record_head head;
		struct record_body b;
		struct slice frame;

		assert_non_null(m);
		assert_int_equal(m->rcpt[0].state, RCPT_DELIVERED);
		assert_int_equal(m->rcpt[1].state, RCPT_OPEN);
		assert_int_equal(m->unfinished, 1);
		write_body(want, LEN, n);
		if (m->file) {
			int fd = store_open(mess_dir, &id);

			assert_true(fd != -1);
			assert_int_equal(read(fd, got, sizeof got), LEN);
			close(fd);
			assert_memory_equal(got, want, LEN);
			continue;
		}
		assert_true(journal_read(&journal, m->segment, m->offset,
		    octets, m->unit));
		assert_true(record_get(slice_from(octets + m->envelope,
		    m->unit - m->envelope), &head, &frame) > 0);
		assert_true(wire_unpack(&record_body_form, &b, frame));
		assert_int_equal(b.octets.len, LEN);
		assert_memory_equal(b.octets.s, want, LEN);
	}
}

static void
mail_is_moved_and_segments_are_freed(void **unused)
{
	uint16_t used, segment;

	(void)unused;
	fill_and_finish_most(0);
	used = journal.used.n;
	assert_true(used > 4);
	assert_true(journal_cleanable(&journal, &segment));
	journal.settled = settled;
	cleaner_look(&cleaner);
	TURN_UNTIL(!journal_cleanable(&journal, &segment) && !cleaner.text &&
	    journal_idle(&journal));
	assert_true(journal.used.n < used);
	assert_true(files_in(mess_dir) > 0);
	check_all();
	let_go();
	stop_queue();
	start_queue();
	assert_int_equal(recovery.damaged, 0);
	check_all();
}

/* The sync of the new units has failed for good: they were written and may be
 * what the next start reads, so their texts must still be there. */
static void
a_failed_sync_loses_no_text(void **unused)
{
	(void)unused;
	fill_and_finish_most(0);
	journal.standing = 1; /* there was a failure before */
	cleaner_look(&cleaner);
	TURN_UNTIL(journal.lane[JOURNAL_OUTCOMES].units.first);
	hold_helper(true);
	turn_once(); /* written; the sync waits for a helper */
	assert_true(journal.syncing);
	hold_helper(false);
	flush_cancel(&flushers, &journal.sync);
	journal.sync.done(journal.sync.owner, EIO);
	assert_int_equal(failures, 1);
	let_go();
	stop_queue();
	start_queue();
	check_all();
}

/* An outcome is on its way while its message is moved: it counts. */
static void
outcomes_under_way_are_not_undone(void **unused)
{
	uint32_t n;
	uint16_t segment;

	(void)unused;
	fill_and_finish_most(0);
	journal.settled = settled;
	cleaner_look(&cleaner);
	for (n = 0; n < MESSAGES; n += EVERY) {
		struct traceid id = numbered(n);

		append_outcome(&outcome[n], n, 1, 0, RCPT_OPEN);
		state_find(&state, &id)->pending++;
		turn_once();
		journal_hurry(&journal);
		TURN_UNTIL(outcome[n].fine == 1);
		state_find(&state, &id)->pending--;
	}
	TURN_UNTIL(!journal_cleanable(&journal, &segment) && !cleaner.text &&
	    journal_idle(&journal));
	let_go();
	stop_queue();
	start_queue();
	check_all();
	for (n = 0; n < MESSAGES; n += EVERY) {
		struct traceid id = numbered(n);

		assert_int_equal(state_find(&state, &id)->rcpt[1].attempt, 1);
	}
}

static void
append_words(uint32_t n, uint32_t rcpt, struct slice words)
{
	static struct unit u;

	u = (struct unit){ .fine = -1, .outcome = { .id = numbered(n),
	    .rcpt = rcpt, .state = RCPT_OPEN, .status = SLICE("4.2.0"),
	    .words = words },
	    .unit = { .committed = outcome_committed, .owner = &u } };
	journal_begin(&journal, JOURNAL_OUTCOMES);
	assert_true(journal_add(&journal, &record_outcome_form, &u.outcome,
	    true));
	journal_end(&journal, &u.unit);
	journal_hurry(&journal);
	TURN_UNTIL(u.fine == 1);
}

/* So many recipients, and so much to say of each, that both don't fit into a
 * unit. */
static void
words_give_way(void **unused)
{
	enum { RCPTS = 20000, SAID = 3000, BIG = MESSAGES };
	static char words[1000];
	static struct unit big;
	struct traceid id = numbered(BIG);
	struct message *m;
	uint32_t n;

	(void)unused;
	memset(words, 'w', sizeof words);
	assert_true(append_message(&big, BIG, RCPTS, 100));
	TURN_UNTIL(big.fine == 1);
	assert_true((size_t)SAID * sizeof words + big.unit.len >
	    journal_unit_max(&journal));
	for (n = 0; n < SAID; n++)
		append_words(BIG, n, slice_from(words, sizeof words));
	fill_and_finish_most(1);
	m = state_find(&state, &id);
	journal.settled = settled;
	cleaner_look(&cleaner);
	TURN_UNTIL(m->file);
	let_go();
	stop_queue();
	start_queue();
	m = state_find(&state, &id);
	assert_non_null(m);
	assert_true(m->file);
	assert_int_equal(m->rcpts, RCPTS);
	assert_int_equal(m->rcpt[SAID - 1].attempt, 1);
	assert_int_equal(m->rcpt[SAID].attempt, 0);
}

/* Mail from before a start fills its segments; what is nearly dead comes behind
 * them, and is worth more. */
static void
full_segments_are_left_alone(void **unused)
{
	enum { OLD = 80, FIRST = 2 * MESSAGES };
	static struct unit old[OLD];
	uint16_t segment;
	uint32_t n;

	(void)unused;
	for (n = 0; n < OLD; n++) {
		assert_true(append_message(&old[n], FIRST + n, 1, LEN));
		TURN_UNTIL(old[n].fine == 1);
	}
	stop_queue();
	start_queue();
	fill_and_finish_most(OLD);
	assert_true(journal_cleanable(&journal, &segment));
	assert_int_not_equal(segment, journal.used.first);
	journal.settled = settled;
	cleaner_look(&cleaner);
	TURN_UNTIL(!journal_cleanable(&journal, &segment) && !cleaner.text &&
	    journal_idle(&journal));
	assert_in_range(files_in(mess_dir), 1, MESSAGES / EVERY);
	for (n = 0; n < OLD; n++) {
		struct traceid id = numbered(FIRST + n);

		assert_false(state_find(&state, &id)->file);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(mail_is_moved_and_segments_are_freed),
		TEST(a_failed_sync_loses_no_text),
		TEST(outcomes_under_way_are_not_undone),
		TEST(words_give_way),
		TEST(full_segments_are_left_alone),
	};

	return cmocka_run_group_tests(tests, start_helper, end_helper);
}
