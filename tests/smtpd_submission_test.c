/* SPDX-License-Identifier: ISC */
/* Messages on their way to a queue of our own making: in memory, streamed,
 * refused early, abandoned, and with a queue that dies. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include "smtpd/submission.h"
#include "tests/smtpd_queue.h"

/* Our side */

static struct pool pool;
static unsigned wakes;

static void
wake(void *owner)
{
	(void)owner;
	wakes++;
}

static struct submission *
begin_from(char const *client)
{
	struct submit_open open = { .sender = SLICE("s@c.example"),
		.client_address = SLICE("192.0.2.1"), .helo = SLICE("c"),
		.protocol = SLICE("SMTP"), .envid = SLICE("envelope+21"),
		.ret = RET_HDRS, .utf8 = 1 };
	struct submit_rcpt a = { .address = SLICE("a@example.org") };
	struct submit_rcpt b = { .address = SLICE("b@example.org"),
		.orcpt = SLICE("rfc822;c@example.org"),
		.notify = NOTIFY_SUCCESS | NOTIFY_DELAY };
	struct submission *s = submission_new(&pool, &open, slice_of(client),
	    wake, NULL);

	assert_non_null(s);
	assert_true(submission_rcpt(s, &a));
	assert_true(submission_rcpt(s, &b));
	return s;
}

static struct submission *
begin(void)
{
	return begin_from("192.0.2.1");
}

/* store - octets of text, patiently */
static void
store(struct submission *s, size_t octets)
{
	static char text[30000];

	memset(text, 'x', sizeof text);
	while (octets) {
		size_t n = octets < sizeof text ? octets : sizeof text;

		PATIENTLY(!submission_is_full(s), turns(1));
		submission_store(s, slice_from(text, n));
		octets -= n;
	}
}

static void
settle(struct submission *s)
{
	PATIENTLY(submission_is_settled(s), turns(1));
}

static void
assert_verdict(struct submission *s, enum verdict verdict)
{
	assert_true(submission_is_settled(s));
	assert_int_equal(s->refusal, REPLY_NONE);
	assert_int_equal(s->outcome.verdict, verdict);
}

static void
assert_refused(struct submission *s, enum reply refusal)
{
	assert_true(submission_is_settled(s));
	assert_int_equal(s->refusal, refusal);
}

static int
setup(void **state)
{
	(void)state;
	assert_true(loop_open(&loop));
	memset(&pool, 0, sizeof pool);
	pool.loop = &loop;
	pool.path = path;
	pool.streams_max = pool.address_max = 3;
	pool_open(&pool);
	wakes = 0;
	queue_start();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pool_close(&pool);
	assert_int_equal(pool.held, 0);
	assert_null(pool.busy);
	assert_int_equal(pool.shared + pool.streams + pool.idles, 0);
	queue_kill();
	loop_close(&loop);
	return 0;
}

static void
small_messages_share_a_connection(void **state)
{
	struct submission *s;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		s = begin();
		store(s, 1000);
		turns(3);
		assert_int_equal(queue.opened, i);	/* not before its end */
		submission_end(s);
		settle(s);
		assert_verdict(s, VERDICT_OK);
		assert_string_equal(s->outcome.status, "2.0.0");
		submission_free(s);
	}
	assert_int_equal(queue.guests, 1);
	assert_int_equal(queue.ended, 3);
	assert_int_equal(queue.octets, 3000);
	assert_string_equal(queue.guest[0]->sender, "s@c.example");
	assert_string_equal(queue.guest[0]->rcpt, "b@example.org");
	assert_string_equal(queue.guest[0]->orcpt, "rfc822;c@example.org");
	assert_int_equal(queue.guest[0]->notify,
	    NOTIFY_SUCCESS | NOTIFY_DELAY);
	assert_string_equal(queue.guest[0]->envid, "envelope+21");
	assert_int_equal(queue.guest[0]->ret, RET_HDRS);
	assert_true(queue.guest[0]->utf8);
}

static void
answered(struct submission *s)
{
	PATIENTLY(!submission_is_asking(s), turns(1));
}

