/* SPDX-License-Identifier: ISC */
/* The journal is read beside other work: what arrives meanwhile is taken, comes
 * last, and is lost by no crash; nothing old is touched before the end. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/queue_spool.h"

enum { OLD = 120, NEW = 60, LEN = 40000 };

static struct unit unit[OLD + NEW];
static int64_t const began_ms = 5000;

static int
begin(void **unused)
{
	small_segments = JOURNAL_SEGMENT_MIN;
	return make_spool(unused);
}

static void
commit(uint32_t n, size_t len)
{
	assert_true(append_message(&unit[n], n, 1, len));
	TURN_UNTIL(unit[n].fine != -1);
	assert_int_equal(unit[n].fine, 1);
}

static void
commit_old(void)
{
	uint32_t n;

	for (n = 0; n < OLD; n++)
		commit(n, LEN);
	assert_true(journal.used.n > 4);
}

static void
begin_again(void)
{
	stop_queue();
	begin_reading();
	state_read(&state, began_ms);
}

static void
end_reading(void)
{
	recover_end(&recovery);
	state_has_read(&state);
	journal_complete(&journal);
}

static bool
known(uint32_t n)
{
	struct traceid id = numbered(n);

	return state_find(&state, &id) != NULL;
}

/* These and no others, in this order. */
static void
check_order(uint32_t n)
{
	struct message const *m = state.oldest;
	uint32_t i;

	for (i = 0; i < n; i++, m = m->newer) {
		struct traceid id = numbered(i);

		assert_non_null(m);
		assert_true(traceid_eq(&m->by.id, &id));
		assert_ptr_equal(m->newer ? m->newer->older :
		    (struct message const *)state.newest, m);
	}
	assert_null(m);
}

static void
mail_is_taken_meanwhile(void **unused)
{
	uint32_t n = OLD;
	uint16_t found;
	int more = 1;

	(void)unused;
	commit_old();
	begin_again();
	found = journal.segments;
	while (more == 1) {
		uint16_t i, s = journal.unused.first;

		commit(n++, 1000);
		/* nothing but new ones is written */
		assert_true(unit[n - 1].unit.segment >= found);
		for (i = 0; i < journal.unused.n; i++) {
			assert_true(s >= found || !journal.segment[s].number);
			s = journal.segment[s].next;
		}
		more = recover_step(&recovery);
		assert_int_not_equal(more, -1);
	}
	assert_true(n > OLD + 4);
	end_reading();
	check_order(n);
	commit(n, 1000);
	check_order(n + 1);
	stop_queue();
	start_queue();
	assert_int_equal(recovery.damaged, 0);
	check_order(n + 1);
}

/* Again and again, each time a little further. */
static void
a_crash_in_the_middle(void **unused)
{
	uint32_t n = OLD;
	int steps, i;

	(void)unused;
	commit_old();
	for (steps = 0; steps < 6; steps++) {
		begin_again();
		commit(n++, LEN);
		for (i = 0; i < steps; i++)
			assert_int_equal(recover_step(&recovery), 1);
		commit(n++, LEN);
		recover_end(&recovery);
	}
	stop_queue();
	start_queue();
	assert_int_equal(recovery.damaged, 0);
	check_order(n);
}

/* What arrives meanwhile may fill what there is: no old segment is taken for
 * it, however many of them turn out to be dead. */
static void
dead_segments_wait_for_the_end(void **unused)
{
	static struct unit outcome[OLD];
	uint16_t found, unused_before;
	uint32_t n;

	(void)unused;
	commit_old();
	for (n = 0; n < OLD - 1; n++) {
		append_outcome(&outcome[n], n, 0, 0, RCPT_DELIVERED);
		journal_hurry(&journal);
		TURN_UNTIL(outcome[n].fine == 1);
	}
	begin_again();
	found = journal.segments;
	for (n = OLD; n < OLD + 30; n++) /* more than a segment */
		commit(n, LEN);
	assert_true(journal.segments > found);
	while (recover_step(&recovery) == 1)
		;
	unused_before = journal.unused.n;
	end_reading();
	assert_true(journal.unused.n > unused_before);
	assert_int_equal(state.map.n, 31);
	assert_ptr_equal(state.oldest->by.id.octet + TRACEID_OCTETS - 1,
	    &state.oldest->by.id.octet[TRACEID_OCTETS - 1]);
	assert_int_equal(state.oldest->by.id.octet[TRACEID_OCTETS - 1],
	    OLD - 1);
}

