/* SPDX-License-Identifier: ISC */
/* Look-ups against a server of our own on loopback that answers only when it
 * is told to. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "smtpd/lookup.h"

enum { HEADER = 12, PTR = 12 };

static struct loop loop;
static struct lookups lookups;
static int server = -1;
static struct watch watch;
static bool mute;
static size_t questions;

/* A client is an address; all have the same kind of name. */
static unsigned char *
address(unsigned i)
{
	static unsigned char octet[NETADDR_OCTETS];
	char text[32];

	snprintf(text, sizeof text, "10.%u.%u.%u", i >> 16, i >> 8 & 255,
	    i & 255);
	assert_true(netaddr_ip(octet, slice_of(text)));
	return octet;
}

/* h.test has 10.0.0.1 only, and all addresses claim its name; of lists, those
 * of addresses that begin with "9." list. */
static size_t
compose(unsigned char *o, size_t len)
{
	static unsigned char const ptr[] = { 0xc0, HEADER, 0, PTR, 0, 1, 0, 0,
		0, 9, 0, 8, 1, 'h', 4, 't', 'e', 's', 't', 0 };
	static unsigned char const a[] = { 0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0,
		9, 0, 4, 10, 0, 0, 1 };
	static unsigned char const list[] = { 0xc0, HEADER, 0, 1, 0, 1, 0, 0,
		0, 9, 0, 4, 127, 0, 0, 2 };
	bool name = o[len - 3] == PTR, host = o[HEADER + 1] == 'h';
	bool listed = o[HEADER + 1] == '9' && o[HEADER] == 1;

	o[2] = 0x81;
	o[3] = 0x80;
	memset(o + 6, 0, 6);
	if (!name && !host && !listed) {
		o[3] |= 3;
		return len;
	}
	o[7] = 1;
	memcpy(o + len, name ? ptr : host ? a : list,
	    name ? sizeof ptr : sizeof a);
	return len + (name ? sizeof ptr : sizeof a);
}

static void
serve(void *owner, uint32_t events)
{
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	unsigned char o[1024];
	size_t len = HEADER;

	(void)owner;
	(void)events;
	if (recvfrom(server, o, 512, MSG_DONTWAIT, (struct sockaddr *)&from,
	    &size) < HEADER)
		return;
	questions++;
	if (mute) return;
	while (o[len])
		len += o[len] + 1U;
	len = compose(o, len + 5);
	sendto(server, o, len, 0, (struct sockaddr *)&from, size);
}

static int
setup(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	char at[32];
	char const *why;

	(void)state;
	assert_true(loop_open(&loop));
	server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server, (struct sockaddr *)&in, len), 0);
	getsockname(server, (struct sockaddr *)&in, &len);
	snprintf(at, sizeof at, "127.0.0.1:%u", ntohs(in.sin_port));
	watch = (struct watch){ .fd = -1, .ready = serve };
	assert_true(loop_watch(&loop, &watch, server, EPOLLIN));
	mute = false;
	questions = 0;
	memset(&lookups, 0, sizeof lookups);
	return !lookups_open(&lookups, &loop, at, &why);
}

static int
teardown(void **state)
{
	(void)state;
	lookups_close(&lookups);
	lookups_close(&lookups);	/* harmless */
	loop_forget(&loop, &watch);
	close(server);
	loop_close(&loop);
	return 0;
}

struct client {
	struct lookup_waiter waiter;
	unsigned woken;
	int64_t at_ms;
};

static void
wake(void *owner)
{
	struct client *c = owner;

	c->woken++;
	c->at_ms = loop.now_ms;
}

static struct client
client(void)
{
	return (struct client){ .waiter = { .wake = wake } };
}

static void
nothing(void *owner)
{
	(void)owner;
}

/* A turn waits when its chores are done: not for ever. */
static void
settle(void)
{
	struct timer tick = { .due = nothing };

	while (lookups.due) {
		loop_arm(&loop, &tick, loop.now_ms + 10);
		assert_true(loop_turn(&loop));
	}
	loop_disarm(&loop, &tick);
}

static void
one_question_serves_all(void **state)
{
	struct client c[3] = { client(), client(), client() };
	char const *name;
	size_t i, round;

	(void)state;
	for (i = 0; i < 3; i++) {
		c[i].waiter.owner = &c[i];
		assert_int_equal(lookup_name(&lookups, address(1),
		    &c[i].waiter, &name), ANSWER_DUE);
		assert_null(name);
	}
	lookup_leave(&c[1].waiter);
	lookup_leave(&c[1].waiter);
	settle();
	assert_int_equal(c[0].woken, 1);
	assert_int_equal(c[1].woken, 0);
	assert_int_equal(c[2].woken, 1);
	assert_int_equal(questions, 2);	/* PTR and A */
	for (round = 0; round < 2; round++) {
		assert_int_equal(lookup_name(&lookups, address(1), NULL,
		    &name), ANSWER_YES);
		assert_string_equal(name, "h.test");
	}
	assert_int_equal(questions, 2);
	assert_int_equal(lookups.known, 1);
}

