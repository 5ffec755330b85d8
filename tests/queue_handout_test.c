/* SPDX-License-Identifier: ISC */
/* A send of our own at the other end of a socket pair, a real journal behind:
 * what it is told, what it may fetch, what becomes of its outcomes. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/queue_send.h"

/* Announcing */

static void
a_window_is_kept(void **unused)
{
	uint32_t n, seen;

	(void)unused;
	for (n = 0; n < 20; n++)
		arrive(n, 1 + n % 3, 10);
	settle();
	assert_int_equal(heard.mails, 0);
	for (seen = 0; seen < 18; seen += 6) {
		window(6);
		settle();
		assert_int_equal(heard.readies, seen + 6);
		assert_int_equal(heard.told, 0);
	}
	window(100);
	settle();
	assert_int_equal(heard.readies, 20);
	assert_int_equal(heard.rcpts, 7 * 1 + 7 * 2 + 6 * 3);
	assert_int_equal(heard.told, 1);
	assert_int_equal(heard.told_messages, 20);
	for (n = 0; n < 20; n++) { /* in the order of arrival */
		struct traceid id = numbered(n);

		assert_true(traceid_eq(&heard.order[n], &id));
	}
	arrive(20, 1, 10); /* news goes at once, and TOLD is said once */
	settle();
	assert_int_equal(heard.readies, 21);
	assert_int_equal(heard.told, 1);
}

static void
an_empty_queue_says_so(void **unused)
{
	(void)unused;
	window(1);
	settle();
	assert_int_equal(heard.told, 1);
	assert_int_equal(heard.told_messages, 0);
	window(UINT32_MAX); /* more than can be counted */
	settle();
	assert_int_equal(heard.gone, 1);
}

static void
more_than_the_socket_holds(void **unused)
{
	uint32_t n;

	(void)unused;
	for (n = 0; n < 20; n++)
		arrive(n, 2000, 10);
	peer_pause(&heard.peer, true);
	window(1000);
	settle();
	peer_pause(&heard.peer, false);
	TURN_UNTIL(heard.told == 1);
	assert_int_equal(heard.readies, 20);
	assert_int_equal(heard.rcpts, 20 * 2000);
}

static void
fresh_is_said_once(void **unused)
{
	(void)unused;
	arrive(1, 1, 10);
	window(10);
	settle();
	assert_int_equal(heard.mails, 1);
	assert_true(heard.mail.fresh);
	connect_send();
	window(10);
	settle();
	assert_int_equal(heard.mails, 1);
	assert_false(heard.mail.fresh);
	restart();
	window(10);
	settle();
	assert_int_equal(heard.mails, 1);
	assert_false(heard.mail.fresh);
	assert_int_equal(heard.told, 1);
}

/* What can't be read stops nobody else, and is tried again. */
static void
the_unreadable_is_tried_again(void **unused)
{
	struct journal_segment *s;
	int fd;

	(void)unused;
	arrive(1, 1, 10);
	s = &journal.segment[state.oldest->segment];
	fd = s->fd;
	s->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	window(10);
	settle();
	assert_int_equal(heard.readies, 0);
	assert_int_equal(heard.told, 1);
	close(s->fd);
	s->fd = fd;
	arrive(2, 1, 10);
	TURN_UNTIL(heard.readies == 1);
	assert_true(timer_is_armed(&handout.announce.retry));
	loop_arm(&loop, &handout.announce.retry, loop.now_ms);
	TURN_UNTIL(heard.readies == 2);
	assert_false(timer_is_armed(&handout.announce.retry));
}

/* Fetching */

static void
what_is_fetched_is_right_and_cannot_change(void **unused)
{
	static size_t const sizes[] = { 0, 1, 1000, RECORD_BODY_MAX };
	static char want[RECORD_BODY_MAX], got[RECORD_BODY_MAX + 1];
	uint32_t n;

	(void)unused;
	for (n = 0; n < 4; n++)
		arrive(n, 1, sizes[n]);
	for (n = 0; n < 4; n++) {
		fetch(n);
		assert_true(heard.fd != -1);
		assert_true(msgfd_valid(heard.fd, sizes[n]));
		write_body(want, sizes[n], n);
		assert_int_equal(pread(heard.fd, got, sizeof got, 0),
		    sizes[n]);
		assert_memory_equal(got, want, sizes[n]);
	}
	fetch(99);
	assert_int_equal(heard.fd, -1);
}

