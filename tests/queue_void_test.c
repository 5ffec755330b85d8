/* SPDX-License-Identifier: ISC */
/* A write or sync of the journal fails: what was refused never comes back, all
 * else is there, and mail goes on being taken; whenever the next crash is. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include "queue/clean.h"
#include "queue/commit.h"
#include "queue/segment.h"
#include "tests/queue_spool.h"

enum { MESSAGES = 400, LEN = 50000 };

enum how {
	SHORT,		/* half of it, and no error */
	FULL,		/* none of it: ENOSPC */
	BROKEN,		/* all of it, and EIO none the less */
	UNSYNCED,	/* all of it, and the sync says EIO */
	HOWS
};

static struct unit unit[MESSAGES], outcome[MESSAGES];
static struct cleaner cleaner;
static uint32_t appended;

/* What fails next. */
static enum how how;
static unsigned until;		/* so many writes or syncs; 0: none does */
static enum how fail_again = HOWS;	/* the next one after that, too */
static int broken;		/* how many did */
static bool hold_void;		/* the sync of a void head doesn't end */
static bool held;
static void (*real_done)(void *owner, int error);
static void (*real_ready)(void *owner, uint32_t events);

static void
has_failed(void)
{
	broken++;
	if (fail_again == HOWS) return;
	how = fail_again;
	until = 1;
	fail_again = HOWS;
}

/* Instead of libc's: only the journal calls it. */
ssize_t
pwritev(int fd, struct iovec const *v, int n, off_t at)
{
	enum how now = how;
	int i;

	if (how == UNSYNCED || !until || --until)
		return syscall(SYS_pwritev, fd, v, (long)n, (long)at, 0L);
	has_failed();
	if (now == SHORT) {
		for (i = 0; v[i].iov_len < 2; i++)
			;
		return pwrite(fd, v[i].iov_base, v[i].iov_len / 2, at);
	}
	if (now == BROKEN)
		syscall(SYS_pwritev, fd, v, (long)n, (long)at, 0L);
	errno = now == FULL ? ENOSPC : EIO;
	return -1;
}

static void
fails(void *owner, int error)
{
	(void)error;
	real_done(owner, EIO);
}

static bool
journal_syncs(void)
{
	int i;

	for (i = 0; i < AT_ONCE; i++)
		if (flushers.work[i] == &journal.sync) return true;
	return false;
}

/* The helper has answers. */
static void
hear_helper(void *owner, uint32_t events)
{
	if (journal_syncs() && journal.voiding && hold_void) {
		held = true;
		return;
	}
	if (journal_syncs() && how == UNSYNCED && until && !--until) {
		has_failed();
		real_done = journal.sync.done;
		journal.sync.done = fails;
	}
	real_ready(owner, events);
}

static int
start_test(void **unused)
{
	if (start_helper(unused)) return -1;
	real_ready = flushers.watch.ready;
	flushers.watch.ready = hear_helper;
	return 0;
}

static void
settled(void *owner)
{
	(void)owner;
	cleaner_look(&cleaner);
}

static void
clean_too(void)
{
	cleaner = (struct cleaner){ .loop = &loop, .journal = &journal,
	    .flushers = &flushers, .state = &state, .mess = mess_dir };
	cleaner_init(&cleaner);
	journal.settled = settled;
	cleaner_look(&cleaner);
}

static bool
helper_is_busy(void)
{
	return flushers.first || flushers.idles < AT_ONCE;
}

/* No flush and no chore of it outlives it. */
static void
let_go(void)
{
	until = 0;
	hold_void = held = false;
	loop_not_later(&loop, &journal.turn);
	loop_disarm(&loop, &journal.lazy);
	loop_disarm(&loop, &journal.prepare_again);
	journal.broken = true; /* nothing new begins */
	while (helper_is_busy())
		turn_once();
	loop_not_later(&loop, &cleaner.look);
	loop_disarm(&loop, &cleaner.again);
	free(cleaner.text);
	cleaner = (struct cleaner){ .text = NULL };
}

static void
crash(void)
{
	let_go();
	stop_queue();
	start_queue();
}

static int
begin(void **unused)
{
	small_segments = JOURNAL_SEGMENT_MIN;
	appended = 0;
	until = 0;
	broken = 0;
	memset(unit, 0, sizeof unit);
	memset(outcome, 0, sizeof outcome);
	if (make_spool(unused)) return -1;
	clean_too();
	return 0;
}

static int
end(void **unused)
{
	let_go();
	return remove_spool(unused);
}

/* Mail and outcomes */

static uint32_t
send_in(size_t len)
{
	uint32_t n = appended++;

	assert_true(append_message(&unit[n], n, 1, len));
	return n;
}

static uint32_t
accept(size_t len)
{
	uint32_t n = send_in(len);

	TURN_UNTIL(unit[n].fine != -1);
	assert_int_equal(unit[n].fine, 1);
	return n;
}