/* What is promised is asked about first; then all goes on as without. */
static void
room_is_asked_for(void **state)
{
	struct submission *s = begin();

	(void)state;
	queue.room = s->open.size = 70000;
	queue.verdict = VERDICT_TEMP;
	submission_ask(s);
	answered(s);
	assert_false(submission_is_settled(s));
	assert_int_equal(wakes, 1);
	assert_int_equal(pool.shared, 0);
	queue.verdict = VERDICT_OK;
	store(s, 70000);
	submission_end(s);
	settle(s);
	assert_verdict(s, VERDICT_OK);
	submission_free(s);
	assert_int_equal(queue.asked, 1);
	assert_int_equal(queue.octets, 70000);
	assert_int_equal(queue.guests, 1);
}

static void
there_is_no_room(void **state)
{
	enum verdict v;

	(void)state;
	for (v = VERDICT_TEMP; v < VERDICTS; v++) {
		struct submission *s = begin();

		s->open.size = 70001;
		queue.room = 70000;
		queue.verdict = v;
		submission_ask(s);
		answered(s);
		assert_verdict(s, v);
		assert_string_equal(s->outcome.words, "so it is");
		submission_store(s, SLICE("x"));
		submission_end(s);
		submission_free(s);
	}
	turns(3);
	assert_int_equal(queue.opened, 0);
	assert_int_equal(queue.guests, 1);
	assert_int_equal(pool.idles, 1);
}

static void
queue_dies_while_asked(void **state)
{
	struct submission *s = begin();

	(void)state;
	queue.die_at_end = true;
	submission_ask(s);
	answered(s);
	assert_refused(s, REPLY_NO_QUEUE);
	submission_free(s);
}

/* Waiting for an answer, or for a connection to ask over. */
static void
client_leaves_while_asking(void **state)
{
	struct submission *s[POOL_SHARED_MAX + 2];
	size_t i;

	(void)state;
	queue.mute = true;
	for (i = 0; i < POOL_SHARED_MAX + 2; i++) {
		s[i] = begin();
		submission_ask(s[i]);
	}
	turns(4 * POOL_SHARED_MAX);	/* it accepts one in each */
	assert_int_equal(queue.asked, POOL_SHARED_MAX);
	for (i = POOL_SHARED_MAX + 2; i--;)
		submission_free(s[i]);
	turns(4 * POOL_SHARED_MAX);
	assert_int_equal(queue.guests_open, 0);
}

static void
queue_says_nothing_of_room(void **state)
{
	struct submission *s = begin();

	(void)state;
	queue.mute = true;
	submission_ask(s);
	turns(10);
	assert_true(submission_is_asking(s));
	s->patience.due(s);
	assert_refused(s, REPLY_NO_QUEUE);
	submission_free(s);
}

static void
empty_message(void **state)
{
	struct submission *s = begin();

	(void)state;
	submission_end(s);
	settle(s);
	assert_verdict(s, VERDICT_OK);
	assert_int_equal(queue.ended, 1);
	submission_free(s);
}

static void
verdicts_are_passed_on(void **state)
{
	enum verdict v;

	(void)state;
	for (v = VERDICT_OK; v < VERDICTS; v++) {
		struct submission *s = begin();

		queue.verdict = v;
		submission_end(s);
		settle(s);
		assert_verdict(s, v);
		assert_string_equal(s->outcome.words, "so it is");
		submission_free(s);
	}
}

/* As a sink behind LMTP has it: not settled before the last one. */
static void
each_recipient_has_a_verdict(void **state)
{
	struct submit_verdict const refused = { .verdict = VERDICT_PERM,
		.status = SLICE("5.1.1"), .words = SLICE("nobody") };
	struct submission_outcome const *o;
	struct submission *s;
	bool more;

	(void)state;
	pool.each = true;
	s = begin();
	submission_end(s);
	PATIENTLY(s->heard, turns(1));
	assert_int_equal(s->heard, 1);
	assert_false(submission_is_settled(s));
	assert_true(submission_settle(s, &refused));
	assert_true(submission_is_settled(s));
	o = submission_take(s, &more);
	assert_true(more);
	assert_int_equal(o->verdict, VERDICT_OK);
	o = submission_take(s, &more);
	assert_false(more);
	assert_int_equal(o->verdict, VERDICT_PERM);
	assert_string_equal(o->status, "5.1.1");
	assert_int_equal(s->accepted, 1);
	submission_free(s);
}

