/* SPDX-License-Identifier: ISC */
/* Mail of all kinds of fate, segments so small that each is used again and
 * again, and the process or the power ends at any moment: what a start finds is
 * what was committed, with or without what was on its way. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "queue/clean.h"
#include "queue/commit.h"
#include "queue/handout.h"
#include "queue/opening.h"
#include "queue/order.h"
#include "queue/outcome.h"
#include "queue/segment.h"
#include "tests/queue_disk.h"
#include "tests/queue_model.h"

enum {
	ROUNDS = 150,		/* unless ROUNDS says otherwise */
	STEPS = 4000,
	MANY = STEPS,		/* messages */
	PASSING = 6,		/* mail that comes and goes */
	AT_A_TIME = 5,		/* records of one message on their way */
	SEGMENT = 16 << 10,
	LEN = 6000
};

/* One message: what was committed, and what may be. */
static struct mail {
	struct unit unit;
	struct view view;
	bool unsure;		/* that it was committed itself */
	bool report;
	size_t len;
	struct step step[AT_A_TIME];
	unsigned steps;
} mail[MANY];

static uint32_t next;		/* number of the next message */
static uint32_t begun;		/* of the first since the start */

static struct spool spool;
static struct opening opening;
static struct cleaner cleaner;
static struct handout handout;
static size_t cleans_one_in;	/* process */
static bool cleans, fails_at_times, open_done;
/* What kind of round it is. */
static size_t crash_every;	/* so many steps */
static size_t waiting_most;	/* messages: with more, none is taken */
static size_t large_one_in;	/* messages */
static size_t old_one_in;	/* so many that something befalls */

static struct message *
look_up(uint32_t n)
{
	struct traceid id = numbered(n);

	return state_find(&state, &id);
}

static uint32_t
number_of(struct message const *m)
{
	return (uint32_t)wire_get_number((char const *)m->by.id.octet +
	    TRACEID_OCTETS - 4, 4);
}

/* Nothing of it is on its way any more: the process knows what that says. Where
 * some syncs fail, that may be less than what was said. */
static void
settle(uint32_t n)
{
	struct view const now = view_of(look_up(n));
	struct mail *e = &mail[n];
	unsigned i;

	for (i = 0; i < e->steps && e->view.rcpts; i++)
		view_step(&e->view, &e->step[i]);
	assert_true(fails_at_times || same(&e->view, &now));
	e->view = now;
	e->unsure = false;
	e->steps = 0;
}

/* What is known of a message before the process ends. */
static void
note(uint32_t n)
{
	struct message const *m = look_up(n);

	if (!m || (m->committed && !m->pending)) {
		settle(n);
	} else {
		mail[n].view = view_of(m);
		mail[n].unsure = !m->committed;
	}
}

static void
has_text(struct message const *m, uint32_t n)
{
	static char want[LEN];

	if (mail[n].report) return;
	write_body(want, mail[n].len, n);
	assert_true(holds(m, want, mail[n].len));
}

static void
check(void)
{
	uint32_t n;

	assert_int_equal(recovery.damaged, 0);
	for (n = 0; n < begun; n++) {
		struct message *m = look_up(n);
		struct view const found = view_of(m);
		struct mail *e = &mail[n];

		if (!(e->unsure && !m) && !is_possible(&e->view, e->step,
		    e->steps, &found))
			fail_msg("message %u of %u: %u recipients, not %u", n,
			    next, found.rcpts, e->view.rcpts);
		if (m) has_text(m, n);
		e->view = found;
		e->unsure = false;
		e->steps = 0;
	}
}

/* The process */

static void
turn(void)
{
	disk_ms++;
	loop_arm(&loop, &moment, loop.now_ms);
	assert_true(loop_turn(&loop));
}

static void
settled(void *owner)
{
	(void)owner;
	if (cleans) cleaner_look(&cleaner);
}

static void
opened(void *owner)
{
	(void)owner;
	open_done = true;
	recovery = opening.recovery;
	check();
	journal_complete(&journal);
	settled(NULL);
}