static void
outcome_told(void *owner, bool fine)
{
	struct unit *u = owner;
	struct message *m = state_find(&state, &u->outcome.id);

	if (m) m->pending--;
	outcome_committed(owner, fine);
}

static void
finish(uint32_t n)
{
	struct traceid id = numbered(n);

	append_outcome(&outcome[n], n, 0, 0, RCPT_DELIVERED);
	outcome[n].unit.committed = outcome_told;
	state_find(&state, &id)->pending++;
}

static void
has_text(struct message const *m, uint32_t n, size_t len)
{
	static char want[LEN];

	write_body(want, len, n);
	assert_true(holds(m, want, len));
}

/* What was promised, and nothing that was refused. */
static void
check(size_t const *len)
{
	uint32_t n;

	assert_int_equal(recovery.damaged, 0);
	for (n = 0; n < appended; n++) {
		struct traceid id = numbered(n);
		struct message *m = state_find(&state, &id);
		struct unit const *o = &outcome[n];
		bool ended = o->unit.owner && o->fine == 1;
		bool open = !o->unit.owner || o->fine == 0;

		if (unit[n].fine == 0 || ended) assert_null(m);
		if (unit[n].fine == 1 && open) {
			assert_non_null(m);
			has_text(m, n, len[n]);
		}
	}
}

/* One after the other */

static size_t const all_alike[MESSAGES] = { [0 ... MESSAGES - 1] = LEN };

/* So that the segment that fails is neither the first nor the next to go. */
static void
fill_some_segments(void)
{
	do
		accept(LEN); /* and none whose head is still to be written */
	while (journal.used.n < 3);
}

static void
fail_at(enum how what, unsigned n)
{
	how = what;
	until = n;
}

static void
refused_for_good(void **unused)
{
	uint32_t n, i;

	(void)unused;
	for (i = 0; i < HOWS; i++) {
		broken = 0;
		fill_some_segments();
		TURN_UNTIL(journal_idle(&journal) && !cleaner.text);
		fail_at((enum how)i, 1);
		n = send_in(LEN);
		TURN_UNTIL(unit[n].fine != -1);
		assert_int_equal(broken, 1);
		assert_int_equal(unit[n].fine, 0);
		assert_int_equal(failures, 0);
		accept(LEN);
		crash();
		check(all_alike);
		clean_too();
		accept(LEN);
		TURN_UNTIL(!journal.standing);
		crash();
		check(all_alike);
		clean_too();
		assert_int_equal(files_in(damaged_dir), i + 1);
	}
}

/* Nobody was told yet: both are right, and nothing else is touched by it. */
static void
a_crash_before_the_void_head(void **unused)
{
	uint32_t n, i;

	(void)unused;
	for (i = 0; i < HOWS; i++) {
		fill_some_segments();
		TURN_UNTIL(journal_idle(&journal));
		fail_at((enum how)i, 1);
		hold_void = true;
		n = send_in(LEN);
		TURN_UNTIL(held);
		assert_int_equal(unit[n].fine, -1);
		crash();
		check(all_alike);
		clean_too();
		accept(LEN);
		TURN_UNTIL(!journal.standing);
	}
}

/* Outcomes too: the message is as it was, and they may be said again. */
static void
an_outcome_is_not_acknowledged(void **unused)
{
	uint32_t n, i;

	(void)unused;
	for (i = 0; i < HOWS; i++) {
		n = accept(100);
		accept(LEN);
		fail_at((enum how)i, 1);
		finish(n);
		TURN_UNTIL(outcome[n].fine != -1);
		assert_int_equal(outcome[n].fine, 0);
		assert_non_null(state_find(&state, &unit[n].message->by.id));
		finish(n);
		TURN_UNTIL(outcome[n].fine == 1);
		TURN_UNTIL(!journal.standing);
		crash();
		assert_null(state_find(&state, &outcome[n].outcome.id));
		assert_int_equal(recovery.damaged, 0);
		clean_too();
	}
}

/* The failed segment holds the only outcome of a message in another one. */
static void
what_it_holds_still_counts(void **unused)
{
	uint32_t n, done;

	(void)unused;
	done = accept(100);
	fill_some_segments();
	finish(done);
	TURN_UNTIL(outcome[done].fine == 1);
	journal.settled = NULL; /* no cleaning yet */
	fail_at(UNSYNCED, 1);
	n = send_in(LEN);
	TURN_UNTIL(unit[n].fine == 0);
	crash();
	check(all_alike);
	assert_int_equal(journal.standing, 1); /* it remembers */
	clean_too();
	accept(LEN);
	TURN_UNTIL(!journal.standing);
	crash();
	check(all_alike);
}

/* The head of a segment is what can't be written or synced. */
static void
a_head_that_fails(void **unused)
{
	uint32_t i;

	(void)unused;
	for (i = 0; i < HOWS; i++) {
		TURN_UNTIL(!journal.standing && journal_idle(&journal));
		crash(); /* begins a new segment */
		check(all_alike);
		clean_too();
		broken = 0;
		fail_at((enum how)i, 1);
		accept(LEN); /* it waits for the next one */
		assert_int_equal(broken, 1);
		crash();
		check(all_alike);
		clean_too();
		accept(LEN);
	}
}