/* Held up to the limit, streamed one octet beyond it. */
static void
size_decides_about_streaming(void **state)
{
	struct submission *s = begin(), *t = begin();

	(void)state;
	store(s, SUBMISSION_SMALL_MAX);
	turns(3);
	assert_int_equal(queue.opened, 0);
	store(t, SUBMISSION_SMALL_MAX + 1);
	turns(3);
	assert_int_equal(queue.opened, 1);
	assert_int_equal(queue.octets, SUBMISSION_SMALL_MAX + 1);
	assert_int_equal(pool.streams, 1);
	submission_end(s);
	submission_end(t);
	settle(s);
	settle(t);
	assert_verdict(s, VERDICT_OK);
	assert_verdict(t, VERDICT_OK);
	assert_int_equal(queue.octets, 2 * SUBMISSION_SMALL_MAX + 1);
	assert_int_equal(pool.streams, 0);
	submission_free(s);
	submission_free(t);
}

static void
streams_are_limited(void **state)
{
	struct submission *s[4];
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(pool_refusal(&pool, SLICE("192.0.2.2")),
		    i < 3 ? REPLY_NONE : REPLY_NO_SPACE);
		s[i] = begin();
		store(s[i], 100000);
	}
	assert_refused(s[3], REPLY_NO_SPACE);
	submission_store(s[3], SLICE("swallowed"));
	submission_end(s[3]);
	assert_refused(s[3], REPLY_NO_SPACE);
	for (i = 0; i < 3; i++) {
		submission_end(s[i]);
		settle(s[i]);
		assert_verdict(s[i], VERDICT_OK);
	}
	for (i = 0; i < 4; i++)
		submission_free(s[i]);
	assert_int_equal(queue.opened, 3);
	assert_int_equal(pool_refusal(&pool, SLICE("192.0.2.2")), REPLY_NONE);
}

/* So that one client leaves some to others. */
static void
streams_are_shared(void **state)
{
	struct submission *s[4];

	(void)state;
	pool.address_max = 2;
	s[0] = begin_from("2001:db8::1");
	s[1] = begin_from("2001:db8::2");
	s[2] = begin_from("2001:db8::3");
	s[3] = begin_from("192.0.2.2");
	store(s[0], 100000);
	assert_int_equal(pool_refusal(&pool, s[2]->client), REPLY_NONE);
	store(s[1], 100000);
	assert_int_equal(pool_refusal(&pool, s[2]->client),
	    REPLY_TOO_MUCH_FROM_YOU);
	store(s[2], 100000);
	assert_refused(s[2], REPLY_TOO_MUCH_FROM_YOU);
	store(s[3], 100000);
	assert_int_equal(pool.streams, 3);
	submission_free(s[3]);
	/* who has left, or is done, counts no more */
	submission_free(s[0]);
	assert_int_equal(pool_refusal(&pool, s[1]->client), REPLY_NONE);
	s[0] = begin_from("2001:db8::1");
	store(s[0], 100000);
	submission_end(s[1]);
	settle(s[1]);
	assert_verdict(s[1], VERDICT_OK);
	assert_int_equal(pool_refusal(&pool, s[1]->client), REPLY_NONE);
	submission_free(s[0]);
	submission_free(s[1]);
	submission_free(s[2]);
}

/* The queue says what it has not said. */
static void
unmute(void)
{
	size_t i;

	queue.mute = false;
	for (i = 0; i < queue.guests; i++)
		if (queue.guest[i]->ended) {
			queue.guest[i]->ended = false;
			say(queue.guest[i], VERDICT_OK);
		}
}