static void
a_name_of_another_is_none(void **state)
{
	struct client c = client();
	char const *name;

	(void)state;
	c.waiter.owner = &c;
	assert_int_equal(lookup_name(&lookups, address(2), &c.waiter, &name),
	    ANSWER_DUE);
	settle();
	assert_int_equal(lookup_name(&lookups, address(2), NULL, &name),
	    ANSWER_NO);
	assert_null(name);
}

static void
lists_are_told_apart(void **state)
{
	struct client c = client();

	(void)state;
	c.waiter.owner = &c;
	assert_int_equal(lookup_listed(&lookups, address(9), "a.test",
	    &c.waiter), ANSWER_DUE);
	assert_int_equal(lookup_listed(&lookups, address(8), "a.test",
	    &c.waiter), ANSWER_DUE);
	assert_int_equal(lookup_listed(&lookups, address(9), "b.test", NULL),
	    ANSWER_UNKNOWN);	/* not asked without a waiter */
	settle();
	assert_int_equal(c.woken, 1);
	assert_int_equal(lookup_listed(&lookups, address(9), "a.test", NULL),
	    ANSWER_YES);
	assert_int_equal(lookup_listed(&lookups, address(8), "a.test", NULL),
	    ANSWER_NO);
	assert_int_equal(lookups.known, 2);
}

/* An answer holds for its time, and not a millisecond more. */
static void
answers_grow_old(void **state)
{
	struct client c = client();
	char const *name;

	(void)state;
	c.waiter.owner = &c;
	lookup_name(&lookups, address(1), &c.waiter, &name);
	settle();
	loop.now_ms = c.at_ms + LOOKUP_KEEP_MS - 1;
	assert_int_equal(lookup_name(&lookups, address(1), NULL, &name),
	    ANSWER_YES);
	loop.now_ms++;
	assert_int_equal(lookup_name(&lookups, address(1), NULL, &name),
	    ANSWER_UNKNOWN);
	assert_int_equal(lookups.known, 0);
	assert_int_equal(lookup_name(&lookups, address(1), &c.waiter, &name),
	    ANSWER_DUE);
	settle();
	assert_int_equal(lookup_name(&lookups, address(1), NULL, &name),
	    ANSWER_YES);
}

static void
the_oldest_is_forgotten(void **state)
{
	struct client c = client();
	unsigned i;

	(void)state;
	c.waiter.owner = &c;
	for (i = 0; i <= LOOKUP_KNOWN_MAX; i++) {
		lookup_listed(&lookups, address(i), "a.test", &c.waiter);
		/* some together, but in order */
		if (i % 50 == 0 || i >= LOOKUP_KNOWN_MAX - 1) settle();
		if (i == LOOKUP_KNOWN_MAX - 1)
			assert_int_equal(lookups.known, LOOKUP_KNOWN_MAX);
	}
	assert_int_equal(lookups.known, LOOKUP_KNOWN_MAX);
	assert_int_equal(lookup_listed(&lookups, address(0), "a.test", NULL),
	    ANSWER_UNKNOWN);
	for (i = 1; i <= LOOKUP_KNOWN_MAX; i++)
		assert_int_not_equal(lookup_listed(&lookups, address(i),
		    "a.test", NULL), ANSWER_UNKNOWN);
}

/* Nobody answers: so many may wait, the next one is not kept waiting; those who
 * wait when the end comes are let go (the sanitizers see to that). */
static void
so_many_are_asked_at_a_time(void **state)
{
	static struct client c[LOOKUP_DUE_MAX + 1];
	unsigned i;

	(void)state;
	mute = true;
	for (i = 0; i < LOOKUP_DUE_MAX; i++) {
		c[i] = client();
		c[i].waiter.owner = &c[i];
		assert_int_equal(lookup_listed(&lookups, address(i), "a.test",
		    &c[i].waiter), ANSWER_DUE);
	}
	c[i] = client();
	assert_int_equal(lookup_listed(&lookups, address(i), "a.test",
	    &c[i].waiter), ANSWER_UNKNOWN);
	/* what is asked already may still be waited for */
	assert_int_equal(lookup_listed(&lookups, address(1), "a.test",
	    &c[i].waiter), ANSWER_DUE);
	assert_int_equal(lookups.due, LOOKUP_DUE_MAX);
	lookups_close(&lookups);
	for (i = 0; i <= LOOKUP_DUE_MAX; i++) {
		assert_null(c[i].waiter.at);
		assert_int_equal(c[i].woken, 0);
	}
}

static void
without_a_resolver_all_is_unknown(void **state)
{
	static struct lookups none;
	struct client c = client();
	char const *name;

	(void)state;
	assert_int_equal(lookup_name(&none, address(1), &c.waiter, &name),
	    ANSWER_UNKNOWN);
	assert_int_equal(lookup_listed(&none, address(1), "a.test",
	    &c.waiter), ANSWER_UNKNOWN);
	assert_null(c.waiter.at);
	lookups_close(&none);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		CASE(one_question_serves_all),
		CASE(a_name_of_another_is_none),
		CASE(lists_are_told_apart),
		CASE(answers_grow_old),
		CASE(the_oldest_is_forgotten),
		CASE(so_many_are_asked_at_a_time),
		CASE(without_a_resolver_all_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
