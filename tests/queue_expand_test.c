/* SPDX-License-Identifier: ISC */
/* Expansions: what replaces whom, what stays as it was, what is refused, and
 * what a restart finds. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/queue_send.h"

static void
begin_expansion(uint32_t n)
{
	assert_true(peer_send(&heard.peer, &handover_expand_form,
	    &(struct handover_expand){ .id = numbered(n) }, -1));
}

static void
target_as(uint32_t of, char const *address, uint32_t action, uint8_t notify)
{
	assert_true(peer_send(&heard.peer, &handover_target_form,
	    &(struct handover_target){ .of = of, .action = action,
	    .notify = notify, .address = slice_of(address) }, -1));
}

static void
target(uint32_t of, char const *address)
{
	target_as(of, address, 0, NOTIFY_UNSAID);
}

static void
end_expansion(uint32_t targets)
{
	assert_true(peer_send(&heard.peer, &handover_expand_end_form,
	    &(struct handover_expand_end){ .targets = targets }, -1));
}

static void
await_ack(enum handover_expanded done)
{
	size_t before = heard.expand_acks;

	TURN_UNTIL(heard.expand_acks > before);
	assert_int_equal(heard.expanded.done, done);
}

/* Recipient 0 of message n by another. */
static void
expand_one(uint32_t n)
{
	begin_expansion(n);
	target(0, "t@t.test");
	end_expansion(1);
}

static struct message *
message(uint32_t n)
{
	struct traceid id = numbered(n);

	return state_find(&state, &id);
}

/* All that send doesn't know is announced. */
static void
hear_all(void)
{
	window(1000);
	TURN_UNTIL(heard.told == 1);
}

static void
assert_text(uint32_t n, size_t len)
{
	char want[2000], got[2001];

	assert_true(len <= sizeof want);
	fetch(n);
	assert_true(msgfd_valid(heard.fd, len));
	write_body(want, len, n);
	assert_int_equal(pread(heard.fd, got, sizeof got, 0), len);
	assert_memory_equal(got, want, len);
}

static void
one_for_one(void **unused)
{
	int again;

	(void)unused;
	arrive(1, 2, 1000);
	hear_all();
	begin_expansion(1);
	target_as(1, "new@t.test", 7, NOTIFY_DELAY);
	end_expansion(1);
	await_ack(EXPANDED_DONE);
	for (again = 0; again < 2; again++) {
		TURN_UNTIL(heard.readies == 2u - (unsigned)again);
		assert_int_equal(heard.open, 2);
		assert_int_equal(heard.rcpt[0].is.rcpt, 0);
		assert_string_equal(heard.rcpt[0].address, "r0@host-1.example");
		assert_int_equal(heard.rcpt[1].is.rcpt, 2);
		assert_int_equal(heard.rcpt[1].is.attempt, 0);
		assert_int_equal(heard.rcpt[1].is.wait_s, 0);
		assert_int_equal(heard.rcpt[1].is.action, 7);
		assert_int_equal(heard.rcpt[1].is.notify, NOTIFY_DELAY);
		assert_string_equal(heard.rcpt[1].address, "new@t.test");
		assert_string_equal(heard.rcpt[1].orcpt,
		    "rfc822;r1@host-1.example");
		assert_int_equal(message(1)->rcpt[1].state, RCPT_EXPANDED);
		assert_int_equal(message(1)->rcpts, 3);
		assert_int_equal(message(1)->unfinished, 2);
		assert_text(1, 1000);
		assert_int_equal(state.map.n, 1);
		restart();
		if (!again) hear_all();
	}
	send_outcome(1, 0, 0, OUTCOME_DELIVERED);
	send_outcome(1, 2, 0, OUTCOME_DELIVERED);
	TURN_UNTIL(!state.map.n);
}

/* A single recipient is kept in the message itself; more are not. */
static void
the_only_one(void **unused)
{
	(void)unused;
	arrive(1, 1, 10);
	hear_all();
	expand_one(1);
	await_ack(EXPANDED_DONE);
	TURN_UNTIL(heard.readies == 2);
	assert_int_equal(heard.open, 1);
	begin_expansion(1);	/* and who came of that, once more */
	target(1, "x@t.test");
	target(1, "y@t.test");
	end_expansion(2);
	await_ack(EXPANDED_DONE);
	restart();
	hear_all();
	assert_int_equal(heard.open, 2);
	assert_string_equal(heard.rcpt[0].address, "x@t.test");
	assert_int_equal(heard.rcpt[0].is.rcpt, 2);
	assert_string_equal(heard.rcpt[0].orcpt, "rfc822;r0@host-1.example");
	send_outcome(1, 2, 0, OUTCOME_DELIVERED);
	send_outcome(1, 3, 0, OUTCOME_DELIVERED);
	TURN_UNTIL(!state.map.n);
}