static void
cannot_open(void *owner, char const *doing)
{
	(void)owner;
	fail_msg("cannot %s", doing);
}

/* slowly - others are served before all is read */
static void
start(bool slowly)
{
	memset(&state, 0, sizeof state);
	begun = next;
	cleans = seed_below(cleans_one_in) == 0;
	open_done = false;
	failures = 0;
	journal_init(&journal, &loop, &flushers, journal_dir, damaged_dir,
	    journal_broke, NULL);
	journal.segment_size = SEGMENT;
	journal.settled = settled;
	handout = (struct handout){ .loop = &loop, .journal = &journal,
	    .state = &state, .mess = mess_dir, .hostname = "q.example" };
	handout_init(&handout);
	cleaner = (struct cleaner){ .loop = &loop, .journal = &journal,
	    .flushers = &flushers, .state = &state, .mess = mess_dir };
	cleaner_init(&cleaner);
	spool = (struct spool){ .journal = journal_dir, .mess = mess_dir,
	    .damaged = damaged_dir };
	opening = (struct opening){ .loop = &loop, .journal = &journal,
	    .state = &state, .spool = &spool, .done = opened,
	    .failed = cannot_open };
	disk_step_ms = slowly ? 150 : 0;
	opening_begin(&opening);
	disk_step_ms = 0;
}

/* What segments there are that never were in use: as a disk that loses their
 * names. Smaller than they ever are in service, they would be taken for
 * damage. */
static void
drop_blank_ones(void)
{
	uint16_t n, most = 0, low = 0;
	bool there[256] = { false };
	char name[SEGMENT_NAME_MAX], to[SEGMENT_NAME_MAX];
	uint64_t head[JOURNAL_BOUND / 8];
	uint32_t size;

	for (n = 0; n < 256; n++) {
		int fd = segment_open(journal_dir, n, &size);

		if (fd == -1) continue;
		assert_int_equal(pread(fd, head, sizeof head, 0), sizeof head);
		close(fd);
		there[n] = head[0] || head[JOURNAL_BOUND / 16];
		if (!there[n]) segment_remove(journal_dir, n);
		if (there[n]) most = n;
	}
	for (;; there[most] = false, there[low] = true) {
		while (most && !there[most]) most--;
		while (there[low]) low++;
		if (low >= most) break;
		snprintf(name, sizeof name, "%08x", most);
		snprintf(to, sizeof to, "%08x", low);
		assert_int_equal(renameat(journal_dir, name, journal_dir, to),
		    0);
	}
}

/* Memory is all that it frees: what is on disk then is what was there. */
static void
end_process(void)
{
	disk_step_ms = 0;
	if (!open_done) {
		if (opening.sweeping) sweep_end(&opening.sweep);
		else recover_end(&opening.recovery);
		loop_disarm(&loop, &opening.more);
	}
	commit_give_up(&journal, EIO);
	while (disk_syncs) {
		struct flush *job = disk_sync[--disk_syncs];

		job->done(job->owner, EIO);
	}
	stop_queue();
	free(cleaner.text);
	report_forget(&handout.report);
	expand_forget(&handout.expand);
	loop_not_later(&loop, &cleaner.look);
	loop_disarm(&loop, &cleaner.again);
	loop_not_later(&loop, &handout.announce.turn);
	loop_disarm(&loop, &handout.announce.retry);
}

static void
crash(void)
{
	uint32_t n;

	/* what isn't read is as it was */
	for (n = open_done ? 0 : begun; n < next; n++)
		note(n);
	/* a page that couldn't be written is clean, and still there: the next
	 * process would build on it, and the one after that miss it */
	if (seed_below(2) || journal.voiding) disk_cut();
	end_process();
	drop_blank_ones();
	start(seed_below(3) == 0);
}

/* What befalls messages */

static void
on_its_way(uint32_t n, struct step const *s)
{
	struct mail *e = &mail[n];

	assert_true(e->steps < AT_A_TIME);
	e->step[e->steps++] = *s;
}

