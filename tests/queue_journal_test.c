/* SPDX-License-Identifier: ISC */
/* The journal and its recovery, on a real file system with real syncs: what
 * was committed is there after a restart, what was not is there whole or not
 * at all. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/resource.h>
#include "tests/queue_spool.h"

enum { MESSAGES = 400 };

static struct unit unit[MESSAGES], outcome[MESSAGES];
static struct rlimit file_limit;

static void
restart(void)
{
	stop_queue();
	start_queue();
}

/* What is left of message n is what was appended. */
static void
check_message(uint32_t n, uint32_t rcpts, size_t len)
{
	static char octets[8 << 20], body[RECORD_BODY_MAX];
	struct traceid id = numbered(n);
	struct message *m = state_find(&state, &id);
	struct record_message r;
	struct record_body b;
	struct record_head head;
	struct slice frame;

	assert_non_null(m);
	assert_true(m->committed);
	assert_int_equal(m->rcpts, rcpts);
	assert_true(m->unit <= sizeof octets && m->envelope < m->unit);
	assert_true(journal_read(&journal, m->segment, m->offset, octets,
	    m->unit));
	assert_true(record_get(slice_from(octets, m->unit), &head, &frame) > 0);
	assert_true(wire_unpack(&record_message_form, &r, frame));
	assert_true(traceid_eq(&r.id, &id));
	assert_int_equal(r.rcpts, rcpts);
	assert_int_equal(r.arrived_s, n);
	assert_true(record_get(slice_from(octets + m->envelope,
	    m->unit - m->envelope), &head, &frame) > 0);
	assert_true(wire_unpack(&record_body_form, &b, frame));
	write_body(body, len, n);
	assert_int_equal(b.octets.len, len);
	assert_memory_equal(b.octets.s, body, len);
}

static bool
known(uint32_t n)
{
	struct traceid id = numbered(n);

	return state_find(&state, &id) != NULL;
}

static void
commit(uint32_t n, uint32_t rcpts, size_t len)
{
	assert_true(append_message(&unit[n], n, rcpts, len));
	TURN_UNTIL(unit[n].fine != -1);
	assert_int_equal(unit[n].fine, 1);
}

static void
commit_outcome(uint32_t n, uint32_t rcpt, uint32_t attempt,
    enum rcpt_state after)
{
	append_outcome(&outcome[n], n, rcpt, attempt, after);
	journal_hurry(&journal);
	TURN_UNTIL(outcome[n].fine != -1);
	assert_int_equal(outcome[n].fine, 1);
}

static size_t
some_length(void)
{
	return seed_below(2) ? seed_below(3000) :
	    seed_below(RECORD_BODY_MAX + 1);
}

/* Coming back */

static void
is_there_after_a_restart(void **unused)
{
	size_t len[MESSAGES];
	uint32_t rcpts[MESSAGES], n;
	int round;

	(void)unused;
	for (n = 0; n < MESSAGES; n++) {
		len[n] = some_length();
		rcpts[n] = 1 + (uint32_t)seed_below(20);
		assert_true(append_message(&unit[n], n, rcpts[n], len[n]));
		if (seed_below(3) == 0) turn_once();
		/* the waiting room is limited; intake asks before */
		while (!journal_takes_mail(&journal, RECORD_MAX))
			turn_once();
	}
	TURN_UNTIL(journal_idle(&journal));
	assert_true(journal.used.n > 1); /* segments were changed */
	for (n = 0; n < MESSAGES; n++)
		assert_int_equal(unit[n].fine, 1);
	for (round = 0; round < 3; round++) { /* once more is the same */
		restart();
		assert_int_equal(recovery.damaged, 0);
		assert_int_equal(state.map.n, MESSAGES);
		for (n = 0; n < MESSAGES; n++)
			check_message(n, rcpts[n], len[n]);
	}
	assert_int_equal(files_in(damaged_dir), 0);
}

static void
outcomes_count_after_a_restart(void **unused)
{
	struct traceid id = numbered(1);
	struct message *m;

	(void)unused;
	commit(1, 4, 100);
	commit_outcome(1, 0, 0, RCPT_DELIVERED);
	commit_outcome(1, 1, 0, RCPT_OPEN);
	commit_outcome(1, 1, 1, RCPT_OPEN);
	commit_outcome(1, 2, 0, RCPT_FAILED);
	restart();
	m = state_find(&state, &id);
	assert_non_null(m);
	assert_int_equal(m->rcpt[0].state, RCPT_DELIVERED);
	assert_int_equal(m->rcpt[1].state, RCPT_OPEN);
	assert_int_equal(m->rcpt[1].attempt, 2);
	assert_int_equal(m->rcpt[2].state, RCPT_FAILED);
	assert_int_equal(m->rcpt[3].attempt, 0);
	assert_int_equal(m->unfinished, 3);

	commit(2, 1, 100);
	commit_outcome(2, 0, 0, RCPT_DELIVERED);
	assert_false(known(2));
	restart();
	assert_false(known(2));
	assert_true(known(1));
}