static int
truncate_file(struct traceid const *id, off_t size)
{
	char name[TRACEID_TEXT + 1];
	int fd = openat(mess_dir, traceid_format(name, id), O_WRONLY);
	int done = ftruncate(fd, size);

	close(fd);
	return done;
}

/* arrive_in_file - number 1, whose text has a file of its own */
static void
arrive_in_file(struct traceid const *id, uint32_t rcpts)
{
	int fd;

	arrive(1, rcpts, 8);
	fd = store_create(mess_dir, id);
	assert_int_equal(write(fd, "the text", 8), 8);
	close(fd);
	unit[1].message->file = unit[1].message->checked = true;
}

static void
a_file_is_opened_for_each(void **unused)
{
	struct traceid id = numbered(1);

	(void)unused;
	arrive_in_file(&id, 1);
	assert_int_equal(truncate_file(&id, 7), 0); /* cut by somebody */
	fetch(1);
	assert_int_equal(heard.fd, -1);
	assert_int_equal(truncate_file(&id, 8), 0);
	fetch(1);
	assert_true(msgfd_valid(heard.fd, 8));
	assert_int_equal(write(heard.fd, "x", 1), -1);
	store_remove(mess_dir, &id); /* what is open stays readable */
	fetch(1);
	assert_int_equal(heard.fd, -1);
}

enum { LARGE = 3 * TEXT_STEP + 7 };

/* In mess/, and nobody has looked at it since the start. */
static void
arrive_large(uint32_t n, char const *text, uint32_t crc)
{
	static struct record_rcpt const rcpt = { .address = SLICE("r@r.r") };
	struct record_message r = { .rcpts = 1, .file = true, .crc = crc };
	struct traceid id = numbered(n);
	int fd = store_create(mess_dir, &id);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, LARGE), LARGE);
	close(fd);
	arrive_as(n, &r, &rcpt, LARGE);
}

static void
ask_for(uint32_t n)
{
	assert_true(peer_send(&heard.peer, &handover_fetch_form,
	    &(struct handover_fetch){ .id = numbered(n) }, -1));
}

/* A step a turn, and who asked later is answered later. */
static void
a_large_file_is_checked_in_steps(void **unused)
{
	static char text[LARGE];
	struct traceid last = numbered(3);
	int turns = 0;

	(void)unused;
	memset(text, 'x', LARGE);
	arrive_large(1, text, crc32c(0, text, LARGE));
	arrive_large(2, text, 1); /* it was something else once */
	arrive(3, 1, 8);
	ask_for(1);
	ask_for(3);
	for (; !heard.bodies; turns++)
		turn_once();
	assert_true(turns > 1);
	TURN_UNTIL(heard.bodies == 2);
	assert_true(traceid_eq(&heard.body.id, &last));
	assert_true(unit[1].message->checked);
	fetch(1);
	assert_true(msgfd_valid(heard.fd, LARGE));
	fetch(2);
	assert_int_equal(heard.fd, -1);
	assert_false(unit[2].message->checked);
	/* it goes in the midst of that */
	ask_for(2);
	TURN_UNTIL(handout.fetching.check.fd != -1);
	handout_finished(&handout, unit[2].message);
	TURN_UNTIL(heard.bodies == 5);
	assert_int_equal(heard.fd, -1);
	assert_int_equal(handout.fetching.check.fd, -1);
}

static void
a_check_ends_with_the_connection(void **unused)
{
	static char const text[LARGE];
	struct traceid id = numbered(1);

	(void)unused;
	arrive_large(1, text, 1);
	ask_for(1);
	TURN_UNTIL(handout.fetching.check.fd != -1);
	/* as many may wait, and no more */
	handout.fetching.n = FETCHING_MAX - 1;
	assert_true(fetching_ask(&handout, &id));
	assert_false(fetching_ask(&handout, &id));
	handout_cut(&handout, "a test");
	assert_int_equal(handout.fetching.check.fd, -1);
	assert_null(handout.fetching.first);
}