static void
submit(void)
{
	size_t const len = seed_below(seed_below(large_one_in) ? 200 : LEN);
	uint32_t const rcpts = 1 + (uint32_t)(seed_below(9) / 4 % 3);
	uint32_t const n = next;

	if (next == MANY || state.map.n > waiting_most + PASSING ||
	    !journal_takes_mail(&journal, len + 2000))
		return;
	mail[n] = (struct mail){ .len = len, .view = { .rcpts = rcpts } };
	assert_true(append_message(&mail[n].unit, n, rcpts, len));
	next++;
}

static void
give_outcome(uint32_t n, struct message *m)
{
	static uint8_t const after[] = { RCPT_OPEN, RCPT_DELIVERED,
		RCPT_FAILED, RCPT_CONFIRMED };
	static enum outcome const said[] = { OUTCOME_DEFERRED,
		OUTCOME_DELIVERED, OUTCOME_FAILED, OUTCOME_CONFIRMED };
	size_t const k = seed_below(state.map.n > waiting_most ? 40 : 16);
	size_t const i = k < 4 ? k : k < 6 ? 0 : 1;
	uint32_t const rcpt = (uint32_t)seed_below(m->rcpts);
	struct handover_outcome o = { .id = numbered(n), .rcpt = rcpt,
	    .attempt = m->rcpt[rcpt].attempt, .outcome = (uint8_t)said[i],
	    .wait_s = 1 + (uint32_t)seed_below(1000),
	    .status = SLICE("4.0.0"), .words = SLICE("so it went") };

	if (m->rcpt[rcpt].state != RCPT_OPEN) return;
	on_its_way(n, &(struct step){ .what = OUTCOME, .rcpt = rcpt,
	    .n = o.attempt, .state = after[i], .due_s = i ? 0 :
	    (uint32_t)(clock_wall_ms() / 1000) + o.wait_s });
	assert_true(outcome_take(&handout, &o));
}

static void
report(uint32_t n, struct message *m)
{
	uint32_t const rcpt = (uint32_t)seed_below(m->rcpts);
	bool const warning = m->rcpt[rcpt].state == RCPT_OPEN;
	bool const nobody = next == MANY || state.map.n > waiting_most + PASSING ||
	    seed_below(3) == 0;
	struct handover_report r = { .of = numbered(n), .id = numbered(next),
	    .to = nobody ? SLICE("") : SLICE("s@s.s"), .warning = warning };
	uint32_t const pending = m->pending;

	if (m->held || m->reporting || m->replacing) return;
	if (warning && m->rcpt[rcpt].warned) return;
	assert_true(report_begin(&handout.report, &r));
	assert_true(report_mark(&handout.report,
	    &(struct handover_reported){ .rcpt = rcpt }));
	assert_true(report_text(&handout.report,
	    &(struct handover_report_text){ .octets = SLICE("x: y\r\n") }));
	assert_true(report_end(&handout.report, &(struct handover_report_end){
	    .rcpts = 1, .size = 6 }, &handout));
	if (m->pending == pending) return;
	on_its_way(n, &(struct step){ .what = REPORTED, .rcpt = rcpt,
	    .warning = warning });
	if (!nobody)
		mail[next++] = (struct mail){ .report = true,
		    .view = { .rcpts = 1 } };
}

static void
ordered(void *owner, bool fine)
{
	(void)owner;
	(void)fine;
}

static void
order(uint32_t n, struct message *m)
{
	size_t const k = seed_below(6);
	enum order const what = k < ORDERS ? (enum order)k : ORDER_RELEASE;

	on_its_way(n, &(struct step){ .what = ORDER, .n = what });
	assert_true(order_give(&handout, m, what, 0, ordered, NULL));
}

static void
expand(uint32_t n, struct message *m)
{
	uint32_t const rcpt = (uint32_t)seed_below(m->rcpts);
	uint32_t const targets = 1 + (uint32_t)seed_below(2);
	uint32_t i;

	if (m->pending || m->replacing || m->rcpts + targets > MODEL_RCPTS) return;
	assert_true(expand_begin(&handout.expand, &(struct handover_expand){
	    .id = numbered(n) }));
	for (i = 0; i < targets; i++)
		assert_true(expand_target(&handout.expand,
		    &(struct handover_target){ .of = rcpt,
		    .address = i ? SLICE("t@t.test") : SLICE("u@t.test") }));
	assert_true(expand_end(&handout.expand, &(struct handover_expand_end){
	    .targets = targets }, &handout));
	if (!m->pending) return;
	on_its_way(n, &(struct step){ .what = EXPANSION, .rcpt = rcpt,
	    .n = targets, .rcpts = m->rcpts });
}