/* All lives and dies many times over: the journal does not grow, the oldest
 * is used first, and nothing that was finished ever comes back. */
static void
segments_are_used_again(void **unused)
{
	enum { LEN = 60000, LIVE = 20, TURNOVER = 1200 };
	uint32_t n;

	(void)unused;
	for (n = 0; n < TURNOVER; n++) {
		struct unit *u = &unit[n % LIVE], *o = &outcome[n % LIVE];

		if (n >= LIVE) {
			append_outcome(o, n - LIVE, 0, 0, RCPT_DELIVERED);
			journal_hurry(&journal);
			TURN_UNTIL(o->fine == 1);
		}
		assert_true(append_message(u, n, 1, LEN));
		TURN_UNTIL(u->fine == 1);
		if (n % 200 != 199) continue;
		restart();
		assert_int_equal(recovery.damaged, 0);
		assert_int_equal(state.map.n, LIVE);
		for (uint32_t i = n + 1 - LIVE; i <= n; i++)
			check_message(i, 1, LEN);
	}
	assert_true((uint64_t)TURNOVER * LEN > 15ULL * JOURNAL_SEGMENT);
	assert_in_range(journal.segments, 2, 8);
}

static void
a_later_unit_replaces(void **unused)
{
	struct traceid id = numbered(1);
	struct message *m;

	(void)unused;
	commit(1, 3, 100);
	commit_outcome(1, 0, 0, RCPT_DELIVERED);
	/* the state as it is, written anew */
	m = state_find(&state, &id);
	journal_dead(&journal, m->segment, m->unit);
	state_forget(&state, m);
	commit(1, 2, 500);
	restart();
	check_message(1, 2, 500);
	m = state_find(&state, &id);
	assert_int_equal(m->rcpt[0].state, RCPT_OPEN);
	assert_int_equal(m->unfinished, 2);
	assert_int_equal(journal.live, m->unit);
}

/* Damage */

static struct journal_segment *
segment_of(struct unit const *u)
{
	return &journal.segment[u->unit.segment];
}

static void
overwrite(int fd, char const *octets, size_t len, off_t at)
{
	assert_int_equal(pwrite(fd, octets, len, at), len);
}

/* The last group was never synced: any of its blocks may be old, zero or
 * noise. Everything before is there; what is there of it is whole. */
static void
a_torn_tail_is_whole_or_nothing(void **unused)
{
	static char group[1 << 20], noise[RECORD_BOUND];
	static char const zero[RECORD_BOUND];
	uint32_t n, begin, end, at;
	int fd;

	(void)unused;
	for (n = 0; n < 5; n++)
		commit(n, 2, 1000);
	begin = segment_of(&unit[4])->end;
	for (n = 5; n < 9; n++)
		assert_true(append_message(&unit[n], n, 2, 1000));
	TURN_UNTIL(journal_idle(&journal));
	end = segment_of(&unit[8])->end;
	assert_int_equal(unit[5].unit.offset, begin);
	fd = dup(segment_of(&unit[8])->fd);
	assert_int_equal(pread(fd, group, end - begin, begin), end - begin);
	for (at = begin; at < end; at += RECORD_BOUND) {
		int how;

		for (how = 0; how < 4; how++) {
			overwrite(fd, group, end - begin, begin);
			random_buf(noise, sizeof noise);
			switch (how) {
			case 0: /* one block is missing */
				overwrite(fd, zero, RECORD_BOUND, at);
				break;
			case 1:
				overwrite(fd, noise, RECORD_BOUND, at);
				break;
			case 2: /* all from there on */
				memset(group + (1 << 19), 0, end - at);
				overwrite(fd, group + (1 << 19), end - at, at);
				break;
			case 3: /* all before it */
				memset(group + (1 << 19), 0, at - begin);
				overwrite(fd, group + (1 << 19), at - begin,
				    begin);
				break;
			}
			if (how > 1 && at % JOURNAL_BOUND) continue;
			restart();
			for (n = 0; n < 5; n++)
				check_message(n, 2, 1000);
			for (n = 5; n < 9; n++)
				if (known(n)) check_message(n, 2, 1000);
		}
	}
	close(fd);
}

