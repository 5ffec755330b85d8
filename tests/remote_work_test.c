/* SPDX-License-Identifier: ISC */
/* The deliver protocol as send sees it: frames out of place end the connection,
 * good ones bring one result for each recipient. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/log.h"
#include "common/unixsock.h"
#include "remote/work.h"
#include "tests/patience.h"

enum { JOBS = 2, SIZE = 4 };

static struct loop loop;
static struct remote remote = { .loop = &loop, .hostname = { "me.example", 10 },
	.hurry = 1, .pool = { .leaving_max = JOBS } };
static struct work work;

/* send's side */
static struct peer send_side;
static unsigned slots, results, verdicts[VERDICTS], idles;
static char words[512], status[STATUS_MAX + 1];
static uint32_t last_rcpt;
static bool lost;

static bool
took_slots(void *owner, void const *values, int fd)
{
	(void)owner;
	(void)fd;
	slots = ((struct deliver_slots const *)values)->jobs;
	return true;
}

static bool
took_result(void *owner, void const *values, int fd)
{
	struct deliver_result const *r = values;

	(void)owner;
	(void)fd;
	results++;
	verdicts[r->verdict]++;
	last_rcpt = r->rcpt;
	snprintf(status, sizeof status, "%.*s", (int)r->status.len,
	    r->status.s);
	snprintf(words, sizeof words, "%.*s", (int)r->words.len, r->words.s);
	return true;
}

static void
gone(void *owner, char const *why)
{
	(void)owner;
	(void)why;
	lost = true;
}

static struct peer_row const rows[] = {
	{ &deliver_slots_form, false, took_slots },
	{ &deliver_result_form, false, took_result },
};
static struct peer_kind const kind = { .row = rows, .rows = 2, .gone = gone };

static void
idle(void *owner)
{
	(void)owner;
	idles++;
}

static void
stop_loop(void *owner)
{
	(void)owner;
	loop.stop = true;
}

static void
run_ms(int64_t ms)
{
	struct timer later = { .due = stop_loop };

	loop.stop = false;
	loop_arm(&loop, &later, loop.now_ms + ms);
	assert_true(loop_run(&loop));
}

#define RUN_UNTIL(condition) PATIENTLY(condition, run_ms(2))

static void
run_until(unsigned wanted)
{
	RUN_UNTIL(results >= wanted);
	assert_int_equal(results, wanted);
}

static void
connect_send(void)
{
	int pair[2];

	assert_true(unixsock_pair(pair));
	assert_true(peer_open(&send_side, &loop, pair[0], &kind, NULL));
	upstreams_add(&work.upstreams, pair[1]);
	slots = results = 0;
	memset(verdicts, 0, sizeof verdicts);
	lost = false;
	RUN_UNTIL(slots);
	assert_int_equal(slots, JOBS);
}

static int
sealed_message(void)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(write(fd, "hi\r\n", SIZE), SIZE);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
	    F_SEAL_SHRINK | F_SEAL_SEAL), 0);
	return fd;
}

static struct deliver_job
job(uint32_t number, char const *host, uint32_t port)
{
	return (struct deliver_job){ .job = number,
		.sender = SLICE("a@x.example"), .host = slice_of(host),
		.port = port, .size = SIZE };
}

static void
send_job(struct deliver_job const *j)
{
	assert_true(peer_send(&send_side, &deliver_job_form, j,
	    sealed_message()));
}

static void
send_rcpt(uint32_t number, uint32_t rcpt)
{
	struct deliver_rcpt r = { .job = number, .rcpt = rcpt,
		.address = SLICE("b@y.example") };

	assert_true(peer_send(&send_side, &deliver_rcpt_form, &r, -1));
}

static void
send_run(uint32_t number, uint32_t rcpts)
{
	struct deliver_run r = { .job = number, .rcpts = rcpts };

	assert_true(peer_send(&send_side, &deliver_run_form, &r, -1));
}

/* A host that listens and never says a word. */
static int
mute_host(uint32_t *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	getsockname(fd, (struct sockaddr *)&in, &len);
	*port = ntohs(in.sin_port);
	return fd;
}

static void
close_send(void)
{
	if (peer_is_open(&send_side)) peer_close(&send_side);
	RUN_UNTIL(!work.upstreams.n && !work.going_n);
}

static void
test_no_relay(void **state)
{
	struct deliver_job j = job(7, "", 0);

	(void)state;
	connect_send();
	send_job(&j);
	send_rcpt(7, 40);
	send_rcpt(7, 41);
	send_run(7, 2);
	run_until(2);
	assert_int_equal(verdicts[VERDICT_TEMP], 2);
	assert_int_equal(last_rcpt, 41);
	assert_string_equal(status, "4.3.5");
	assert_string_equal(words, "no relay");
	/* the number is free again */
	send_job(&j);
	run_ms(5);
	assert_false(lost);
	close_send();
}

static void
test_bad_relay(void **state)
{
	struct deliver_job j = job(1, "no_such_host", 25);

	(void)state;
	connect_send();
	send_job(&j);
	send_rcpt(1, 0);
	send_run(1, 1);
	run_until(1);
	assert_string_equal(status, "4.3.5");
	assert_memory_equal(words, "the relay: ", 11);
	close_send();
}

