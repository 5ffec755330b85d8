/* SPDX-License-Identifier: ISC */
/* What is known of messages: each transition, the order of arrival. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include "queue/state.h"
#include "tests/seed.h"

static struct traceid
numbered(uint32_t n)
{
	struct traceid id = { .octet = { 1 } };

	wire_put_number((char *)id.octet + TRACEID_OCTETS - 4, n, 4);
	return id;
}

static struct message *
make(uint32_t n, uint32_t rcpts)
{
	struct traceid id = numbered(n);
	struct message *m = message_make(&id, rcpts);

	assert_non_null(m);
	return m;
}

/* A recipient in one state, the outcome of one try, and what then is. */
static struct {
	enum rcpt_state before;
	uint32_t tries, attempt;
	enum state_outcome_says says;
} const judged[] = {
	{ RCPT_OPEN, 0, 0, STATE_NEWS },
	{ RCPT_OPEN, 0, 1, STATE_NONSENSE },
	{ RCPT_OPEN, 2, 1, STATE_OLD },
	{ RCPT_OPEN, 2, 2, STATE_NEWS },
	{ RCPT_OPEN, 2, 3, STATE_NONSENSE },
	{ RCPT_OPEN, 65534, 65534, STATE_NEWS },
	{ RCPT_OPEN, 65535, 65534, STATE_OLD },
	{ RCPT_OPEN, 65535, 65535, STATE_NEWS },
	{ RCPT_OPEN, 70000, 70000, STATE_NEWS },
	{ RCPT_DELIVERED, 1, 0, STATE_OLD },
	{ RCPT_DELIVERED, 1, 1, STATE_OLD },
	{ RCPT_FAILED, 1, 0, STATE_OLD },
	{ RCPT_FAILED, 1, 1, STATE_OLD },
	{ RCPT_REPORTED, 1, 1, STATE_OLD },
};

static void
outcomes_are_judged(void **state)
{
	size_t i, after;

	(void)state;
	for (i = 0; i < sizeof judged / sizeof *judged; i++)
		for (after = 0; after < RCPT_STATES; after++) {
			struct message *m = make(1, 2);
			struct record_rcpt before = {
			    .state = (uint8_t)judged[i].before,
			    .attempt = judged[i].tries, .due_s = 5 };
			struct record_outcome o = { .id = m->by.id,
			    .rcpt = 1, .attempt = judged[i].attempt,
			    .state = (uint8_t)after, .due_s = 9 };
			uint32_t open = judged[i].before == RCPT_OPEN ||
			    judged[i].before == RCPT_FAILED;
			/* a record that is there counts */
			bool news = judged[i].says != STATE_OLD;

			state_rcpt(m, 1, &before);
			assert_int_equal(m->unfinished, 1 + open);
			assert_int_equal(state_judge(m, 1, o.attempt),
			    judged[i].says);
			assert_int_equal(state_judge(m, 2, o.attempt),
			    STATE_NONSENSE);
			assert_true(state_outcome(m, &o, 3, 64)); /* 0 is open */
			assert_int_equal(m->rcpt[1].state,
			    news ? after : judged[i].before);
			assert_int_equal(m->rcpt[1].due_s, news ? 9 : 5);
			assert_int_equal(m->rcpt[1].segment, news ? 3 : 0);
			assert_int_equal(m->rcpt[1].offset, news ? 64 : 0);
			if (news && !state_is_unfinished(&m->rcpt[1]))
				open = 0;
			assert_int_equal(m->unfinished, 1 + open);
			assert_int_equal(m->rcpt[0].state, RCPT_OPEN);
			message_free(m);
		}
}

static void
the_last_delivery_finishes(void **state)
{
	enum { RCPTS = 5 };
	struct message *m = make(1, RCPTS);
	uint32_t i;

	(void)state;
	for (i = 0; i < RCPTS; i++) {
		struct record_outcome o = { .id = m->by.id, .rcpt = i,
		    .state = RCPT_OPEN };

		assert_true(state_outcome(m, &o, 3, 64)); /* deferred once */
		o.state = RCPT_DELIVERED;
		assert_true(state_outcome(m, &o, 3, 64)); /* an old try */
		o.attempt = 1;
		assert_int_equal(state_outcome(m, &o, 3, 64), i + 1 < RCPTS);
		assert_int_equal(m->rcpt[i].attempt, 2);
	}
	message_free(m);
}

/* Its sender has not been told. */
static void
a_failed_recipient_keeps_the_message(void **state)
{
	struct message *m = make(1, 1);
	struct record_outcome o = { .state = RCPT_FAILED };

	(void)state;
	assert_true(state_outcome(m, &o, 3, 64));
	assert_int_equal(m->unfinished, 1);
	assert_true(state_reported(m, &(struct record_reported){ .rcpt = 1 })); /* no such recipient */
	assert_false(state_reported(m, &(struct record_reported){ .rcpt = 0 })); /* now he has */
	assert_false(state_reported(m, &(struct record_reported){ .rcpt = 0 }));
	assert_int_equal(m->unfinished, 0);
	message_free(m);

	m = make(1, 2);
	assert_true(state_reported(m, &(struct record_reported){ .rcpt = 0 })); /* it has not failed */
	assert_int_equal(m->rcpt[0].state, RCPT_OPEN);
	assert_int_equal(m->unfinished, 2);
	message_free(m);
}