/* One bad record among committed ones: it costs its own unit and is kept. */
static void
damage_costs_one_unit(void **unused)
{
	uint32_t n;

	(void)unused;
	for (n = 0; n < 9; n++)
		commit(n, 2, 1000);
	overwrite(segment_of(&unit[4])->fd, "?", 1,
	    unit[4].unit.offset + RECORD_HEAD + 7);
	restart();
	for (n = 0; n < 9; n++) {
		assert_int_equal(known(n), n != 4);
		if (n != 4) check_message(n, 2, 1000);
	}
	assert_true(recovery.damaged >= 1);
	assert_true(files_in(damaged_dir) >= 1);
	restart(); /* and it is told again, not kept again */
	assert_true(recovery.damaged >= 1);
	assert_int_equal(files_in(damaged_dir), recovery.damaged);
}

static void
a_broken_later_unit_does_not_replace(void **unused)
{
	struct traceid id = numbered(1);
	struct message *m;
	uint32_t at, len;
	int fd;

	(void)unused;
	commit(1, 3, 100);
	m = state_find(&state, &id);
	journal_dead(&journal, m->segment, m->unit);
	state_forget(&state, m);
	commit(1, 2, 500);
	commit(2, 1, 10);
	at = unit[1].unit.offset;
	len = (uint32_t)unit[1].unit.len;
	fd = segment_of(&unit[1])->fd;
	/* its last record, which closes it */
	overwrite(fd, "?", 1, at + len - 700 + RECORD_HEAD);
	overwrite(fd, "?", 1, at + len - 64);
	restart();
	check_message(1, 3, 100);
	check_message(2, 1, 10);
}

/* Without its head nothing in a segment can be placed, but that it was there
 * must not go by in silence, and its octets are not to be overwritten unkept. */
static void
a_lost_head_is_damage(void **unused)
{
	static char const zero[JOURNAL_BOUND];

	(void)unused;
	commit(1, 1, 1000);
	overwrite(segment_of(&unit[1])->fd, zero, sizeof zero, 0);
	restart();
	assert_true(known(1) || recovery.damaged >= 1);
	assert_true(known(1) || files_in(damaged_dir) >= 1);
}

static void
destroy_head(uint16_t n)
{
	overwrite(journal.segment[n].fd, "?", 1, 40);
	overwrite(journal.segment[n].fd, "?", 1, JOURNAL_BOUND / 2 + 40);
}

/* Two of them: each is kept under a name of its own. */
static void
two_lost_heads_are_kept_apart(void **unused)
{
	uint32_t n;

	(void)unused;
	for (n = 0; n < 120; n++)
		commit(n, 1, 60000);
	assert_int_not_equal(unit[0].unit.segment, unit[119].unit.segment);
	overwrite(segment_of(&unit[0])->fd, "?", 1, 40);
	restart();
	assert_int_equal(recovery.damaged, 0); /* each is there twice */
	for (n = 0; n < 120; n++)
		assert_true(known(n));
	destroy_head(0);
	destroy_head(1);
	restart();
	assert_in_range(recovery.damaged, 2, 3);
	assert_int_equal(files_in(damaged_dir), 2);
}

/* A file that was cut off by somebody must not set the size of new ones. */
static void
a_short_file_does_no_harm(void **unused)
{
	uint32_t i, size = journal.segment_size;
	off_t const lengths[] = { 1, JOURNAL_BOUND, JOURNAL_BOUND + 1 };

	(void)unused;
	commit(1, 1, 1000);
	TURN_UNTIL(journal.unused.n >= JOURNAL_KEPT);
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		assert_int_equal(ftruncate(
		    journal.segment[journal.unused.last].fd, lengths[i]), 0);
		restart();
		assert_int_equal(journal.segment_size, size);
		check_message(1, 1, 1000);
		commit(2 + i, 1, 60000);
	}
	restart();
	for (i = 0; i < 3; i++)
		check_message(2 + i, 1, 60000);
}

/* Room */

