/* SPDX-License-Identifier: ISC */
/* Jobs against hosts that hang up, reset, fall silent or refuse, at every step
 * of the dialogue, over loopback. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "remote/job.h"

/* Time-outs are divided by these: where one is waited for, and where none may
 * come however busy this machine is. */
enum { HURRY = 200, PATIENCE = 1, LARGE = 32 << 20 };

enum misdeed { NONE, CLOSE, RESET, SILENCE };

/* The host: a child that answers step by step and misbehaves instead of giving
 * reply number at. */
static char const *const replies[] = { "220 mx\r\n", "250 mx\r\n",
	"250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 2.0.0 in\r\n",
	"221 bye\r\n" };

enum { AFTER_DOT = 5, REPLIES = sizeof replies / sizeof *replies };

struct host {
	unsigned at;
	enum misdeed misdeed;
	bool deaf;		/* and does not even read before that */
	char const *refusal;	/* instead of reply at, in the middle of the
				 * message if that is AFTER_DOT */
};

static int listener;
static unsigned port;
static int silence[2];	/* a host that falls silent says so here */

/* In front of the C library's: this call fails, counted from 1. */
static unsigned failing_send;

ssize_t
send(int fd, void const *octets, size_t n, int flags)
{
	if (failing_send && !--failing_send) {
		errno = ENOMEM;
		return -1;
	}
	return sendto(fd, octets, n, flags, NULL, 0);
}

static void
misbehave(int fd, enum misdeed misdeed)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	if (misdeed == SILENCE && write(silence[1], "", 1) == 1)
		for (;;)
			pause();
	if (misdeed == RESET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
		    sizeof at_once);
	close(fd);
	_exit(0);
}

/* until what was read ends with this; nothing follows before the reply */
static void
read_until(int fd, char const *end)
{
	static char text[64 << 10];
	size_t const len = strlen(end);
	size_t kept = 0;	/* of the end of what was read before */
	ssize_t n;

	do {
		n = read(fd, text + kept, sizeof text - kept);
		if (n <= 0) _exit(0);
		n += (ssize_t)kept;
		kept = (size_t)n < len ? (size_t)n : len;
		memmove(text, text + n - kept, kept);
	} while (kept < len || memcmp(text, end, len));
}

static _Noreturn void
be_host(struct host const *h)
{
	int fd = accept(listener, NULL, NULL);
	unsigned i;

	for (i = 0; i < REPLIES; i++) {
		char const *reply = replies[i];

		if (h->refusal && i == h->at) {
			reply = h->refusal;
			if (write(fd, reply, strlen(reply)) < 0) _exit(1);
			shutdown(fd, SHUT_WR);
			for (;;)
				pause();
		}
		if (h->deaf && i == h->at) misbehave(fd, h->misdeed);
		if (i == AFTER_DOT)
			read_until(fd, "\r\n.\r\n");
		else if (i)
			read_until(fd, "\r\n");
		if (h->misdeed && i == h->at) misbehave(fd, h->misdeed);
		if (write(fd, reply, strlen(reply)) < 0) _exit(1);
	}
	close(fd);
	_exit(0);
}

static void
give(int fd, char const *reply)
{
	if (write(fd, reply, strlen(reply)) < 0) _exit(1);
}

/* One message a connection, whatever it seemed: the next one's first words are
 * answered by hanging up.
 *   ahead  it offers to take all of it in one go */
static _Noreturn void
be_forgetful_host(bool ahead)
{
	static char const *const plain[] = { "250 ok\r\n", "250 ok\r\n",
	    "354 go\r\n" };
	size_t i;

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		give(fd, "220 mx\r\n");
		read_until(fd, "\r\n");
		give(fd, ahead ? "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n" :
		    "250 mx\r\n");
		for (i = 0; !ahead && i < sizeof plain / sizeof *plain; i++) {
			read_until(fd, "\r\n");
			give(fd, plain[i]);
		}
		read_until(fd, ahead ? "xx\r\n" : "\r\n.\r\n");
		if (ahead) give(fd, "250 ok\r\n250 ok\r\n");
		give(fd, "250 2.0.0 in\r\n");
		read_until(fd, ahead ? "xx\r\n" : "\r\n");
		close(fd);
	}
}

/* Our side */

static struct loop loop;
static struct remote remote = { .loop = &loop, .hostname = { "me.example", 10 },
	.hurry = HURRY };
static struct job job;
static struct slice const rcpts[] = { { "b@y.example", 11 },
	{ "c@y.example", 11 } };
static char results[4096];
static bool ours, over;

static void
took_result(void *owner, struct job_result const *r)
{
	static char const *const verdict[VERDICTS] = { "ok", "temp", "perm" };
	size_t at = strlen(results);

	(void)owner;
	ours = r->ours;
	snprintf(results + at, sizeof results - at, "%zu %s %s %.*s\n",
	    r->client->rcpt, verdict[r->client->verdict], r->client->status,
	    (int)r->client->words.len, r->client->words.s);
}

static void
took_end(void *owner)
{
	(void)owner;
	over = true;
	loop.stop = true;
}