static void
several_at_once(void **unused)
{
	static char const *const want[] = { "r1@host-1.example", "a@t.test",
		"b@t.test", "c@t.test", "r2@host-1.example" };
	uint32_t i;

	(void)unused;
	arrive(1, 3, 10);
	begin_expansion(1);	/* out of order, in part to themselves */
	target(2, "c@t.test");
	target(0, "a@t.test");
	target_as(2, "r2@host-1.example", 2, NOTIFY_UNSAID);
	target(0, "b@t.test");
	end_expansion(4);
	await_ack(EXPANDED_DONE);
	restart();
	hear_all();
	assert_int_equal(heard.open, 5);
	for (i = 0; i < 5; i++) {
		assert_string_equal(heard.rcpt[i].address, want[i]);
		assert_int_equal(heard.rcpt[i].is.rcpt, i ? i + 2 : 1);
	}
	assert_string_equal(heard.rcpt[4].orcpt, "rfc822;r2@host-1.example");
	assert_int_equal(heard.rcpt[4].is.action, 2);
}

/* RFC 3461 section 5.2.7: who asked to hear of success hears that it expanded,
 * when it did so to several. */
static void
success_is_owed_for_lists(void **unused)
{
	static struct {
		uint8_t notify;
		uint32_t targets;
		bool owed;
	} const row[] = {
		{ NOTIFY_SUCCESS, 2, true },
		{ NOTIFY_SUCCESS | NOTIFY_FAILURE, 3, true },
		{ NOTIFY_SUCCESS, 1, false },
		{ NOTIFY_FAILURE, 2, false },
		{ NOTIFY_UNSAID, 2, false },
		{ NOTIFY_NEVER, 2, false },
	};
	uint32_t n, i;

	(void)unused;
	for (n = 0; n < sizeof row / sizeof *row; n++) {
		struct record_message r = { .rcpts = 1 };
		struct record_rcpt rcpt = { .address = SLICE("list@l.test"),
		    .notify = row[n].notify, .orcpt = SLICE("rfc822;L@l"),
		    .status = SLICE("4.3.5"), .words = SLICE("too early") };
		bool owed = row[n].owed;

		arrive_as(n, &r, &rcpt, 10);
		begin_expansion(n);
		for (i = 0; i < row[n].targets; i++)
			target(0, "t@t.test");
		end_expansion(row[n].targets);
		await_ack(EXPANDED_DONE);
		restart();
		window(1000);
		TURN_UNTIL(heard.told == 1);
		assert_int_equal(heard.open, row[n].targets + owed);
		assert_int_equal(message(n)->rcpt[0].state,
		    owed ? RCPT_LISTED : RCPT_EXPANDED);
		assert_string_equal(heard.rcpt[owed].orcpt, "rfc822;L@l");
		if (owed) {
			assert_int_equal(heard.rcpt[0].is.owed,
			    OUTCOME_EXPANDED);
			assert_string_equal(heard.rcpt[0].words, "");
			send_report(n, 100 + n, "", 0);
			TURN_UNTIL(heard.acks == 1);
			assert_true(heard.report_done);
		}
		for (i = 0; i < row[n].targets; i++)
			send_outcome(n, 1 + i, 0, OUTCOME_DELIVERED);
		TURN_UNTIL(!message(n));
	}
}

/* Nobody is told of what became of a report. */
static void
nothing_is_owed_to_nobody(void **unused)
{
	struct record_message r = { .rcpts = 1, .sender = SLICE("") };
	struct record_rcpt rcpt = { .address = SLICE("l@l.test"),
	    .notify = NOTIFY_SUCCESS };

	(void)unused;
	arrive_as(1, &r, &rcpt, 10);
	begin_expansion(1);
	target(0, "a@t.test");
	target(0, "b@t.test");
	end_expansion(2);
	await_ack(EXPANDED_DONE);
	assert_int_equal(message(1)->rcpt[0].state, RCPT_EXPANDED);
}