static void
an_uncommitted_one_is_not_there(void **unused)
{
	(void)unused;
	assert_true(append_message(&unit[1], 1, 1, 10));
	fetch(1);
	TURN_UNTIL(unit[1].fine == 1);
}

/* Texts that nobody has asked for */

static void
a_fresh_text_goes_along(void **unused)
{
	static char want[1000], got[1001];
	uint32_t n;

	(void)unused;
	window_with_texts(100, 2);
	settle();
	for (n = 0; n < 4; n++) {
		arrive(n, 3, sizeof want);
		settle();
		assert_int_equal(heard.readies, n + 1);
		assert_int_equal(heard.rcpts, 3 * (n + 1));
		assert_int_equal(heard.aheads, n < 2 ? n + 1 : 2);
		if (n >= 2) continue;
		assert_true(msgfd_valid(heard.fd, sizeof want));
		write_body(want, sizeof want, n);
		assert_int_equal(pread(heard.fd, got, sizeof got, 0),
		    sizeof want);
		assert_memory_equal(got, want, sizeof want);
	}
	fetch(0); /* it may be asked for all the same */
	assert_true(msgfd_valid(heard.fd, sizeof want));
}

static void
a_small_one_goes_without_descriptor(void **unused)
{
	static char want[HANDOVER_TEXT_MAX];
	uint32_t n;

	(void)unused;
	window_within(10, 10, 1000);
	settle();
	for (n = 0; n < 3; n++) {
		size_t len = n ? 999 + n : HANDOVER_TEXT_MAX;

		arrive(n, 1, len);
		settle();
		assert_int_equal(heard.aheads, n + 1);
		assert_int_equal(handout.announce.texts, 9 - n);
		assert_int_equal(heard.text_len, n == 1 ? len : 0);
		write_body(want, len, n);
		assert_memory_equal(heard.text, want, heard.text_len);
		if (n != 1) assert_true(msgfd_valid(heard.fd, len));
	}
	fetch(1); /* who asks gets one */
	assert_true(msgfd_valid(heard.fd, 1000));
}

/* However many there are, none waits to be asked for. */
static void
many_small_ones_go_at_once(void **unused)
{
	uint32_t n;

	(void)unused;
	for (n = 0; n < HANDOVER_AHEAD_MAX; n++)
		arrive(n, 1, 4096);
	window_within(1000, HANDOVER_AHEAD_MAX, HANDOVER_TEXT_MAX);
	PATIENTLY(heard.readies == HANDOVER_AHEAD_MAX, turn_once());
	assert_int_equal(heard.aheads, HANDOVER_AHEAD_MAX);
}

static void
a_fresh_file_goes_along(void **unused)
{
	struct traceid id = numbered(1);

	(void)unused;
	arrive_in_file(&id, 2000);
	window_with_texts(1, 1);
	settle();
	assert_int_equal(heard.aheads, 1);
	assert_int_equal(heard.rcpts, 2000);
	assert_true(msgfd_valid(heard.fd, 8));
}

/* What was told once, or can't be opened, or not without reading all of it, is
 * asked for. */
static void
other_texts_are_asked_for(void **unused)
{
	static char text[LARGE];
	struct traceid id = numbered(2);

	(void)unused;
	window(10);
	arrive(1, 1, 10);
	settle();
	arrive_large(2, text, crc32c(0, text, LARGE));
	arrive(3, 1, 10);
	unit[3].message->file = unit[3].message->checked = true; /* nowhere */
	connect_send();
	window_with_texts(10, 10);
	settle();
	assert_int_equal(heard.readies, 3);
	assert_int_equal(heard.aheads, 0);
	assert_int_equal(handout.announce.texts, 10);
	restart();
	window_with_texts(10, 10);
	settle();
	assert_int_equal(heard.readies, 3);
	assert_int_equal(heard.aheads, 0);
	store_remove(mess_dir, &id);
}