/* Each of these ends the connection, and nothing is left of it. */
static void
test_out_of_place(void **state)
{
	struct deliver_job j = job(1, "127.0.0.1", 1), odd = j;
	unsigned i;

	(void)state;
	odd.port = 65536;
	for (i = 0; i < 11; i++) {
		connect_send();
		switch (i) {
		case 0:
			send_rcpt(1, 0);
			break;
		case 1:
			send_run(1, 0);
			break;
		case 2:
			send_job(&j);
			send_job(&j);
			break;
		case 3:
			send_job(&j);
			send_run(1, 0);
			break;
		case 4:
			send_job(&j);
			send_rcpt(1, 0);
			send_run(1, 2);
			break;
		case 5:
			send_job(&j);
			send_rcpt(2, 0);
			break;
		case 6:
			peer_send(&send_side, &deliver_job_form, &j, -1);
			break;
		case 7:
			send_job(&odd);
			break;
		case 8:
			peer_send(&send_side, &deliver_slots_form,
			    &(struct deliver_slots){ .jobs = 1 }, -1);
			break;
		case 9:
			send_job(&j);
			send_rcpt(1, 0);
			send_run(1, 1);
			send_rcpt(1, 1);
			break;
		case 10:
			send_job(&j);
			send_rcpt(1, 0);
			send_run(1, 1);
			send_run(1, 1);
			break;
		}
		RUN_UNTIL(lost);
		assert_int_equal(work.going_n, 0);
		assert_int_equal(remote.pool.leaving.n, 0);
	}
}

/* At the limits, and one beyond them. */
static void
test_limits(void **state)
{
	struct deliver_job j;
	uint32_t i;

	(void)state;
	connect_send();
	for (i = 0; i < JOBS; i++) {
		j = job(i, "127.0.0.1", 1);
		send_job(&j);
	}
	run_ms(5);
	assert_false(lost);
	j = job(i, "127.0.0.1", 1);
	send_job(&j);
	RUN_UNTIL(lost);

	connect_send();
	j = job(1, "", 0);
	send_job(&j);
	for (i = 0; i < DELIVER_RCPTS_MAX; i++)
		send_rcpt(1, i);
	send_run(1, DELIVER_RCPTS_MAX);
	run_until(DELIVER_RCPTS_MAX);
	assert_false(lost);
	send_job(&j);
	for (i = 0; i < DELIVER_RCPTS_MAX + 1; i++)
		send_rcpt(1, i);
	RUN_UNTIL(lost);
}

/* A descriptor that could be changed under us. */
static void
test_descriptor(void **state)
{
	struct deliver_job j = job(1, "127.0.0.1", 1);
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	connect_send();
	assert_int_equal(write(fd, "hi\r\n", SIZE), SIZE);
	assert_true(peer_send(&send_side, &deliver_job_form, &j, fd));
	RUN_UNTIL(lost);
	assert_int_equal(results, 0);
}

/* The host */

static char heard[1024];
static size_t heard_len;