static void
the_others_stay_as_they_are(void **unused)
{
	(void)unused;
	arrive(1, 5, 100);
	send_outcome(1, 0, 0, OUTCOME_DELIVERED);
	send_outcome(1, 1, 0, OUTCOME_FAILED);
	send_outcome(1, 2, 0, OUTCOME_DEFERRED);
	settle();
	TURN_UNTIL(heard.acks == 3);
	send_report_as(1, 11, "", 3, true);
	TURN_UNTIL(heard.acks == 4);
	begin_expansion(1);
	target(4, "t@t.test");
	end_expansion(1);
	await_ack(EXPANDED_DONE);
	restart();
	hear_all();
	assert_int_equal(heard.open, 4);
	assert_int_equal(heard.rcpt[0].is.rcpt, 1);
	assert_int_equal(heard.rcpt[0].is.owed, OUTCOME_FAILED);
	assert_string_equal(heard.rcpt[0].words, "so it went");
	assert_int_equal(heard.rcpt[1].is.rcpt, 2);
	assert_int_equal(heard.rcpt[1].is.attempt, 1);
	assert_in_range(heard.rcpt[1].is.wait_s, 90, 100);
	assert_int_equal(heard.rcpt[2].is.rcpt, 3);
	assert_true(heard.rcpt[2].is.warned);
	assert_int_equal(heard.rcpt[3].is.rcpt, 5);
	assert_int_equal(message(1)->rcpt[0].state, RCPT_DELIVERED);
	send_outcome(1, 2, 1, OUTCOME_DELIVERED); /* its second try */
	TURN_UNTIL(heard.acks == 1);
	assert_int_equal(message(1)->rcpt[2].state, RCPT_DELIVERED);
}

static void
orders_stay(void **unused)
{
	(void)unused;
	arrive(1, 1, 10);
	message(1)->given_up = true;
	expand_one(1);
	await_ack(EXPANDED_DONE);
	restart();
	assert_true(message(1)->given_up);
	assert_false(message(1)->held);
}

static void
a_file_stays(void **unused)
{
	struct record_message r = { .rcpts = 1, .file = 1 };
	struct record_rcpt rcpt = { .address = SLICE("a@b.test") };
	struct traceid id = numbered(1);
	char body[1000];
	int fd = store_create(mess_dir, &id);

	(void)unused;
	write_body(body, sizeof body, 1);
	assert_int_equal(write(fd, body, sizeof body), sizeof body);
	close(fd);
	r.crc = crc32c(0, body, sizeof body);
	arrive_as(1, &r, &rcpt, sizeof body);
	expand_one(1);
	await_ack(EXPANDED_DONE);
	assert_text(1, sizeof body);
	restart();
	assert_int_equal(files_in(mess_dir), 1);
	assert_text(1, sizeof body);
	send_outcome(1, 1, 0, OUTCOME_DELIVERED);
	TURN_UNTIL(!state.map.n);
	assert_int_equal(files_in(mess_dir), 0);
}

/* What is on its way into the journal must not be undone. */
static void
it_waits_for_what_is_under_way(void **unused)
{
	struct message *m;

	(void)unused;
	arrive(1, 2, 10);
	m = message(1);
	send_outcome(1, 1, 0, OUTCOME_DEFERRED);
	expand_one(1);
	await_ack(EXPANDED_LATER);
	TURN_UNTIL(heard.acks == 1);
	m->held = true;
	expand_one(1);
	await_ack(EXPANDED_LATER);
	m->held = false;
	m->reporting = true;
	expand_one(1);
	await_ack(EXPANDED_LATER);
	m->reporting = false;
	m->replacing = true;
	expand_one(1);
	await_ack(EXPANDED_LATER);
	m->replacing = false;
	assert_int_equal(m->rcpts, 2);
	expand_one(1);
	expand_one(1);	/* the same again, before it is done */
	await_ack(EXPANDED_LATER);
	await_ack(EXPANDED_DONE);
	assert_int_equal(m->rcpts, 3);
	assert_int_equal(m->pending, 0);
	assert_false(m->replacing);
	assert_int_equal(handout.expand.waiting, 0);
}