static int
message(size_t size)
{
	enum { LINE = 64 };
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	static char lines[1024 * LINE];
	size_t i, n;

	assert_int_not_equal(fd, -1);
	memset(lines, 'x', sizeof lines);
	for (i = LINE; i <= sizeof lines; i += LINE)
		memcpy(lines + i - 2, "\r\n", 2);
	for (i = 0; i < size; i += n) {
		n = size - i < sizeof lines ? size - i : sizeof lines;
		assert_int_equal(write(fd, lines, n), n);
	}
	return fd;
}

static void
prepare(size_t size)
{
	memset(&job, 0, sizeof job);
	results[0] = '\0';
	over = false;
	job.remote = &remote;
	strcpy(job.target.host, "127.0.0.1");
	job.target.port = (uint16_t)port;
	job.message = message(size);
	job.order = (struct client_order){ .sender = SLICE("a@x.example"), .rcpt = rcpts, .rcpts = 1,
		.size = size };
	job.result = took_result;
	job.ended = took_end;
}

static void
run(void)
{
	loop.stop = false;
	assert_true(loop_run(&loop));
}

static pid_t
start_host(struct host const *h)
{
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be_host(h);
	}
	return pid;
}

/* A call that it did not take would be the next host's. */
static void
stop_host(pid_t pid)
{
	int fd;

	char octet;

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(silence[0], &octet, 1) == 1)
		;
	fcntl(listener, F_SETFL, O_NONBLOCK);
	while ((fd = accept(listener, NULL, NULL)) != -1)
		close(fd);
	fcntl(listener, F_SETFL, 0);
}

/* What has to come from the host has come: the time-out may. */
static void
begin_hurry(void *owner, uint32_t events)
{
	(void)events;
	loop_forget(&loop, owner);
	remote.hurry = HURRY;
	if (job.conn) loop_arm(&loop, &job.conn->timer, loop.now_ms + 200);
}

static void
deliver(struct host const *h, size_t size)
{
	struct watch w = { .fd = -1, .ready = begin_hurry, .owner = &w };
	pid_t pid = start_host(h);

	remote.hurry = PATIENCE;
	assert_true(loop_watch(&loop, &w, silence[0], EPOLLIN));
	prepare(size);
	job_start(&job);
	run();
	assert_true(over);
	loop_forget(&loop, &w);
	stop_host(pid);
	assert_int_equal(fcntl(job.message, F_GETFD), -1);
}

static void
test_delivered(void **state)
{
	struct host h = { .misdeed = NONE };
	char where[64];

	(void)state;
	deliver(&h, 64);
	assert_string_equal(results, "0 ok 2.0.0 250 2.0.0 in\n");
	snprintf(where, sizeof where, "127.0.0.1[127.0.0.1]:%u", port);
	assert_string_equal(job.where, where);
	/* more than all socket buffers hold */
	deliver(&h, 1 << 20);
	assert_string_equal(results, "0 ok 2.0.0 250 2.0.0 in\n");
}

static void
test_misdeeds(void **state)
{
	static char const *const moments[REPLIES] = { "before the greeting",
		"in reply to EHLO", "in reply to MAIL", "in reply to RCPT",
		"in reply to DATA", "after the whole message" };
	static enum misdeed const misdeeds[] = { CLOSE, RESET, SILENCE };
	static char const *const reasons[] = { "connection closed",
		"connection lost (Connection reset by peer)", "timed out" };
	static char const early[] =
	    "0 temp 4.4.1 cannot connect: Connection reset by peer";
	char expected[128];
	size_t i;
	unsigned at;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (at = 0; at < REPLIES; at++) {
			struct host h = { .at = at, .misdeed = misdeeds[i] };

			deliver(&h, 64);
			snprintf(expected, sizeof expected,
			    "0 temp 4.4.2 %s %s", reasons[i],
			    moments[at] ? moments[at] : "");
			if (at == REPLIES - 1)
				assert_string_equal(results,
				    "0 ok 2.0.0 250 2.0.0 in\n");
			else if (!at && strstr(results, early))
				; /* it was faster than our look at the call */
			else
				assert_memory_equal(results, expected,
				    strlen(expected));
			assert_false(ours);
		}
	}
}

/* The host waits for what can't be sent: nobody else would end it. */
static void
test_cannot_send(void **state)
{
	enum { SENDS = 6 };	/* EHLO, MAIL, RCPT, DATA, the text, QUIT */
	struct host h = { .misdeed = NONE };
	char const *lost =
	    "0 temp 4.4.2 connection lost (Cannot allocate memory) ";
	unsigned at;

	(void)state;
	for (at = 1; at <= SENDS; at++) {
		failing_send = at;
		deliver(&h, 64);
		assert_int_equal(failing_send, 0);
		if (at == SENDS)
			assert_string_equal(results,
			    "0 ok 2.0.0 250 2.0.0 in\n");
		else
			assert_memory_equal(results, lost, strlen(lost));
	}
}