static void
keeps_the_order_of_commits(void **unused)
{
	enum { MESSAGES = 100 };
	struct state s = { .oldest = NULL };
	struct message *order[MESSAGES], *m;
	size_t n = 0, i, at;

	(void)unused;
	for (i = 0; i < MESSAGES; i++) {
		m = make((uint32_t)i, 1 + (uint32_t)seed_below(3));
		assert_true(state_insert(&s, m));
		assert_false(m->committed);
		if (seed_below(4) == 0) continue; /* stays uncommitted */
		state_commit(&s, m);
		order[n++] = m;
	}
	while (n) {
		for (m = s.oldest, at = 0; m; m = m->newer, at++) {
			assert_true(at < n);
			assert_ptr_equal(m, order[at]);
			assert_ptr_equal(m->older, at ? order[at - 1] : NULL);
		}
		assert_int_equal(at, n);
		assert_ptr_equal(s.newest, order[n - 1]);
		at = seed_below(n);
		state_forget(&s, order[at]);
		memmove(order + at, order + at + 1,
		    (--n - at) * sizeof *order);
	}
	assert_null(s.oldest);
	assert_null(s.newest);
	state_free(&s); /* the uncommitted ones */
}

static void
an_id_is_known_once(void **unused)
{
	struct state s = { .oldest = NULL };
	struct traceid id = numbered(7), other = numbered(8);
	struct message *m = make(7, 1), *twin = make(7, 1);

	(void)unused;
	assert_null(state_find(&s, &id));
	assert_true(state_insert(&s, m));
	assert_false(state_insert(&s, twin));
	assert_int_equal(errno, EEXIST);
	message_free(twin);
	assert_ptr_equal(state_find(&s, &id), m);
	assert_null(state_find(&s, &other));
	state_forget(&s, m);
	assert_null(state_find(&s, &id));
	state_free(&s);
}

/* Old ones are read while new ones arrive, and some of either go. */
static void
what_was_there_before_comes_first(void **unused)
{
	enum { MESSAGES = 200, OLD = 1000 };
	struct state s = { .oldest = NULL };
	struct message *m, *before;
	uint32_t i;

	(void)unused;
	state_read(&s, 0);
	for (i = 0; i < MESSAGES; i++) {
		bool old = seed_below(2);

		m = make(i + (old ? OLD : 0), 1);
		assert_true(state_insert(&s, m));
		if (old)
			state_recover(&s, m);
		else
			state_commit(&s, m);
		if (seed_below(5) == 0) state_forget(&s, m);
	}
	state_has_read(&s);
	m = make(MESSAGES, 1);
	assert_true(state_insert(&s, m));
	state_commit(&s, m);
	assert_ptr_equal(s.newest, m);
	for (before = s.oldest; before->newer; before = before->newer) {
		uint64_t x = wire_get_number((char *)before->by.id.octet + 12,
		    4);
		uint64_t y = wire_get_number(
		    (char *)before->newer->by.id.octet + 12, 4);

		assert_true(x >= OLD ? y < OLD || y > x : y < OLD && y > x);
		assert_ptr_equal(before->newer->older, before);
	}
	state_free(&s);
}

static void
recipients_have_a_limit(void **unused)
{
	struct traceid id = numbered(1);
	struct message *m = make(1, SUBMIT_RCPTS_MAX);

	(void)unused;
	assert_int_equal(m->rcpts, SUBMIT_RCPTS_MAX);
	assert_int_equal(m->unfinished, SUBMIT_RCPTS_MAX);
	assert_false(message_reserve(m, SUBMIT_RCPTS_MAX + 1));
	assert_int_equal(errno, EMSGSIZE);
	message_free(m);
	assert_null(message_make(&id, SUBMIT_RCPTS_MAX + 1));
	assert_int_equal(errno, EMSGSIZE);
	m = make(1, 1);
	assert_true(message_reserve(m, SUBMIT_RCPTS_MAX));
	message_grow(m, SUBMIT_RCPTS_MAX);
	assert_int_equal(m->unfinished, SUBMIT_RCPTS_MAX);
	message_free(m);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(outcomes_are_judged),
		cmocka_unit_test(the_last_delivery_finishes),
		cmocka_unit_test(a_failed_recipient_keeps_the_message),
		cmocka_unit_test(keeps_the_order_of_commits),
		cmocka_unit_test(an_id_is_known_once),
		cmocka_unit_test(what_was_there_before_comes_first),
		cmocka_unit_test(recipients_have_a_limit),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
