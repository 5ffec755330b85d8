/* SPDX-License-Identifier: ISC */
/* A send of our own at the other end of a socket pair, a real journal behind:
 * what it is told, what it may fetch, what becomes of its outcomes. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/msgfd.h"
#include "common/unixsock.h"
#include "queue/handout.h"
#include "tests/queue_spool.h"

enum { MESSAGES = 300 };

static struct handout handout;
static struct unit unit[MESSAGES];

/* What send has heard. */
static struct {
	struct peer peer;
	size_t mails, rcpts, readies, told, acks, bodies, gone;
	struct handover_mail mail;	/* the last, without its texts */
	struct traceid order[MESSAGES];
	uint32_t open;			/* RCPTs since MAIL */
	uint64_t told_messages;
	struct handover_outcome_ack ack;
	char address[64];
	uint32_t attempt, wait_s;
	bool failed;
	char words[64];
	int fd;
} heard;

static bool
got_mail(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	heard.mail = *(struct handover_mail const *)values;
	assert_true(slice_is(heard.mail.sender, "s@s.s"));
	heard.order[heard.mails++ % MESSAGES] = heard.mail.id;
	heard.open = 0;
	return true;
}

static bool
got_rcpt(void *owner, void const *values, int fd)
{
	struct handover_rcpt const *r = values;

	(void)owner;
	(void)fd;
	assert_true(traceid_eq(&r->id, &heard.mail.id));
	heard.rcpts++;
	heard.open++;
	heard.attempt = r->attempt;
	heard.wait_s = r->wait_s;
	heard.failed = r->owed == OUTCOME_FAILED;
	snprintf(heard.address, sizeof heard.address, "%.*s",
	    (int)r->address.len, r->address.s);
	snprintf(heard.words, sizeof heard.words, "%.*s", (int)r->words.len,
	    r->words.s);
	return true;
}

static bool
got_ready(void *owner, void const *values, int fd)
{
	struct handover_ready const *r = values;

	(void)owner;
	(void)fd;
	assert_true(traceid_eq(&r->id, &heard.mail.id));
	assert_int_equal(r->rcpts, heard.open);
	heard.readies++;
	return true;
}

static bool
got_told(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	heard.told++;
	heard.told_messages = ((struct handover_told const *)values)->messages;
	return true;
}

static bool
got_body(void *owner, void const *values, int fd)
{
	struct handover_body const *b = values;

	(void)owner;
	assert_int_equal(b->there, fd != -1);
	if (heard.fd != -1) close(heard.fd);
	heard.fd = fd;
	heard.bodies++;
	return true;
}

static bool
got_ack(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	heard.ack = *(struct handover_outcome_ack const *)values;
	heard.acks++;
	return true;
}

static bool
got_report_ack(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)values;
	(void)fd;
	heard.acks++;
	return true;
}

static void
gone(void *owner, char const *why)
{
	(void)owner;
	(void)why;
	heard.gone++;
}

static struct peer_row const rows[] = {
	{ &handover_mail_form, false, got_mail },
	{ &handover_rcpt_form, false, got_rcpt },
	{ &handover_ready_form, false, got_ready },
	{ &handover_told_form, false, got_told },
	{ &handover_body_form, true, got_body },
	{ &handover_outcome_ack_form, false, got_ack },
	{ &handover_report_ack_form, false, got_report_ack },
};

static struct peer_kind const kind = { .row = rows,
	.rows = sizeof rows / sizeof *rows, .gone = gone };

static void
connect_send(void)
{
	int pair[2], fd = heard.fd;

	peer_close(&heard.peer);
	if (fd != -1) close(fd);
	turn_once(); /* it hears of that */
	memset(&heard, 0, sizeof heard);
	heard.fd = -1;
	assert_true(unixsock_pair(pair));
	assert_true(peer_open(&heard.peer, &loop, pair[0], &kind, NULL));
	assert_true(handout_adopt(&handout, pair[1]));
}

static void
fill_handout(void)
{
	handout = (struct handout){ .loop = &loop, .journal = &journal,
	    .state = &state, .mess = mess_dir, .hostname = "queue.example" };
	handout_init(&handout);
}

static int
begin(void **unused)
{
	if (make_spool(unused)) return -1;
	fill_handout();
	memset(&heard, 0, sizeof heard);
	heard.fd = -1;
	connect_send();
	return 0;
}