static void
texts_have_a_limit(void **unused)
{
	(void)unused;
	window_with_texts(0, HANDOVER_AHEAD_MAX - 1);
	window_with_texts(0, 1);
	settle();
	assert_int_equal(heard.gone, 0);
	assert_int_equal(handout.announce.texts, HANDOVER_AHEAD_MAX);
	window_with_texts(0, 1);
	settle();
	assert_int_equal(heard.gone, 1);
	connect_send();
	assert_int_equal(handout.announce.texts, 0);
	window_within(0, 0, HANDOVER_TEXT_MAX);
	settle();
	assert_int_equal(handout.announce.within, HANDOVER_TEXT_MAX);
	window_within(0, 0, HANDOVER_TEXT_MAX + 1);
	settle();
	assert_int_equal(heard.gone, 1);
	connect_send();
	assert_int_equal(handout.announce.within, 0);
}

/* Outcomes */

static void
acked_once_durable(void **unused)
{
	struct traceid id = numbered(1);

	(void)unused;
	arrive(1, 2, 10);
	send_outcome(1, 1, 0, OUTCOME_DEFERRED);
	TURN_UNTIL(journal.written.first || journal.lane[0].units.first);
	assert_int_equal(heard.acks, 0);
	TURN_UNTIL(heard.acks == 1);
	assert_int_equal(heard.ack.rcpt, 1);
	assert_int_equal(heard.ack.attempt, 0);
	assert_true(traceid_eq(&heard.ack.id, &id));
	send_outcome(1, 1, 0, OUTCOME_DELIVERED); /* counted already */
	TURN_UNTIL(heard.acks == 2);
	restart();
	assert_int_equal(state.oldest->rcpt[1].attempt, 1);
	assert_int_equal(state.oldest->rcpt[1].state, RCPT_OPEN);
	window(1);
	TURN_UNTIL(heard.readies == 1);
	assert_int_equal(heard.attempt, 1);
	assert_in_range(heard.wait_s, 1, 100); /* some have gone by */
	assert_string_equal(heard.address, "r1@host-1.example");
}

/* The disk has failed under it: send is cut off, and says it again when it is
 * back, for nobody acknowledged it. */
static void
what_is_not_durable_is_said_again(void **unused)
{
	uint16_t last;
	int fd;

	(void)unused;
	arrive(1, 2, 10);
	last = journal.used.last;
	fd = journal.segment[last].fd;
	journal.segment[last].fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	send_outcome(1, 0, 0, OUTCOME_DELIVERED);
	TURN_UNTIL(heard.gone == 1);
	assert_int_equal(heard.acks, 0);
	assert_int_equal(failures, 0);
	assert_int_equal(state.oldest->unfinished, 2);
	assert_int_equal(state.oldest->pending, 0);
	connect_send();
	send_outcome(1, 0, 0, OUTCOME_DELIVERED);
	TURN_UNTIL(heard.acks == 1);
	assert_int_equal(state.oldest->unfinished, 1);
	close(fd);
}

static void
the_last_outcome_finishes(void **unused)
{
	struct traceid id = numbered(1);

	(void)unused;
	arrive(1, 2, 10);
	arrive(2, 1, 10);
	close(store_create(mess_dir, &id));
	unit[1].message->file = true;
	send_outcome(1, 0, 0, OUTCOME_DELIVERED);
	settle();
	TURN_UNTIL(heard.acks == 1);
	assert_int_equal(files_in(mess_dir), 1);
	send_outcome(1, 1, 0, OUTCOME_DELIVERED);
	send_outcome(1, 1, 0, OUTCOME_DELIVERED);
	TURN_UNTIL(heard.acks == 3);
	assert_null(state_find(&state, &id));
	assert_int_equal(files_in(mess_dir), 0);
	send_outcome(1, 1, 0, OUTCOME_DELIVERED); /* repeated: still an ack */
	TURN_UNTIL(heard.acks == 4);
	window(5); /* the next one to be told was the finished one */
	TURN_UNTIL(heard.told == 1);
	assert_int_equal(heard.readies, 1);
	restart();
	assert_int_equal(state.map.n, 1);
}