/* An id is either younger than the start, or it may turn out to be known. */
static void
unknown_ids_may_be_known(void **unused)
{
	struct traceid old, young;

	(void)unused;
	traceid_make(&old, began_ms - 1);
	traceid_make(&young, began_ms);
	assert_false(state_may_know(&state, &old));
	state_read(&state, began_ms);
	assert_true(state_may_know(&state, &old));
	assert_false(state_may_know(&state, &young));
	state_has_read(&state);
	assert_false(state_may_know(&state, &old));
	commit(1, 10);
	old = numbered(1);
	assert_true(state_may_know(&state, &old));
}

/* A clock that was set back: the same id, once old and once new. The next
 * start would take the newer one, so this one does. */
static void
the_newer_of_two_counts(void **unused)
{
	static struct unit outcome;
	struct traceid id = numbered(3);
	uint16_t found;

	(void)unused;
	commit_old();
	append_outcome(&outcome, 3, 0, 0, RCPT_DELIVERED);
	journal_hurry(&journal);
	TURN_UNTIL(outcome.fine == 1);
	begin_again();
	found = journal.segments;
	commit(3, 100);
	while (recover_step(&recovery) == 1)
		;
	end_reading();
	assert_true(state_find(&state, &id)->segment >= found);
	stop_queue();
	start_queue();
	assert_int_equal(state.map.n, OLD);
	assert_true(known(3));
	assert_int_equal(state_find(&state, &id)->rcpt[0].state, RCPT_OPEN);
}

/* What nobody was told of and is only half there: a crash, no damage, so that
 * files are swept; the same place in front of something durable is damage. */
static void
a_torn_group_is_no_damage(void **unused)
{
	static char const zero[RECORD_BOUND];
	uint32_t n, at;
	int fd;

	(void)unused;
	commit(0, 100);
	for (n = 1; n < 5; n++) /* one group */
		assert_true(append_message(&unit[n], n, 1, 100));
	TURN_UNTIL(journal_idle(&journal));
	fd = dup(journal.segment[unit[2].unit.segment].fd);
	at = unit[2].unit.offset;
	assert_int_equal(pwrite(fd, zero, sizeof zero, at), sizeof zero);
	close(fd);
	stop_queue();
	start_queue();
	assert_int_equal(recovery.damaged, 0);
	assert_int_equal(recovery.torn, 1);
	assert_false(known(2));
	for (n = 0; n < 5; n++)
		assert_int_equal(known(n), n != 2);
	assert_int_equal(files_in(damaged_dir), 0);
}

/* Two that count together, of which the first is gone: the second one would
 * make sense by itself. */
static void
half_a_unit_counts_for_nothing(void **unused)
{
	static char const zero[RECORD_BOUND];
	struct record_outcome o = { .status = SLICE("2.0.0"),
	    .state = RCPT_DELIVERED };
	static struct unit both;
	uint32_t n;

	(void)unused;
	for (n = 0; n < 3; n++)
		commit(n, 100);
	both = (struct unit){ .fine = -1, .unit = {
	    .committed = outcome_committed, .owner = &both } };
	journal_begin(&journal, JOURNAL_OUTCOMES);
	for (n = 0; n < 2; n++) {
		o.id = numbered(n);
		assert_true(journal_add(&journal, &record_outcome_form, &o,
		    n == 1));
	}
	journal_end(&journal, &both.unit);
	journal_hurry(&journal);
	TURN_UNTIL(both.fine == 1);
	assert_int_equal(pwrite(journal.segment[both.unit.segment].fd, zero,
	    sizeof zero, both.unit.offset), sizeof zero);
	stop_queue();
	start_queue();
	assert_true(known(0));
	assert_true(known(1));
	assert_int_equal(recovery.torn, 1);
}