static void
a_unit_has_a_limit(void **unused)
{
	size_t most = journal_unit_max(&journal);
	struct record_body b = { .octets = SLICE("") };
	size_t const each = record_size(&record_body_form, &b);
	struct journal_unit whole = { .committed = NULL };
	struct unit u = { .fine = -1 };

	(void)unused;
	assert_int_equal(most, journal.segment_size - JOURNAL_BOUND);
	whole.committed = outcome_committed;
	whole.owner = &u;
	u.outcome.id = numbered(77); /* nobody's */
	journal_begin(&journal, JOURNAL_MAIL);
	while (journal_begun(&journal) + each <= most)
		assert_true(journal_add(&journal, &record_body_form, &b,
		    journal_begun(&journal) + 2 * each > most));
	assert_int_equal(journal_begun(&journal), most);
	assert_false(journal_add(&journal, &record_body_form, &b, true));
	assert_int_equal(errno, EMSGSIZE);
	journal_end(&journal, &whole);
	TURN_UNTIL(u.fine != -1);
	assert_int_equal(u.fine, 1);
}

static void
an_abandoned_unit_leaves_nothing(void **unused)
{
	struct record_body b = { .octets = SLICE("x") };

	(void)unused;
	assert_true(append_message(&unit[1], 1, 1, 10));
	journal_begin(&journal, JOURNAL_MAIL);
	assert_true(journal_add(&journal, &record_body_form, &b, false));
	journal_abandon(&journal);
	assert_true(append_message(&unit[2], 2, 1, 10));
	TURN_UNTIL(journal_idle(&journal));
	restart();
	assert_int_equal(state.map.n, 2);
	check_message(1, 1, 10);
	check_message(2, 1, 10);
}

/* A unit that does not fit behind what is there goes to the next segment,
 * which has to be made first, however little of this one is used. */
static void
a_large_unit_does_not_wait_for_ever(void **unused)
{
	uint32_t n;

	(void)unused;
	for (n = 0; n < 25; n++) /* about 1.5 MB */
		commit(n, 1, 60000);
	assert_in_range(segment_of(&unit[24])->end, 1, JOURNAL_SEGMENT / 2);
	TURN_UNTIL(!journal.preparing);
	assert_true(append_message(&unit[30], 30, 23000, 1000));
	assert_true(unit[30].unit.len > JOURNAL_SEGMENT / 2);
	for (n = 0; n < 500 && unit[30].fine == -1; n++)
		turn_once();
	assert_int_equal(unit[30].fine, 1);
}

/* A disk that takes no further segment, while those that are there can be
 * written: a limit of files that a larger one would break. */
static void
fill_disk(void)
{
	struct rlimit tight = file_limit;

	TURN_UNTIL(journal.unused.n >= JOURNAL_KEPT && !journal.preparing);
	tight.rlim_cur = JOURNAL_SEGMENT;
	journal.segment_size += JOURNAL_BOUND;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
}

static void
empty_disk(void)
{
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &file_limit), 0);
}

/* Appends until mail is refused; returns how many it took. */
static uint32_t
append_until_refused(void)
{
	uint32_t n;

	for (n = 0; n < MESSAGES; n++) {
		assert_true(append_message(&unit[n], n, 1, 60000));
		TURN_UNTIL(unit[n].fine != -1);
		if (!unit[n].fine) break;
	}
	assert_in_range(n, 1, MESSAGES - 1);
	return n;
}

/* Mail is refused, while outcomes go on and make room again. */
static void
a_full_disk_takes_outcomes(void **unused)
{
	uint32_t n, last;
	uint16_t segments;

	(void)unused;
	fill_disk();
	last = append_until_refused();
	assert_true(journal.disk_full);
	assert_false(journal_takes_mail(&journal, RECORD_MAX));
	assert_int_equal(journal.unused.n, JOURNAL_KEPT);
	assert_int_equal(failures, 0);
	assert_false(known(last));

	segments = journal.segments;
	for (n = 0; n < last; n++)
		commit_outcome(n, 0, 0, RCPT_DELIVERED);
	assert_int_equal(state.map.n, 0);
	/* the last used segment is never free: one outcome in the next one */
	while (!journal_takes_mail(&journal, RECORD_MAX))
		commit_outcome(0, 0, 0, RCPT_DELIVERED);
	commit(last, 1, 60000);
	assert_int_equal(journal.segments, segments); /* reused, not new */
	empty_disk();
	restart();
	assert_int_equal(state.map.n, 1);
	check_message(last, 1, 60000);
}

/* While nothing can be made it is not tried at every commit: each try writes a
 * whole segment of zeroes. */