static void
more_messages_than_connections(void **state)
{
	enum { MESSAGES = POOL_SHARED_MAX + 1 };
	struct submission *s[2 * MESSAGES];
	size_t i;

	(void)state;
	queue.mute = true;
	for (i = 0; i < 2 * MESSAGES; i++) {
		s[i] = begin();
		store(s[i], 10);
		submission_end(s[i]);
	}
	turns(200);
	assert_int_equal(queue.guests, POOL_SHARED_MAX);
	assert_int_equal(queue.ended, POOL_SHARED_MAX);
	assert_int_equal(s[POOL_SHARED_MAX - 1]->state, SUBMISSION_ENDED);
	assert_int_equal(s[POOL_SHARED_MAX]->state, SUBMISSION_WAITING);
	/* one that waits can be abandoned */
	submission_free(s[MESSAGES]);
	unmute();
	for (i = 0; i < 2 * MESSAGES; i++) {
		if (i == MESSAGES) continue;
		settle(s[i]);
		assert_verdict(s[i], VERDICT_OK);
		submission_free(s[i]);
	}
	assert_int_equal(queue.ended, 2 * MESSAGES - 1);
	assert_int_equal(queue.guests, POOL_SHARED_MAX);
}

/* send_together - n messages at the same time, each on its own connection */
static void
send_together(size_t n)
{
	struct submission *s[8];
	size_t i;

	assert_true(n <= 8);
	for (i = 0; i < n; i++) {
		s[i] = begin();
		submission_end(s[i]);
	}
	assert_int_equal(pool.shared, n);
	for (i = 0; i < n; i++) {
		settle(s[i]);
		submission_free(s[i]);
	}
}

static void
let_keep_pass(void)
{
	assert_true(timer_is_armed(&pool.keep));
	loop_disarm(&loop, &pool.keep);
	pool.keep.due(&pool);
}

/* What a burst needed goes when it isn't needed any more; one stays. */
static void
unused_connections_are_given_back(void **state)
{
	(void)state;
	send_together(8);
	assert_int_equal(pool.idles, 8);
	let_keep_pass();
	send_together(3);
	let_keep_pass();
	assert_int_equal(pool.idles, 3 + 1);
	let_keep_pass();
	assert_int_equal(pool.idles, 1);
	assert_false(timer_is_armed(&pool.keep));
}

static void
queue_refuses_early(void **state)
{
	struct submission *s = begin();

	(void)state;
	queue.refuse_early = true;
	store(s, 70000);
	settle(s);
	assert_verdict(s, VERDICT_TEMP);
	store(s, 1000000);
	submission_end(s);
	turns(5);
	assert_verdict(s, VERDICT_TEMP);
	assert_int_equal(queue.aborted, 1);
	assert_int_equal(queue.ended, 0);
	assert_true(queue.octets < 140000);
	submission_free(s);
	/* and its connection serves the next one */
	queue.refuse_early = false;
	s = begin();
	submission_end(s);
	settle(s);
	assert_verdict(s, VERDICT_OK);
	assert_int_equal(queue.guests, 1);
	submission_free(s);
}

static void
early_acceptance_is_no_verdict(void **state)
{
	struct submission *s = begin();

	(void)state;
	queue.accept_early = true;
	store(s, 70000);
	settle(s);
	assert_refused(s, REPLY_NO_QUEUE);
	submission_free(s);
	turns(5);
	assert_int_equal(queue.ended, 0);
	assert_int_equal(queue.gone, 1);
}

static void
client_leaves_while_streaming(void **state)
{
	struct submission *s = begin();

	(void)state;
	store(s, 200000);
	turns(5);
	assert_int_equal(queue.opened, 1);
	submission_free(s);
	turns(5);
	assert_int_equal(queue.gone, 1);
	assert_int_equal(queue.ended, 0);
	s = begin();
	store(s, 10);
	submission_free(s);
	turns(5);
	assert_int_equal(queue.opened, 1);
}

static void
queue_dies_before_end(void **state)
{
	struct submission *s = begin();

	(void)state;
	store(s, 200000);
	turns(5);
	queue_kill();
	settle(s);
	assert_refused(s, REPLY_NO_QUEUE);
	assert_true(wakes > 0);
	submission_end(s);
	assert_refused(s, REPLY_NO_QUEUE);
	submission_free(s);
	queue_start();
}