/* What is under way is still taken; who has hung up is not called again. */
static void
an_end_is_told(void **unused)
{
	(void)unused;
	arrive(1, 2, 10);
	handout_end(&handout);
	TURN_UNTIL(heard.endings == 1);
	send_outcome(1, 0, 0, OUTCOME_DELIVERED);
	TURN_UNTIL(heard.acks == 1);
	peer_close(&heard.peer);
	TURN_UNTIL(!peer_is_open(&handout.peer));
	assert_false(timer_is_armed(&handout.caller.retry));
	handout_end(&handout); /* nobody is there */
	settle();
}

static void
nonsense_ends_the_connection(void **unused)
{
	static struct { uint32_t rcpt, attempt; } const bad[] = { { 2, 0 },
		{ UINT32_MAX, 0 }, { 0, 1 }, { 0, UINT32_MAX } };
	size_t i;

	(void)unused;
	arrive(1, 2, 10);
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		send_outcome(1, bad[i].rcpt, bad[i].attempt,
		    OUTCOME_DELIVERED);
		TURN_UNTIL(heard.gone == 1);
		assert_int_equal(heard.acks, 0);
		connect_send();
	}
	assert_int_equal(state.oldest->unfinished, 2);
}

/* What one connection asked is not answered on the next. */
static void
an_ack_goes_to_who_asked(void **unused)
{
	(void)unused;
	arrive(1, 2, 10);
	send_outcome(1, 0, 0, OUTCOME_DELIVERED);
	TURN_UNTIL(journal.written.first || journal.lane[0].units.first);
	connect_send();
	send_outcome(1, 0, 0, OUTCOME_DELIVERED); /* repeated, as it must */
	settle();
	TURN_UNTIL(heard.acks == 1);
	settle();
	assert_int_equal(heard.acks, 1);
	assert_int_equal(state.oldest->unfinished, 1);
	assert_int_equal(state.oldest->pending, 0);
}

/* send can't know of it; one that says so all the same does no harm. */
static void
an_uncommitted_one_has_no_outcomes(void **unused)
{
	struct traceid id = numbered(1);
	struct message *m = message_make(&id, 1);

	(void)unused;
	assert_true(state_insert(&state, m));
	send_outcome(1, 0, 0, OUTCOME_DELIVERED);
	settle();
	settle();
	assert_ptr_equal(state_find(&state, &id), m);
	assert_false(m->committed);
}

static void
a_failure_is_told_with_its_words(void **unused)
{
	(void)unused;
	arrive(1, 1, 10);
	send_outcome(1, 0, 0, OUTCOME_FAILED);
	settle();
	TURN_UNTIL(heard.acks == 1);
	restart();
	window(1);
	TURN_UNTIL(heard.readies == 1);
	assert_true(heard.failed);
	assert_string_equal(heard.words, "so it went");
	assert_int_equal(heard.open, 1);
}

/* However many have failed, and at whatever length: it can be told, or no mail
 * behind it ever would. */
static void
many_failures_can_be_told(void **unused)
{
	enum { FAILED = 3000 };
	static char words[WORDS_MAX];
	uint32_t i;

	(void)unused;
	memset(words, 'w', sizeof words);
	arrive(1, FAILED, 10);
	arrive(2, 1, 10);
	for (i = 0; i < FAILED; i++) {
		struct handover_outcome o = { .id = numbered(1), .rcpt = i,
		    .outcome = OUTCOME_FAILED,
		    .words = slice_from(words, sizeof words) };

		while (heard.peer.out.octets > PEER_WAITING_MAX / 2)
			turn_once();
		assert_true(peer_send(&heard.peer, &handover_outcome_form, &o,
		    -1));
	}
	TURN_UNTIL(heard.acks == FAILED);
	connect_send();
	window(10);
	for (i = 0; i < 1000 && !heard.told && !heard.gone; i++)
		turn_once();
	assert_int_equal(heard.gone, 0);
	assert_int_equal(heard.told, 1);
	assert_int_equal(heard.readies, 2);
}