static void
test_refused_in_the_middle(void **state)
{
	struct host h = { .at = AFTER_DOT,
		.refusal = "552 5.3.4 too much\r\n" };

	(void)state;
	deliver(&h, LARGE);
	assert_string_equal(results, "0 perm 5.3.4 552 5.3.4 too much\n");
}

/* A host that takes the message too slowly: here, not at all. */
static void
test_stalled_in_the_middle(void **state)
{
	struct host h = { .at = AFTER_DOT, .misdeed = SILENCE, .deaf = true };

	(void)state;
	deliver(&h, LARGE);
	assert_string_equal(results,
	    "0 temp 4.4.2 timed out in the middle of the message\n");
}

/* Nobody listens, and somebody who never accepts. */
static void
test_no_connection(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), full[4];
	size_t i;

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	getsockname(fd, (struct sockaddr *)&in, &len);
	remote.hurry = HURRY;
	prepare(64);
	job.target.port = ntohs(in.sin_port);
	job.order.rcpts = 2;
	job_start(&job);
	run();
	assert_string_equal(results,
	    "0 temp 4.4.1 cannot connect: Connection refused\n"
	    "1 temp 4.4.1 cannot connect: Connection refused\n");

	assert_int_equal(listen(fd, 0), 0);
	for (i = 0; i < 4; i++) {
		full[i] = socket(AF_INET,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(full[i], (struct sockaddr *)&in, sizeof in);
	}
	prepare(64);
	job.target.port = ntohs(in.sin_port);
	job_start(&job);
	run();
	assert_string_equal(results,
	    "0 temp 4.4.1 cannot connect: Connection timed out\n");
	for (i = 0; i < 4; i++)
		close(full[i]);
	close(fd);
}

static void
test_no_relay(void **state)
{
	(void)state;
	prepare(64);
	job.target.host[0] = '\0';
	job.why = "no relay";
	job_start(&job);
	run();
	assert_string_equal(results, "0 temp 4.3.5 no relay\n");
}

/* A connection that has gone stale is no reason to wait: another is made. */
static void
test_hung_up_between(void **state)
{
	int ahead, i;

	(void)state;
	remote.pool.idle_max = remote.pool.leaving_max = 1;
	remote.hurry = PATIENCE;
	for (ahead = 0; ahead < 2; ahead++) {
		pid_t pid = fork();

		assert_int_not_equal(pid, -1);
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			be_forgetful_host(ahead);
		}
		for (i = 0; i < 2; i++) {
			prepare(64);
			job_start(&job);
			run();
			assert_string_equal(results,
			    "0 ok 2.0.0 250 2.0.0 in\n");
			assert_int_equal(job.calls, 1);
		}
		pool_close(&remote.pool);
		stop_host(pid);
	}
	remote.pool.idle_max = remote.pool.leaving_max = 0;
	remote.hurry = HURRY;
}

/* The message ends before its size: our own fault, and no end mark is sent. */
static void
test_short_message(void **state)
{
	struct host h = { .misdeed = NONE };
	pid_t pid = start_host(&h);

	(void)state;
	prepare(64);
	job.order.size = 65;
	job_start(&job);
	run();
	assert_string_equal(results,
	    "0 temp 4.3.0 cannot read the message: No data available\n");
	assert_true(ours);
	stop_host(pid);
}

static void
stop_loop(void *owner)
{
	(void)owner;
	loop.stop = true;
}

static void
test_cancel(void **state)
{
	struct host h = { .at = 1, .misdeed = SILENCE };
	struct timer later = { .due = stop_loop };
	size_t turns;
	pid_t pid;

	(void)state;
	/* before the call, with the call under way, in the dialogue */
	for (turns = 0; turns < 3; turns++) {
		pid = start_host(&h);
		prepare(64);
		job_start(&job);
		loop.stop = false;
		for (size_t i = 0; i < turns; i++)
			assert_true(loop_turn(&loop));
		job_cancel(&job);
		/* nothing of it comes up afterwards */
		loop_arm(&loop, &later, loop.now_ms + 20);
		run();
		assert_string_equal(results, "");
		assert_false(over);
		stop_host(pid);
	}
}

static int
set_up(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	char const *why;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&in, len) == -1) return -1;
	if (listen(listener, 5) == -1) return -1;
	getsockname(listener, (struct sockaddr *)&in, &len);
	port = ntohs(in.sin_port);
	if (pipe2(silence, O_CLOEXEC | O_NONBLOCK) == -1) return -1;
	if (!loop_open(&loop)) return -1;
	return resolver_open(&remote.resolver, &loop, "127.0.0.1",
	    RESOLVER_WAIT_MS, &why) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	resolver_close(&remote.resolver);
	loop_close(&loop);
	close(listener);
	close(silence[0]);
	close(silence[1]);
	return 0;
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_delivered),
		cmocka_unit_test(test_misdeeds),
		cmocka_unit_test(test_cannot_send),
		cmocka_unit_test(test_refused_in_the_middle),
		cmocka_unit_test(test_stalled_in_the_middle),
		cmocka_unit_test(test_no_connection),
		cmocka_unit_test(test_no_relay),
		cmocka_unit_test(test_hung_up_between),
		cmocka_unit_test(test_short_message),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