/* An outcome that comes later counts on top of it. */
static void
outcomes_come_behind_it(void **unused)
{
	(void)unused;
	arrive(1, 2, 10);
	expand_one(1);
	send_outcome(1, 1, 0, OUTCOME_DEFERRED);
	await_ack(EXPANDED_DONE);
	TURN_UNTIL(heard.acks == 1);
	restart();
	assert_int_equal(message(1)->rcpts, 3);
	assert_int_equal(message(1)->rcpt[0].state, RCPT_EXPANDED);
	assert_int_equal(message(1)->rcpt[1].attempt, 1);
}

static void
a_lost_ack_changes_nothing(void **unused)
{
	(void)unused;
	arrive(1, 1, 10);
	expand_one(1);
	TURN_UNTIL(message(1)->pending);
	connect_send();
	TURN_UNTIL(!message(1)->pending);
	assert_int_equal(heard.expand_acks, 0);
	hear_all();
	assert_int_equal(heard.readies, 1);
	expand_one(1);
	await_ack(EXPANDED_DONE);
	TURN_UNTIL(heard.readies == 2);	/* for who didn't hear of it */
	assert_int_equal(heard.rcpt[0].is.rcpt, 1);
	assert_int_equal(message(1)->rcpts, 2);
	expand_one(99);
	await_ack(EXPANDED_DONE);	/* it is gone, and so is its work */
	assert_int_equal(heard.readies, 2);
}

static void
it_is_announced_within_the_window(void **unused)
{
	uint32_t n;

	(void)unused;
	for (n = 0; n < 3; n++)
		arrive(n, 1, 10);
	window(2);
	TURN_UNTIL(heard.readies == 2);
	expand_one(0);
	await_ack(EXPANDED_DONE);
	settle();
	assert_int_equal(heard.readies, 2);
	window(1);	/* before the one that waits */
	TURN_UNTIL(heard.readies == 3);
	assert_true(traceid_eq(&heard.mail.id, &message(0)->by.id));
	assert_false(heard.mail.fresh);
	window(5);
	TURN_UNTIL(heard.readies == 4);
	assert_true(traceid_eq(&heard.mail.id, &message(2)->by.id));
	assert_int_equal(heard.told, 1);
}

/* More than the list of those has room for: none is forgotten. */
static void
many_are_announced_again(void **unused)
{
	enum { MANY = ANNOUNCE_AGAIN_MAX + 1 };
	uint32_t n;

	(void)unused;
	for (n = 0; n < MESSAGES - 1; n++) {
		assert_true(append_message(&unit[n], n, 1, 10));
		handout_arrived(&handout, unit[n].message);
	}
	TURN_UNTIL(unit[MESSAGES - 2].fine == 1);
	announce_begin(&handout);
	hear_all();
	for (n = 0; n < MANY; n++)
		announce_again(&handout, message(n % (MESSAGES - 1)));
	window(3 * MANY);
	settle();
	TURN_UNTIL(heard.readies == 2 * (MESSAGES - 1));
}

static void
nonsense_ends_the_connection(void **unused)
{
	int i;

	(void)unused;
	arrive(1, 2, 10);
	for (i = 0; i < 10; i++) {
		if (i != 0) begin_expansion(1);
		if (i == 0) target(0, "t@t.test");	/* of nothing */
		if (i == 1) begin_expansion(1);		/* twice */
		if (i == 2) target(2, "t@t.test");	/* no such recipient */
		if (i == 3) target(UINT32_MAX, "t@t.test");
		if (i == 4) target(0, "t");
		if (i == 5) target(0, "");
		if (i == 6) target(0, "t@t.test\r\nX");
		if (i == 7) target_as(0, "t@t.test", 0, NOTIFY_NEVER |
			NOTIFY_FAILURE);
		if (i == 8) target(0, "t@t.test");	/* and one too few */
		if (i != 9) end_expansion(i == 8 ? 2 : 1);
		else end_expansion(0);			/* of nobody */
		TURN_UNTIL(heard.gone == 1);
		assert_int_equal(heard.expand_acks, 0);
		connect_send();
	}
	assert_int_equal(message(1)->rcpts, 2);
	expand_one(1);	/* what was half said is forgotten */
	await_ack(EXPANDED_DONE);
	assert_int_equal(message(1)->rcpts, 3);
}