static int
take_call(int listener)
{
	int fd;

	RUN_UNTIL((fd = accept4(listener, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1);
	heard_len = 0;
	return fd;
}

static void
say(int fd, char const *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static bool
has_heard(int fd, char const *end)
{
	size_t len = strlen(end);
	ssize_t n = read(fd, heard + heard_len, sizeof heard - 1 - heard_len);

	if (n > 0) heard_len += (size_t)n;
	heard[heard_len] = '\0';
	return heard_len >= len && !strcmp(heard + heard_len - len, end);
}

static bool
is_hung_up(int fd)
{
	char octet;

	return read(fd, &octet, 1) == 0;
}

/* Brings a job to where the host owes the reply to the end mark. */
static int
to_dot(int listener, uint32_t port)
{
	struct deliver_job j = job(9, "127.0.0.1", port);
	int fd;

	send_job(&j);
	send_rcpt(9, 3);
	send_run(9, 1);
	fd = take_call(listener);
	say(fd, "220 mx\r\n");
	RUN_UNTIL(has_heard(fd, "EHLO me.example\r\n"));
	say(fd, "250-mx\r\n250 PIPELINING\r\n");
	RUN_UNTIL(has_heard(fd, "DATA\r\n"));
	say(fd, "250 ok\r\n250 ok\r\n354 go\r\n");
	RUN_UNTIL(has_heard(fd, "\r\n.\r\n"));
	return fd;
}

static char const dialogue[] = "EHLO me.example\r\n"
    "MAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\nhi\r\n.\r\n";

static void
test_delivered(void **state)
{
	uint32_t port;
	int listener = mute_host(&port), fd;

	(void)state;
	connect_send();
	fd = to_dot(listener, port);
	assert_string_equal(heard, dialogue);
	say(fd, "250 2.0.0 in\r\n");
	run_until(1);
	assert_int_equal(verdicts[VERDICT_OK], 1);
	assert_int_equal(last_rcpt, 3);
	/* the slot is free although QUIT is still unanswered */
	assert_int_equal(work.going_n, 0);
	close(fd);
	close(listener);
	close_send();
}

/* Hosts that never reply to QUIT: as many as there are jobs are waited for,
 * with one more the oldest is hung up on. */
static void
test_retired_max(void **state)
{
	uint32_t port;
	int listener = mute_host(&port), fd[JOBS + 1], i;

	(void)state;
	connect_send();
	for (i = 0; i <= JOBS; i++) {
		fd[i] = to_dot(listener, port);
		say(fd[i], "250 ok\r\n");
		RUN_UNTIL(has_heard(fd[i], "QUIT\r\n"));
		if (i == JOBS - 1) {
			assert_int_equal(remote.pool.leaving.n, JOBS);
			assert_false(is_hung_up(fd[0]));
		}
	}
	RUN_UNTIL(is_hung_up(fd[0]));
	assert_int_equal(remote.pool.leaving.n, JOBS);
	assert_false(is_hung_up(fd[1]));
	for (i = 0; i <= JOBS; i++)
		close(fd[i]);
	close(listener);
	close_send();
}

/* send goes away: what isn't committed is hung up, the rest goes on to its
 * end, and only then is there nothing more to do. */
static void
test_send_lost(void **state)
{
	uint32_t port;
	int listener = mute_host(&port), fd, other;
	struct deliver_job j;

	(void)state;
	connect_send();
	fd = to_dot(listener, port);
	j = job(10, "127.0.0.1", port);
	send_job(&j);
	send_rcpt(10, 0);
	send_run(10, 1);
	other = take_call(listener);
	idles = 0;
	peer_close(&send_side);
	RUN_UNTIL(is_hung_up(other));
	assert_int_equal(work.going_n, 1);
	assert_int_equal(idles, 0);
	say(fd, "250 ok\r\n");
	RUN_UNTIL(has_heard(fd, "QUIT\r\n"));
	assert_int_equal(work.going_n, 0);
	assert_int_equal(remote.pool.leaving.n, 1);
	assert_int_equal(idles, 1);
	/* it waits for the last reply, but not for ever */
	RUN_UNTIL(!remote.pool.leaving.n);
	close(fd);
	close(other);
	close(listener);
}

/* A job that may have been done before. */
static void
send_maybe(uint32_t number, uint32_t port, uint32_t rcpt)
{
	struct deliver_job j = job(number, "127.0.0.1", port);

	j.maybe = 1;
	send_job(&j);
	send_rcpt(number, rcpt);
	send_run(number, 1);
}

/* send dies between the end mark and its reply, and asks again before and
 * after the reply comes: the host hears of the message once. */
static void
test_reconnect(void **state)
{
	uint32_t port;
	int listener = mute_host(&port), fd;

	(void)state;
	connect_send();
	fd = to_dot(listener, port);
	peer_close(&send_side);
	RUN_UNTIL(!work.upstreams.n);
	connect_send();
	send_maybe(1, port, 3);
	run_ms(10);
	assert_int_equal(results, 0);
	say(fd, "250 2.0.0 once\r\n");
	run_until(1);
	assert_int_equal(verdicts[VERDICT_OK], 1);
	assert_int_equal(last_rcpt, 3);
	assert_string_equal(words, "250 2.0.0 once");
	send_maybe(2, port, 3);
	run_until(2);
	assert_int_equal(verdicts[VERDICT_OK], 2);
	assert_string_equal(words, "250 2.0.0 once");
	assert_int_equal(accept(listener, NULL, NULL), -1);
	assert_false(lost);
	close(fd);
	close(listener);
	close_send();
}

static void
test_finish(void **state)
{
	uint32_t port;
	int listener = mute_host(&port), fd;
	struct deliver_job j = job(11, "127.0.0.1", port);

	(void)state;
	connect_send();
	fd = to_dot(listener, port);
	send_job(&j);	/* without RUN: nobody waits for it */
	run_ms(5);
	assert_int_equal(work.going_n, 1);
	idles = 0;
	upstreams_pause(&work.upstreams);
	assert_int_equal(work.going_n, 1);
	assert_int_equal(idles, 0);
	say(fd, "250 ok\r\n");
	run_until(1);
	RUN_UNTIL(idles);
	work.upstreams.paused = false;
	close(fd);
	close(listener);
	close_send();
}

static int
set_up(void **state)
{
	char const *why;

	(void)state;
	log_target.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (!loop_open(&loop)) return -1;
	if (!resolver_open(&remote.resolver, &loop, "127.0.0.1",
	    RESOLVER_WAIT_MS, &why))
		return -1;
	work.remote = &remote;
	work.upstreams.jobs_most = JOBS;
	work.idle = idle;
	work_init(&work);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	work_close(&work);
	resolver_close(&remote.resolver);
	loop_close(&loop);
	close(log_target.fd);
	return 0;
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_no_relay),
		cmocka_unit_test(test_bad_relay),
		cmocka_unit_test(test_out_of_place),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_delivered),
		cmocka_unit_test(test_retired_max),
		cmocka_unit_test(test_send_lost),
		cmocka_unit_test(test_reconnect),
		cmocka_unit_test(test_finish),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