static void
what_was_durable_is_damage(void **unused)
{
	static char const zero[RECORD_BOUND];
	int fd;

	(void)unused;
	commit(0, 100);
	commit(1, 100);
	commit(2, 100);
	fd = journal.segment[unit[1].unit.segment].fd;
	assert_int_equal(pwrite(fd, zero, sizeof zero, unit[1].unit.offset),
	    sizeof zero);
	stop_queue();
	start_queue();
	assert_int_equal(recovery.damaged, 1);
	assert_int_equal(recovery.torn, 0);
	assert_int_equal(files_in(damaged_dir), 1);
}

/* The last records of a segment, which the next one knows of. */
static void
a_missing_end_is_damage(void **unused)
{
	static char zero[JOURNAL_SEGMENT_MIN];
	uint32_t n, last = 0, at;
	uint16_t first;

	(void)unused;
	commit_old();
	first = unit[0].unit.segment;
	for (n = 0; n < OLD; n++)
		if (unit[n].unit.segment == first) last = n;
	at = unit[last].unit.offset;
	assert_true(pwrite(journal.segment[first].fd, zero,
	    journal.segment[first].size - at, at) > 0);
	stop_queue();
	start_queue();
	assert_int_equal(recovery.damaged, 1);
	assert_int_equal(state.map.n, OLD - 1);
	assert_false(known(last));
}

/* copy_segment - as people do it: under a name that is free */
static void
copy_segment(uint16_t n)
{
	struct journal_segment const *s = &journal.segment[n];
	static char text[JOURNAL_SEGMENT_MIN];
	char name[9];
	unsigned at;
	int fd = -1;

	/* one that is being prepared may have the next name by now */
	for (at = journal.segments; fd == -1; at++) {
		assert_true(at < JOURNAL_SEGMENTS_MAX);
		snprintf(name, sizeof name, "%08x", at);
		fd = openat(journal_dir, name, O_WRONLY | O_CREAT | O_EXCL,
		    0600);
	}
	assert_int_equal(s->size, sizeof text);
	assert_int_equal(pread(s->fd, text, sizeof text, 0), sizeof text);
	assert_int_equal(write(fd, text, sizeof text), sizeof text);
	close(fd);
}

/* Whichever of two is damaged: it is told, and the other one's mail is there. */
static void
a_copy_hides_no_damage(void **unused)
{
	static char const zero[64];
	uint32_t n;

	(void)unused;
	commit_old();
	for (n = 0; unit[n + 2].unit.segment == unit[0].unit.segment; n++)
		;
	assert_true(n > 2);
	copy_segment(unit[0].unit.segment);
	assert_int_equal(pwrite(journal.segment[unit[1].unit.segment].fd, zero,
	    sizeof zero, unit[1].unit.offset), sizeof zero);
	stop_queue();
	start_queue();
	/* what is missing, and that there are two */
	assert_int_equal(recovery.damaged, 2);
	assert_int_equal(files_in(damaged_dir), 1);
	check_order(OLD);
}

/* Younger files may be growing. */
static void
only_old_files_are_swept(void **unused)
{
	struct traceid old, young;

	(void)unused;
	traceid_make(&old, began_ms - 1);
	traceid_make(&young, began_ms);
	close(store_create(mess_dir, &old));
	close(store_create(mess_dir, &young));
	assert_int_equal(swept(began_ms), 1);
	assert_int_equal(store_open(mess_dir, &old), -1);
	assert_int_equal(swept(began_ms + 1), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, remove_spool)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(mail_is_taken_meanwhile),
		TEST(a_crash_in_the_middle),
		TEST(dead_segments_wait_for_the_end),
		TEST(unknown_ids_may_be_known),
		TEST(the_newer_of_two_counts),
		TEST(a_torn_group_is_no_damage),
		TEST(half_a_unit_counts_for_nothing),
		TEST(what_was_durable_is_damage),
		TEST(a_missing_end_is_damage),
		TEST(a_copy_hides_no_damage),
		TEST(only_old_files_are_swept),
	};

	return cmocka_run_group_tests(tests, start_helper, end_helper);
}