static void
let_go(void)
{
	peer_close(&heard.peer);
	peer_close(&handout.peer);
	loop_not_later(&loop, &handout.tell);
	report_forget(&handout.report);
	journal_hurry(&journal);
	while (!journal_idle(&journal) || journal.syncing)
		turn_once();
}

static int
end(void **unused)
{
	let_go();
	if (heard.fd != -1) close(heard.fd);
	return remove_spool(unused);
}

static void
restart(void)
{
	let_go();
	stop_queue();
	start_queue();
	fill_handout();
	connect_send();
}

static void
window(uint32_t messages)
{
	assert_true(peer_send(&heard.peer, &handover_window_form,
	    &(struct handover_window){ .messages = messages }, -1));
}

static void
arrive(uint32_t n, uint32_t rcpts, size_t len)
{
	assert_true(append_message(&unit[n], n, rcpts, len));
	TURN_UNTIL(unit[n].fine == 1);
	handout_arrived(&handout, unit[n].message);
}

static void
settle(void)
{
	int i;

	journal_hurry(&journal);
	for (i = 0; i < 5; i++)
		turn_once();
}

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

/* Fetching */

static void
fetch(uint32_t n)
{
	size_t before = heard.bodies;

	assert_true(peer_send(&heard.peer, &handover_fetch_form,
	    &(struct handover_fetch){ .id = numbered(n) }, -1));
	TURN_UNTIL(heard.bodies == before + 1);
}

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

static void
a_file_is_opened_for_each(void **unused)
{
	struct traceid id = numbered(1);
	int fd;

	(void)unused;
	arrive(1, 1, 8);
	fd = store_create(mess_dir, &id);
	assert_int_equal(write(fd, "the text", 8), 8);
	close(fd);
	unit[1].message->file = unit[1].message->checked = true;
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

static void
an_uncommitted_one_is_not_there(void **unused)
{
	(void)unused;
	assert_true(append_message(&unit[1], 1, 1, 10));
	fetch(1);
	TURN_UNTIL(unit[1].fine == 1);
}

/* Outcomes */

static void
send_outcome(uint32_t n, uint32_t rcpt, uint32_t attempt,
    enum outcome outcome)
{
	assert_true(peer_send(&heard.peer, &handover_outcome_form,
	    &(struct handover_outcome){ .id = numbered(n), .rcpt = rcpt,
	    .attempt = attempt, .outcome = (uint8_t)outcome, .wait_s = 100,
	    .words = SLICE("so it went") }, -1));
}

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
	assert_in_range(heard.wait_s, 90, 100);
	assert_string_equal(heard.address, "r1@host-1.example");
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

		while (heard.peer.waiting > PEER_WAITING_MAX / 2)
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

static void
send_report(uint32_t of, uint32_t id, char const *to, uint32_t rcpt)
{
	struct handover_report r = { .of = numbered(of), .id = numbered(id),
	    .to = slice_of(to) };
	struct handover_reported d = { .rcpt = rcpt };
	struct handover_report_text t = { .octets = SLICE("Subject: x\r\n") };
	struct handover_report_end e = { .rcpts = 1, .size = 12 };

	assert_true(peer_send(&heard.peer, &handover_report_form, &r, -1));
	assert_true(peer_send(&heard.peer, &handover_reported_form, &d, -1));
	assert_true(peer_send(&heard.peer, &handover_report_text_form, &t,
	    -1));
	assert_true(peer_send(&heard.peer, &handover_report_end_form, &e, -1));
}

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(a_window_is_kept),
		TEST(an_empty_queue_says_so),
		TEST(more_than_the_socket_holds),
		TEST(fresh_is_said_once),
		TEST(what_is_fetched_is_right_and_cannot_change),
		TEST(a_file_is_opened_for_each),
		TEST(an_uncommitted_one_is_not_there),
		TEST(acked_once_durable),
		TEST(the_last_outcome_finishes),
		TEST(nonsense_ends_the_connection),
		TEST(an_ack_goes_to_who_asked),
		TEST(an_uncommitted_one_has_no_outcomes),
		TEST(a_failure_is_told_with_its_words),
		TEST(many_failures_can_be_told),
		TEST(a_report_counts_once),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, start_helpers,
	    end_helpers));
}