static void
a_full_disk_is_not_filled_again_and_again(void **unused)
{
	int64_t again_ms;

	(void)unused;
	fill_disk();
	append_until_refused();
	assert_true(timer_is_armed(&journal.prepare_again));
	again_ms = journal.prepare_again.at.key;
	turn_once();
	turn_once();
	commit_outcome(0, 0, 0, RCPT_OPEN);
	commit_outcome(0, 0, 1, RCPT_OPEN);
	assert_true(journal.prepare_again.at.key == again_ms ||
	    loop.now_ms >= again_ms);
	empty_disk();
	TURN_UNTIL(!journal.disk_full);
}

static void
waiting_mail_has_a_limit(void **unused)
{
	(void)unused;
	assert_true(journal_takes_mail(&journal, JOURNAL_WAITING_MAX));
	assert_false(journal_takes_mail(&journal, JOURNAL_WAITING_MAX + 1));
	assert_true(append_message(&unit[1], 1, 1, 1000));
	assert_false(journal_takes_mail(&journal, JOURNAL_WAITING_MAX));
	assert_true(journal_takes_mail(&journal,
	    JOURNAL_WAITING_MAX - unit[1].unit.len));
	assert_false(journal_takes_mail(&journal,
	    JOURNAL_WAITING_MAX - unit[1].unit.len + 1));
	TURN_UNTIL(journal_idle(&journal));
	assert_true(journal_takes_mail(&journal, JOURNAL_WAITING_MAX));
}

/* Time */

static void
outcomes_may_wait_and_mail_may_not(void **unused)
{
	int64_t begun;

	(void)unused;
	commit(1, 2, 10);
	turn_once();
	begun = loop.now_ms;
	append_outcome(&outcome[1], 1, 0, 0, RCPT_OPEN);
	TURN_UNTIL(outcome[1].fine != -1);
	assert_true(loop.now_ms - begun >= JOURNAL_LAZY_MS - 1);
	/* with mail they go at once, so do they on demand */
	begun = loop.now_ms;
	append_outcome(&outcome[1], 1, 1, 0, RCPT_OPEN);
	turn_once();
	assert_true(timer_is_armed(&journal.lazy) ||
	    loop.now_ms - begun >= JOURNAL_LAZY_MS);
	assert_true(append_message(&unit[2], 2, 1, 10));
	TURN_UNTIL(unit[2].fine != -1);
	assert_int_equal(outcome[1].fine, 1);
	assert_false(timer_is_armed(&journal.lazy));
	append_outcome(&outcome[1], 1, 1, 1, RCPT_OPEN);
	turn_once();
	journal_hurry(&journal);
	turn_once();
	assert_true(journal.syncing || outcome[1].fine == 1);
	TURN_UNTIL(outcome[1].fine != -1);
}

/* Each start has an epoch of its own and begins a segment of its own. */
static void
an_old_tail_is_never_appended_to(void **unused)
{
	uint64_t epoch, number;
	uint16_t segment;

	(void)unused;
	commit(1, 1, 10);
	epoch = journal.epoch;
	number = journal.number;
	restart();
	assert_true(journal.epoch != epoch);
	assert_true(journal.number == number);
	segment = state_find(&state, &(struct traceid){ .octet = { 0 } }) ?
	    0 : state.oldest->segment;
	commit(2, 1, 10);
	assert_true(journal.number == number + 1);
	assert_int_not_equal(unit[2].unit.segment, segment);
	assert_int_equal(unit[2].unit.offset, JOURNAL_BOUND);
}

/* Also after a test that failed with its disk full. */
static int
end_test(void **unused)
{
	return setrlimit(RLIMIT_FSIZE, &file_limit) | remove_spool(unused);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_spool, end_test)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(is_there_after_a_restart),
		TEST(outcomes_count_after_a_restart),
		TEST(segments_are_used_again),
		TEST(a_later_unit_replaces),
		TEST(a_torn_tail_is_whole_or_nothing),
		TEST(damage_costs_one_unit),
		TEST(a_broken_later_unit_does_not_replace),
		TEST(a_lost_head_is_damage),
		TEST(two_lost_heads_are_kept_apart),
		TEST(a_short_file_does_no_harm),
		TEST(a_unit_has_a_limit),
		TEST(an_abandoned_unit_leaves_nothing),
		TEST(a_large_unit_does_not_wait_for_ever),
		TEST(a_full_disk_takes_outcomes),
		TEST(a_full_disk_is_not_filled_again_and_again),
		TEST(waiting_mail_has_a_limit),
		TEST(outcomes_may_wait_and_mail_may_not),
		TEST(an_old_tail_is_never_appended_to),
	};

	seed_begin();
	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &file_limit) == -1) return 1;
	return seed_end(cmocka_run_group_tests(tests, start_helper,
	    end_helper));
}