static void
target_many(uint32_t of, uint32_t n)
{
	while (n--) {
		while (heard.peer.out.octets > PEER_WAITING_MAX / 2)
			turn_once();
		target(of, "somebody@target.example");
	}
}

static void
one_recipient_has_a_limit(void **unused)
{
	(void)unused;
	arrive(1, 1, 10);
	begin_expansion(1);
	target_many(0, HANDOVER_TARGETS_MAX + 1);
	end_expansion(HANDOVER_TARGETS_MAX + 1);
	TURN_UNTIL(heard.gone == 1);
	connect_send();
	begin_expansion(1);
	target_many(0, HANDOVER_TARGETS_MAX);
	end_expansion(HANDOVER_TARGETS_MAX);
	await_ack(EXPANDED_DONE);
	restart();
	hear_all();
	assert_int_equal(heard.open, HANDOVER_TARGETS_MAX);
}

/* What is no unit can't be kept, today or ever. */
static void
a_unit_has_a_limit(void **unused)
{
	enum { RCPTS = 40 };
	uint32_t i;

	(void)unused;
	arrive(1, RCPTS, 10);
	begin_expansion(1);
	for (i = 0; i < RCPTS; i++)
		target_many(i, HANDOVER_TARGETS_MAX);
	end_expansion(RCPTS * HANDOVER_TARGETS_MAX);
	await_ack(EXPANDED_NEVER);
	assert_int_equal(message(1)->rcpts, RCPTS);
	assert_int_equal(message(1)->pending, 0);
	expand_one(1);
	await_ack(EXPANDED_DONE);
	restart();
	assert_int_equal(message(1)->rcpts, RCPTS + 1);
	assert_text(1, 10);
}

/* The words of earlier tries give way when there is no room for both. */
static void
words_give_way(void **unused)
{
	enum { RCPTS = 1100 };
	static char words[WORDS_MAX];
	uint32_t i;

	(void)unused;
	memset(words, 'w', sizeof words);
	arrive(1, RCPTS, 10);
	for (i = 1; i < RCPTS; i++) {
		struct handover_outcome o = { .id = numbered(1), .rcpt = i,
		    .outcome = OUTCOME_FAILED,
		    .words = slice_from(words, sizeof words) };

		while (heard.peer.out.octets > PEER_WAITING_MAX / 2)
			turn_once();
		assert_true(peer_send(&heard.peer, &handover_outcome_form, &o,
		    -1));
	}
	TURN_UNTIL(heard.acks == RCPTS - 1);
	expand_one(1);
	await_ack(EXPANDED_DONE);
	restart();
	hear_all();
	assert_int_equal(heard.open, RCPTS);
	assert_int_equal(heard.rcpt[1].is.owed, OUTCOME_FAILED);
	assert_string_equal(heard.rcpt[1].words, "");
}

/* The last record of the new unit never got to the disk. */
static void
half_of_it_is_nothing(void **unused)
{
	struct message *m;
	char octet = 'x';

	(void)unused;
	arrive(1, 2, 1000);
	expand_one(1);
	await_ack(EXPANDED_DONE);
	m = message(1);
	let_go();
	assert_int_equal(pwrite(journal.segment[m->segment].fd, &octet, 1,
	    m->offset + m->envelope + RECORD_HEAD + 500), 1);
	restart();
	assert_int_equal(message(1)->rcpts, 2);
	assert_int_equal(message(1)->unfinished, 2);
	assert_text(1, 1000);
	expand_one(1);
	await_ack(EXPANDED_DONE);
	assert_int_equal(message(1)->rcpts, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(one_for_one),
		TEST(the_only_one),
		TEST(several_at_once),
		TEST(success_is_owed_for_lists),
		TEST(nothing_is_owed_to_nobody),
		TEST(the_others_stay_as_they_are),
		TEST(orders_stay),
		TEST(a_file_stays),
		TEST(it_waits_for_what_is_under_way),
		TEST(outcomes_come_behind_it),
		TEST(a_lost_ack_changes_nothing),
		TEST(it_is_announced_within_the_window),
		TEST(many_are_announced_again),
		TEST(nonsense_ends_the_connection),
		TEST(one_recipient_has_a_limit),
		TEST(a_unit_has_a_limit),
		TEST(words_give_way),
		TEST(half_of_it_is_nothing),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, start_helper,
	    end_helper));
}