/* One of the last, which come and go, or any of those that wait. */
static struct message *
choose(void)
{
	bool const old = !seed_below(old_one_in);
	struct message *m = old ? state.oldest : state.newest;
	size_t left = seed_below(old ? waiting_most : PASSING);

	for (; left && m && (old ? m->newer : m->older); left--)
		m = old ? m->newer : m->older;
	return m;
}

static void
befall(void)
{
	struct message *m;
	uint32_t n;
	size_t const what = seed_below(30);

	if (!open_done) return;
	m = choose();
	if (!m) return;
	n = number_of(m);
	if (!m->pending) settle(n);
	if (mail[n].steps == AT_A_TIME) return;
	if (what < 23)
		give_outcome(n, m);
	else if (what < 26)
		report(n, m);
	else if (what < 28)
		order(n, m);
	else
		expand(n, m);
}

/* Now and then one of the journal fails, a head's rather more often. */
static void
end_a_sync(void)
{
	unsigned const i = (unsigned)seed_below(disk_syncs);
	bool const fails = fails_at_times && disk_sync[i] == &journal.sync &&
	    !journal.voiding && !journal.standing &&
	    !seed_below(journal.open ? 40 : 5);

	disk_end_sync(i, fails ? EIO : 0);
}

static void
take_a_step(void)
{
	size_t const what = seed_below(99);

	if (!seed_below(crash_every))
		crash();
	else if (what < 22)
		submit();
	else if (what < 55)
		befall();
	else if (what < 58)
		journal_hurry(&journal);
	else if (what < 60)
		disk_ms += (int64_t)seed_below(2000);
	else
		turn();
	while (disk_syncs && seed_below(4))
		end_a_sync();
}

static void
work(void)
{
	unsigned i;

	for (i = 0; i < STEPS; i++)
		take_a_step();
	crash();
	while (!open_done)
		turn();
}

static void
one_round(void)
{
	disk_ms = 1;
	fails_at_times = seed_below(3) == 0;
	cleans_one_in = (size_t)1 << 2 * seed_below(3);
	crash_every = (size_t)30 << 2 * seed_below(4);
	waiting_most = (size_t)3 << seed_below(4);
	old_one_in = (size_t)3 << 3 * seed_below(4);
	large_one_in = 1 + seed_below(8);
	next = 0;
	start(false);
	work();
	disk_cut();
	end_process();
}

static void
make_directories(void)
{
	char const *base = getenv("TMPDIR");

	snprintf(directory, sizeof directory, "%.40s/queue-XXXXXX",
	    base ? base : "/tmp");
	assert_non_null(mkdtemp(directory));
	journal_dir = open_in_spool("journal");
	mess_dir = open_in_spool("mess");
	damaged_dir = open_in_spool("damaged");
	assert_true(journal_dir != -1 && mess_dir != -1 && damaged_dir != -1);
}

static int
remove_directories(void **unused)
{
	(void)unused;
	if (!*directory) return 0;
	close(journal_dir);
	close(mess_dir);
	close(damaged_dir);
	rm_rf(directory);
	*directory = 0;
	return 0;
}

/* Each round has a seed of its own, so that one alone can be had again. */
static void
what_was_committed_is_there(void **unused)
{
	char const *given = getenv("ROUNDS");
	unsigned long const rounds = given ? strtoul(given, NULL, 10) : ROUNDS;
	unsigned long i;

	for (i = 0; i < rounds; i++) {
		seed_state = seed_first = seed_first + (i ? 1 : 0);
		make_directories();
		one_round();
		remove_directories(unused);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test_teardown(what_was_committed_is_there,
		    remove_directories),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, start_helper,
	    end_helper));
}