/* Reports */

/* The ack of a report was lost: send repeats it, and the sender of the mail is
 * told once. */
static void
a_report_counts_once(void **unused)
{
	(void)unused;
	arrive(1, 1, 10);
	send_outcome(1, 0, 0, OUTCOME_FAILED);
	settle();
	TURN_UNTIL(heard.acks == 1);
	send_report(1, 11, "s@s.s", 0);
	TURN_UNTIL(heard.acks == 2);
	assert_int_equal(state.map.n, 1); /* the report instead of the mail */
	connect_send();
	send_report(1, 12, "s@s.s", 0);
	TURN_UNTIL(heard.acks == 1);
	settle();
	assert_int_equal(state.map.n, 1);
}

static void
what_is_owed_is_told_and_reported(void **unused)
{
	static struct {
		enum outcome outcome;
		enum rcpt_state state;
	} const row[] = {
		{ OUTCOME_FAILED, RCPT_FAILED },
		{ OUTCOME_CONFIRMED, RCPT_CONFIRMED },
		{ OUTCOME_RELAYED, RCPT_RELAYED },
	};
	uint32_t i;

	(void)unused;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		struct traceid id = numbered(i);
		struct message const *m;

		arrive(i, 2, 10);
		send_outcome(i, 1, 0, row[i].outcome);
		settle();
		restart();
		m = state_find(&state, &id);
		assert_int_equal(m->rcpt[1].state, row[i].state);
		assert_int_equal(m->unfinished, 2);
		window(100);
		TURN_UNTIL(heard.told == 1);
		assert_true(traceid_eq(&heard.mail.id, &id));
		assert_int_equal(heard.open, 2);
		assert_int_equal(heard.rcpt[0].is.owed, 0);
		assert_int_equal(heard.rcpt[1].is.owed, row[i].outcome);
		assert_string_equal(heard.rcpt[1].words, "so it went");
		send_report(i, 100 + i, "", 1);
		TURN_UNTIL(heard.acks == 1);
		assert_true(heard.report_done);
		assert_int_equal(m->rcpt[1].state, RCPT_REPORTED);
		assert_int_equal(m->unfinished, 1);
		send_outcome(i, 0, 0, OUTCOME_DELIVERED);
		TURN_UNTIL(!state_find(&state, &id));
	}
}

/* Only the queue itself says that somebody was expanded. */
static void
an_outcome_never_expands(void **unused)
{
	(void)unused;
	arrive(1, 1, 10);
	send_outcome(1, 0, 0, OUTCOME_EXPANDED);
	TURN_UNTIL(heard.gone == 1);
	assert_int_equal(state.oldest->rcpt[0].state, RCPT_OPEN);
}

static void
a_warning_leaves_it_open(void **unused)
{
	struct traceid id = numbered(1), report = numbered(11);
	struct message *m;

	(void)unused;
	arrive(1, 2, 10);
	send_report_as(1, 11, "s@s.s", 1, true);
	TURN_UNTIL(heard.acks == 1);
	assert_true(heard.report_done);
	m = state_find(&state, &id);
	assert_true(m->rcpt[1].warned);
	assert_false(m->rcpt[0].warned);
	assert_int_equal(m->unfinished, 2);
	send_report_as(1, 12, "s@s.s", 1, true); /* once is enough */
	TURN_UNTIL(heard.acks == 2);
	assert_true(heard.report_done);
	assert_int_equal(state.map.n, 2);
	send_report(1, 13, "s@s.s", 1); /* nothing is owed */
	TURN_UNTIL(heard.acks == 3);
	assert_int_equal(state.map.n, 2);
	restart();
	m = state_find(&state, &id);
	assert_true(m->rcpt[1].warned);
	assert_int_equal(m->rcpt[1].state, RCPT_OPEN);
	assert_non_null(state_find(&state, &report));
	window(100);
	TURN_UNTIL(heard.told == 1);
	assert_true(heard.mail.utf8);	/* the report came last, and said so */
	assert_int_equal(heard.rcpts, 3);
}