/* The segment still shows what it was used for before, and those that end that
 * mail are the next to be overwritten. */
static void
a_head_over_old_mail(void **unused)
{
	enum { BEHIND = 30 };	/* more than fit into a segment */
	uint32_t n, i;

	(void)unused;
	journal.settled = NULL; /* no cleaning */
	do {
		n = accept(LEN);
		if (n < BEHIND) continue;
		finish(n - BEHIND);
		TURN_UNTIL(outcome[n - BEHIND].fine == 1);
	} while (n < BEHIND || commit_room(&journal) > LEN ||
	    !journal.unused.n ||
	    !journal.segment[journal.unused.first].number);
	fail_at(FULL, 1);
	for (i = 0; i < BEHIND; i++)
		accept(LEN);
	assert_int_equal(broken, 1);
	assert_int_equal(journal.standing, 0);
	assert_int_equal(files_in(damaged_dir), 1);
	crash();
	check(all_alike);
}

static void
a_second_failure_is_the_end(void **unused)
{
	uint32_t n, later;

	(void)unused;
	fill_some_segments();
	journal.settled = NULL;
	fail_at(UNSYNCED, 1);
	n = send_in(LEN);
	TURN_UNTIL(unit[n].fine == 0);
	assert_int_equal(failures, 0);
	fail_at(BROKEN, 1);
	n = send_in(LEN);
	later = send_in(100);
	TURN_UNTIL(failures > 0);
	assert_int_equal(failures, 1);
	assert_int_equal(unit[n].fine, 0);
	assert_int_equal(unit[later].fine, 0);
	assert_true(journal.broken);
	unit[n].fine = unit[later].fine = -1; /* a later start may find them */
	crash();
	check(all_alike);
}

/* The void head itself fails: nobody was told before, all are at the end. */
static void
a_void_head_that_fails(void **unused)
{
	uint32_t i, n;

	(void)unused;
	for (i = 0; i < HOWS; i++) {
		fill_some_segments();
		fail_at(BROKEN, 1);
		fail_again = (enum how)i;
		n = send_in(LEN);
		TURN_UNTIL(failures > 0);
		assert_int_equal(unit[n].fine, 0);
		unit[n].fine = -1;
		crash();
		recovery.damaged = 0;
		check(all_alike);
		clean_too();
		TURN_UNTIL(!journal.standing);
	}
}

/* A group of several, and what waited meanwhile. */
static void
what_waits_is_not_refused(void **unused)
{
	uint32_t a, b, c;

	(void)unused;
	accept(LEN);
	fail_at(UNSYNCED, 1);
	a = send_in(100);
	b = send_in(100);
	TURN_UNTIL(broken);
	c = send_in(100);
	TURN_UNTIL(unit[c].fine != -1);
	assert_int_equal(unit[a].fine, 0);
	assert_int_equal(unit[b].fine, 0);
	assert_int_equal(unit[c].fine, 1);
}

/* Anything anywhere, and a crash some time later. */
static void
failures_anywhere(void **unused)
{
	size_t len[MESSAGES];
	int round;

	for (round = 0; round < 60; round++) {
		unsigned steps = 20 + (unsigned)seed_below(200), i;

		if (round) assert_int_equal(begin(unused), 0);
		fail_at((enum how)seed_below(HOWS),
		    1 + (unsigned)seed_below(100));
		for (i = 0; i < steps && appended < MESSAGES; i++) {
			uint32_t n = (uint32_t)seed_below(appended + 1);

			if (seed_below(3) == 0) {
				turn_once();
			} else if (n < appended && unit[n].fine == 1 &&
			    !outcome[n].unit.owner) {
				finish(n);
			} else if (journal_takes_mail(&journal, RECORD_MAX)) {
				len[appended] = seed_below(LEN + 1);
				send_in(len[appended]);
			}
		}
		assert_int_equal(failures, 0);
		for (i = (unsigned)seed_below(100); i; i--)
			turn_once();
		crash();
		if (!broken || how == BROKEN || how == UNSYNCED) {
			assert_int_equal(recovery.damaged, 0);
		}
		recovery.damaged = 0;
		check(len);
		if (round % 2) { /* also after all has been put right */
			clean_too();
			TURN_UNTIL(!journal.standing);
			crash();
			recovery.damaged = 0;
			check(len);
		}
		if (round < 59) end(unused);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(refused_for_good),
		TEST(a_crash_before_the_void_head),
		TEST(an_outcome_is_not_acknowledged),
		TEST(what_it_holds_still_counts),
		TEST(a_head_that_fails),
		TEST(a_head_over_old_mail),
		TEST(a_second_failure_is_the_end),
		TEST(a_void_head_that_fails),
		TEST(what_waits_is_not_refused),
		TEST(failures_anywhere),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, start_test,
	    end_helper));
}
