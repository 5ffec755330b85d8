/* SPDX-License-Identifier: ISC */
/* What is shown of messages: of recipients that wait, were expanded, or whose
 * sender is to be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "queue/show.h"

enum { NOW_S = 1000000 };

static struct journal journal;
static char octets[8192], store[LAST_WORDS_MAX];
static struct message *message;
static struct envelope envelope;
static struct command_mail mail;
static struct command_rcpt rcpt;

static size_t
add(size_t at, struct wire_form const *form, void const *values)
{
	size_t size = record_put(octets + at, form, values, false);

	assert_true(size && at + size <= sizeof octets);
	record_seal(octets + at, &(struct record_head){ .epoch = 1,
	    .sequence = 1 });
	return at + size;
}

static void
make(struct record_message r, struct record_rcpt const *rcpts, uint32_t n)
{
	size_t at;
	uint32_t i;

	r.rcpts = n;
	at = add(0, &record_message_form, &r);
	message_free(message);
	message = message_make(&r.id, n);
	assert_non_null(message);
	for (i = 0; i < n; i++) {
		at = add(at, &record_rcpt_form, &rcpts[i]);
		state_rcpt(message, i, &rcpts[i]);
	}
	assert_true(envelope_view(&envelope, slice_from(octets, at)));
	show_mail(&mail, &journal, message, envelope, NOW_S, store);
}

static void
show(uint32_t n)
{
	struct envelope e = envelope;
	struct record_rcpt r;
	uint32_t i;

	for (i = 0; i <= n; i++)
		assert_true(envelope_rcpt_now(&e, &journal, message, i, &r,
		    store));
	show_rcpt(&rcpt, message, n, &r, NOW_S);
}

static void
who_waits(void **state)
{
	static struct record_rcpt const rcpts[] = {
		{ .address = SLICE("old@a.test"), .state = RCPT_EXPANDED,
		    .attempt = 9, .words = SLICE("old") },
		{ .address = SLICE("done@a.test"), .state = RCPT_DELIVERED },
		{ .address = SLICE("new@b.test"), .attempt = 2,
		    .orcpt = SLICE("rfc822;old@a.test"), .warned = 1,
		    .due_s = NOW_S + 50, .notify = NOTIFY_DELAY },
		{ .address = SLICE("too@b.test"), .attempt = 1,
		    .due_s = NOW_S + 30, .status = SLICE("4.4.1"),
		    .words = SLICE("busy") },
	};

	(void)state;
	make((struct record_message){ .sender = SLICE("s@s.s"), .uid = 7,
	    .envid = SLICE("QQ"), .ret = RET_HDRS, .utf8 = 1 }, rcpts, 4);
	assert_int_equal(mail.rcpts, 2);
	assert_int_equal(mail.tries, 2);
	assert_int_equal(mail.wait_s, 30);
	assert_int_equal(mail.standing, STANDING_DEFERRED);
	assert_int_equal(mail.uid, 7);
	assert_int_equal(mail.ret, RET_HDRS);
	assert_int_equal(mail.utf8, 1);
	assert_true(slice_is(mail.envid, "QQ"));
	assert_true(slice_is(mail.rcpt, "new@b.test"));
	assert_true(slice_is(mail.words, "busy"));
	assert_true(slice_is(mail.status, "4.4.1"));
	show(2);
	assert_true(slice_is(rcpt.orcpt, "rfc822;old@a.test"));
	assert_int_equal(rcpt.notify, NOTIFY_DELAY);
	assert_int_equal(rcpt.warned, 1);
	assert_int_equal(rcpt.wait_s, 50);
	assert_int_equal(rcpt.tries, 2);
	assert_int_equal(rcpt.standing, STANDING_DEFERRED);
}

static void
what_is_owed(void **state)
{
	static struct {
		enum rcpt_state state;
		enum standing standing;
	} const row[] = {
		{ RCPT_FAILED, STANDING_FAILED },
		{ RCPT_CONFIRMED, STANDING_ACTIVE },
		{ RCPT_RELAYED, STANDING_ACTIVE },
		{ RCPT_LISTED, STANDING_ACTIVE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof row / sizeof *row; i++) {
		struct record_rcpt r = { .address = SLICE("a@a.test"),
		    .state = (uint8_t)row[i].state, .due_s = NOW_S + 50 };

		make((struct record_message){ .size = 1 }, &r, 1);
		assert_int_equal(mail.standing, row[i].standing);
		assert_int_equal(mail.wait_s, 0);
		assert_int_equal(mail.rcpts, 1);
		show(0);
		assert_int_equal(rcpt.standing, row[i].standing);
		assert_int_equal(rcpt.wait_s, 0);
		message->held = true;
		show(0);
		assert_int_equal(rcpt.standing, STANDING_HELD);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(who_waits),
		cmocka_unit_test(what_is_owed),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	message_free(message);
	return failed;
}