/* Marks that come to lie before a unit which doesn't know them are lost. */
static void
a_report_waits_for_a_new_unit(void **unused)
{
	(void)unused;
	arrive(1, 1, 10);
	unit[1].message->replacing = true;
	send_report_as(1, 11, "s@s.s", 0, true);
	TURN_UNTIL(heard.acks == 1);
	assert_false(heard.report_done);
	unit[1].message->replacing = false;
	send_report_as(1, 11, "s@s.s", 0, true);
	TURN_UNTIL(heard.acks == 2);
	assert_true(heard.report_done);
}

/* Attributes */

static void
what_was_asked_and_who_asked(void **unused)
{
	struct record_message r = { .rcpts = 2, .utf8 = 1, .ret = RET_HDRS,
	    .envid = SLICE("QQ+2B1"), .client_address = SLICE("192.0.2.1"),
	    .client_name = SLICE("mx.test"), .helo = SLICE("me"),
	    .protocol = SLICE("ESMTP"), .login = SLICE("joe") };
	struct record_rcpt const rcpt[] = {
		{ .address = SLICE("a@b"), .notify = NOTIFY_NEVER },
		{ .address = SLICE("c@d"), .orcpt = SLICE("rfc822;C@d"),
		    .notify = NOTIFY_SUCCESS | NOTIFY_DELAY, .action = 3 },
	};

	(void)unused;
	arrive_as(1, &r, rcpt, 10);
	restart();
	window(1);
	TURN_UNTIL(heard.readies == 1);
	assert_true(heard.mail.utf8);
	assert_int_equal(heard.rcpt[0].is.notify, NOTIFY_NEVER);
	assert_string_equal(heard.rcpt[0].orcpt, "");
	assert_int_equal(heard.rcpt[1].is.notify,
	    NOTIFY_SUCCESS | NOTIFY_DELAY);
	assert_int_equal(heard.rcpt[1].is.action, 3);
	assert_string_equal(heard.rcpt[1].orcpt, "rfc822;C@d");
	fetch(1);
	assert_true(heard.fd != -1);
	assert_int_equal(heard.body.ret, RET_HDRS);
	assert_string_equal(heard.attributes,
	    "QQ+2B1 192.0.2.1 mx.test me ESMTP joe");
	fetch(99);
	assert_string_equal(heard.attributes, "     ");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(a_window_is_kept),
		TEST(an_empty_queue_says_so),
		TEST(more_than_the_socket_holds),
		TEST(fresh_is_said_once),
		TEST(the_unreadable_is_tried_again),
		TEST(what_is_fetched_is_right_and_cannot_change),
		TEST(a_file_is_opened_for_each),
		TEST(a_large_file_is_checked_in_steps),
		TEST(a_check_ends_with_the_connection),
		TEST(an_uncommitted_one_is_not_there),
		TEST(a_fresh_text_goes_along),
		TEST(a_small_one_goes_without_descriptor),
		TEST(many_small_ones_go_at_once),
		TEST(a_fresh_file_goes_along),
		TEST(other_texts_are_asked_for),
		TEST(texts_have_a_limit),
		TEST(acked_once_durable),
		TEST(what_is_not_durable_is_said_again),
		TEST(the_last_outcome_finishes),
		TEST(an_end_is_told),
		TEST(nonsense_ends_the_connection),
		TEST(an_ack_goes_to_who_asked),
		TEST(an_uncommitted_one_has_no_outcomes),
		TEST(a_failure_is_told_with_its_words),
		TEST(many_failures_can_be_told),
		TEST(a_report_counts_once),
		TEST(what_is_owed_is_told_and_reported),
		TEST(an_outcome_never_expands),
		TEST(a_warning_leaves_it_open),
		TEST(a_report_waits_for_a_new_unit),
		TEST(what_was_asked_and_who_asked),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, start_helper,
	    end_helper));
}