static void
queue_dies_after_end(void **state)
{
	struct submission *s = begin(), *waiting[POOL_SHARED_MAX + 1];
	size_t i;

	(void)state;
	queue.die_at_end = true;
	store(s, 10);
	submission_end(s);
	settle(s);
	assert_refused(s, REPLY_NO_QUEUE);
	assert_int_equal(queue.ended, 1);
	submission_free(s);
	/* all of it, those that were waiting too */
	queue.die_at_end = false;
	queue.mute = true;
	for (i = 0; i <= POOL_SHARED_MAX; i++) {
		waiting[i] = begin();
		submission_end(waiting[i]);
	}
	turns(100);
	queue_kill();
	for (i = 0; i <= POOL_SHARED_MAX; i++) {
		settle(waiting[i]);
		assert_refused(waiting[i], REPLY_NO_QUEUE);
		submission_free(waiting[i]);
	}
	queue_start();
}

static void
queue_is_away_and_back(void **state)
{
	struct submission *s = begin();

	(void)state;
	assert_true(pool_reaches_queue(&pool));
	turns(2);
	queue_kill();
	turns(2);
	assert_false(pool_reaches_queue(&pool));
	submission_end(s);
	assert_refused(s, REPLY_NO_QUEUE);
	submission_free(s);
	s = begin();
	store(s, 70000);
	assert_refused(s, REPLY_NO_QUEUE);
	submission_free(s);
	queue_start();
	assert_true(pool_reaches_queue(&pool));
	s = begin();
	submission_end(s);
	settle(s);
	assert_verdict(s, VERDICT_OK);
	submission_free(s);
}

/* A verdict that nobody waits for ends the connection, and nothing else. */
static void
verdict_out_of_place(void **state)
{
	struct submission *s = begin();

	(void)state;
	submission_end(s);
	settle(s);
	submission_free(s);
	say(queue.guest[0], VERDICT_OK);
	turns(5);
	assert_int_equal(queue.gone, 1);
	assert_int_equal(pool.idles, 0);
}

static void
queue_never_answers(void **state)
{
	struct submission *s = begin();

	(void)state;
	queue.mute = true;
	submission_end(s);
	turns(10);
	assert_int_equal(s->state, SUBMISSION_ENDED);
	loop_arm(&loop, &s->patience, 0);
	settle(s);
	assert_refused(s, REPLY_NO_QUEUE);
	turns(5);
	assert_int_equal(queue.gone, 1);
	submission_free(s);
}

static void
slow_queue_stops_the_client(void **state)
{
	struct submission *s = begin();
	static char text[60000];
	size_t stored = 0;
	unsigned before;

	(void)state;
	queue.paused = true;
	memset(text, 'x', sizeof text);
	while (!submission_is_full(s) && stored < 64 << 20) {
		submission_store(s, slice_from(text, sizeof text));
		stored += sizeof text;
		turns(2);
	}
	assert_true(submission_is_full(s));
	assert_true(s->link->peer.out.octets < SUBMISSION_BEHIND_MAX +
	    2 * SUBMISSION_SMALL_MAX);
	before = wakes;
	queue.paused = false;
	peer_pause(&queue.guest[0]->peer, false);
	turns(1000);
	assert_false(submission_is_full(s));
	assert_true(wakes > before);
	submission_end(s);
	settle(s);
	assert_verdict(s, VERDICT_OK);
	assert_int_equal(queue.octets, stored);
	submission_free(s);
}

/* All but 1024 octets are taken by others. */
/* Rather than to hold what there is no memory for, queue gets it at once. */
static void
memory_is_saved(void **state)
{
	struct submission *s = begin();
	/* a text may have one part in 64 of what is left */
	size_t taken = OCTETS_HELD_MAX - 64 * 1024 - pool.held;

	(void)state;
	pool.held += taken;
	store(s, 1024);
	assert_int_equal(pool.streams, 0);
	store(s, 1);
	assert_int_equal(pool.streams, 1);
	assert_int_equal(s->body.room, 0);
	store(s, 100);
	submission_end(s);
	settle(s);
	assert_verdict(s, VERDICT_OK);
	assert_int_equal(queue.octets, 1125);
	submission_free(s);
	pool.held -= taken;
}

/* What queue has to keep in memory is limited, however many there are. */
static void
flight_is_limited(void **state)
{
	enum { MANY = POOL_SHARED_MAX + 10 };
	struct submission *s[MANY];
	size_t i;

	(void)state;
	queue.mute = true;
	for (i = 0; i < MANY; i++) {
		s[i] = begin();
		store(s[i], SUBMISSION_SMALL_MAX);
		submission_end(s[i]);
	}
	assert_int_equal(pool.shared, POOL_SHARED_MAX - 1);
	assert_in_range(pool.flight, 1, POOL_FLIGHT_MAX);
	turns(4 * MANY);
	assert_int_equal(queue.ended, POOL_SHARED_MAX - 1);
	unmute();
	for (i = 0; i < MANY; i++) {
		settle(s[i]);
		assert_verdict(s[i], VERDICT_OK);
		submission_free(s[i]);
	}
	assert_int_equal(pool.flight, 0);
}

static void
envelopes_are_limited(void **state)
{
	static char address[300], text[SUBMISSION_SMALL_MAX + 1];
	struct submit_rcpt rcpt = { .address = slice_from(address,
	    sizeof address) };
	struct submission *s[5];
	size_t i;

	(void)state;
	pool.streams_max = pool.address_max = 5;
	memset(address, 'a', sizeof address);
	for (i = 0; i < 5; i++) {
		s[i] = begin();
		while (s[i]->rcpts.len < POOL_FLIGHT_MAX / 4 - 1024)
			assert_true(submission_rcpt(s[i], &rcpt));
	}
	for (i = 0; i < 5; i++) {
		submission_store(s[i], slice_from(text, sizeof text));
		assert_int_equal(submission_is_settled(s[i]), i == 4);
	}
	assert_refused(s[4], REPLY_NO_SPACE);
	assert_int_equal(pool.streams, 4);
	for (i = 0; i < 5; i++)
		submission_free(s[i]);
	assert_int_equal(pool.envelopes, 0);
}

static void
memory_is_limited(void **state)
{
	struct submission *s = begin();
	size_t others = OCTETS_HELD_MAX - 8 * 512 - pool.held;
	char helo[1025] = "";
	struct submit_open open = { .helo = slice_from(helo, sizeof helo) };
	struct submit_rcpt rcpt = { .address = slice_from(helo, 512) };

	(void)state;
	/* recipients may have an eighth of what is left */
	pool.held += others + 1;
	assert_false(submission_rcpt(s, &rcpt));
	assert_false(submission_is_settled(s));
	pool.held--;
	assert_true(submission_rcpt(s, &rcpt));
	pool.streams_max = 0;
	store(s, 1);
	assert_refused(s, REPLY_NO_SPACE);
	submission_free(s);
	assert_int_equal(pool.held, others);
	pool.held = OCTETS_HELD_MAX - 2047;
	assert_null(submission_new(&pool, &open, SLICE(""), wake, NULL));
	pool.held--;
	s = submission_new(&pool, &open, SLICE(""), wake, NULL);
	assert_non_null(s);
	assert_int_equal(pool.held, OCTETS_HELD_MAX);
	submission_free(s);
	pool.held = 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(small_messages_share_a_connection),
		TEST(room_is_asked_for),
		TEST(there_is_no_room),
		TEST(queue_dies_while_asked),
		TEST(client_leaves_while_asking),
		TEST(queue_says_nothing_of_room),
		TEST(empty_message),
		TEST(verdicts_are_passed_on),
		TEST(each_recipient_has_a_verdict),
		TEST(size_decides_about_streaming),
		TEST(streams_are_limited),
		TEST(streams_are_shared),
		TEST(more_messages_than_connections),
		TEST(unused_connections_are_given_back),
		TEST(queue_refuses_early),
		TEST(early_acceptance_is_no_verdict),
		TEST(client_leaves_while_streaming),
		TEST(queue_dies_before_end),
		TEST(queue_dies_after_end),
		TEST(queue_is_away_and_back),
		TEST(verdict_out_of_place),
		TEST(queue_never_answers),
		TEST(slow_queue_stops_the_client),
		TEST(memory_is_saved),
		TEST(flight_is_limited),
		TEST(envelopes_are_limited),
		TEST(memory_is_limited),
	};
	int failed;

	queue_directory();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	queue_clean_up();
	return failed;
}
