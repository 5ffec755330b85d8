/* SPDX-License-Identifier: ISC */
/* Whole sessions over sockets and pipes, with a queue of our own making:
 * clients that vanish, stall, say too much at once or don't listen. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include "common/access.h"
#include "smtpd/listener.h"
#include "tests/smtpd_queue.h"

static struct routes routes;
static struct access nobody;
static struct trust proxies, xclients;
static struct conns conns;
static unsigned ended;
static size_t others;		/* octets kept for them */

/* What the client has heard. */
static char heard[1 << 20];
static size_t heard_len;

static void
all_ended(void *owner)
{
	(void)owner;
	ended++;
}

static int
setup(void **state)
{
	static char const routes_text[] = "@example.org maildir ${local}/\n";
	struct parse_error error;

	(void)state;
	assert_true(loop_open(&loop));
	memset(&conns, 0, sizeof conns);
	conns.loop = conns.pool.loop = &loop;
	conns.pool.path = path;
	conns.pool.streams_max = conns.pool.address_max = 3;
	conns.rules = (struct session_rules){ .hostname = SLICE("mx.test"),
		.domain = SLICE("example.org"), .rcpts_max = 10,
		.mails_max = 1000, .commands_max = 1000000,
		.unknown_max = 1000, .errors_max = 10,
		.text = { .size_max = 64 << 20, .line_max = 64 << 20 } };
	conns.times = (struct conn_times){ .command = 300, .text = 180,
		.transaction = 3600, .session = 43200 };
	conns.entrance.address_max = 1000;
	conns.entrance.proxies = &proxies;
	conns.entrance.xclients = &xclients;
	conns.ended = all_ended;
	assert_true(routes_parse(&routes, slice_of(routes_text), &error));
	conns.routes = &routes;
	conns.access = &nobody;
	pool_open(&conns.pool);
	assert_true(conns_open(&conns));
	ended = 0;
	heard_len = 0;
	queue_start();
	return 0;
}

/* The same while so much is kept for others that nothing more may be. */
static int
setup_crowded(void **state)
{
	setup(state);
	others = conns.kept = CONN_KEPT_MAX + 1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	conns_close(&conns);
	assert_int_equal(conns.kept, others);
	others = 0;
	assert_int_equal(conns.pool.held, 0);
	assert_null(conns.pool.busy);
	pool_close(&conns.pool);
	routes_free(&routes);
	queue_kill();
	loop_close(&loop);
	return 0;
}

/* connect_from - the client's end of a new session */
static int
connect_from(char const *address)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    pair), 0);
	assert_true(conn_open(&conns, pair[0], pair[0], address, false));
	return pair[1];
}

static int
connect_client(void)
{
	return connect_from("192.0.2.1");
}

/* say_octets - as many as the other end takes; returns how many */
static size_t
say_octets(int fd, char const *s, size_t len)
{
	ssize_t n = send(fd, s, len, MSG_NOSIGNAL);

	if (n == -1) assert_int_equal(errno, EAGAIN);
	return n == -1 ? 0 : (size_t)n;
}

static void
say_text(int fd, char const *text)
{
	assert_int_equal(say_octets(fd, text, strlen(text)), strlen(text));
}

/* listen_to - whatever was said; false at the end */
static bool
listen_to(int fd)
{
	ssize_t n;

	while ((n = read(fd, heard + heard_len,
	    sizeof heard - 1 - heard_len)) > 0)
		heard_len += (size_t)n;
	heard[heard_len] = '\0';
	return n != 0;
}

/* expect - that these are the last words heard, and soon */
static void
expect(int fd, char const *end)
{
	int64_t const until_ms = clock_monotonic_ms() + PATIENCE_MS;
	size_t len = strlen(end);

	do {
		listen_to(fd);
		if (heard_len >= len &&
		    !memcmp(heard + heard_len - len, end, len))
			return;
		turns(1);
	} while (clock_monotonic_ms() < until_ms);
	assert_string_equal(heard, end);
}

/* expect_accepted - that the 250 of a message is among the words, soon */
static void
expect_accepted(int fd)
{
	PATIENTLY((listen_to(fd), strstr(heard, "\r\n250 2.0.0 accepted id=")),
	    turns(1));
}

static void
expect_end(int fd)
{
	PATIENTLY(!listen_to(fd), turns(1));
	close(fd);
}

/* say_big - so many octets of text, patiently */
static void
say_big(int fd, size_t octets)
{
	static char text[64000];
	memset(text, 'x', sizeof text);
	PATIENTLY(!(octets -= say_octets(fd, text, octets < sizeof text
	    ? octets : sizeof text)), turns(1));
	turns(1);
}

static char const hello[] = "HELO c\r\n";
static char const envelope[] = "MAIL FROM:<s@c.example>\r\n"
    "RCPT TO:<a@example.org>\r\nDATA\r\n";

static void
begin_text(int fd)
{
	say_text(fd, hello);
	expect(fd, "250 mx.test\r\n");
	say_text(fd, envelope);
	expect(fd, "354 end with CRLF.CRLF\r\n");
}

static void
message_is_accepted(void **state)
{
	int fd = connect_client();

	(void)state;
	expect(fd, "220 mx.test ESMTP Mailgrave\r\n");
	begin_text(fd);
	say_text(fd, "hello\r\n.\r\nQUIT\r\n");
	expect(fd, "221 2.0.0 mx.test goodbye\r\n");
	expect_accepted(fd);
	expect_end(fd);
	assert_int_equal(queue.ended, 1);
	assert_int_equal(queue.octets, 7);
	assert_int_equal(conns.n, 0);
	assert_int_equal(ended, 1);
}

static void
large_message_is_accepted(void **state)
{
	int fd = connect_client();

	(void)state;
	begin_text(fd);
	say_big(fd, 3000000);
	say_text(fd, "\r\n.\r\n");
	expect_accepted(fd);
	assert_int_equal(queue.octets, 3000002);
	close(fd);
}

/* Pipes, as a shell makes them: the end of input comes before our answer. */
static void
message_through_pipes(void **state)
{
	int in[2], out[2];

	(void)state;
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
	assert_true(conn_open(&conns, in[0], out[1], "", false));
	assert_true(write(in[1], hello, strlen(hello)) > 0);
	assert_true(write(in[1], envelope, strlen(envelope)) > 0);
	assert_true(write(in[1], "x\r\n.\r\nNOOP\r\n", 12) == 12);
	close(in[1]);
	expect_accepted(out[0]);
	expect_end(out[0]);
	assert_non_null(strstr(heard, "\r\n250 2.0.0 ok\r\n"));
	assert_int_equal(queue.ended, 1);
}

/* A file is never reported ready. */
static void
session_from_a_file(void **state)
{
	char name[] = "/tmp/smtpd-file-XXXXXX";
	int in = mkstemp(name), out[2];

	(void)state;
	assert_int_not_equal(in, -1);
	unlink(name);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(fcntl(out[0], F_SETFL, O_NONBLOCK), 0);
	assert_true(write(in, hello, strlen(hello)) > 0);
	assert_true(write(in, envelope, strlen(envelope)) > 0);
	assert_true(write(in, "x\r\n.\r\nQUIT\r\n", 12) == 12);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	assert_true(conn_open(&conns, in, out[1], "", false));
	expect_accepted(out[0]);
	expect_end(out[0]);
	assert_non_null(strstr(heard, "\r\n221 2.0.0 mx.test goodbye\r\n"));
}

static void
client_vanishes_in_text(void **state)
{
	size_t octets[] = { 0, 1000, 1000000 };
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		int fd = connect_client();

		begin_text(fd);
		say_big(fd, octets[i]);
		close(fd);
		turns(10);
		assert_int_equal(conns.n, 0);
	}
	assert_int_equal(queue.opened, 1);	/* the one that was streamed */
	assert_int_equal(queue.ended, 0);
	assert_int_equal(queue.gone, 1);
}

/* After the end mark the message is queue's, whoever listens. */
static void
client_vanishes_before_the_verdict(void **state)
{
	int fd = connect_client();

	(void)state;
	queue.mute = true;
	begin_text(fd);
	say_text(fd, "x\r\n.\r\n");
	turns(10);
	assert_int_equal(queue.ended, 1);
	close(fd);
	turns(10);
	assert_int_equal(conns.n, 1);
	say(queue.guest[0], VERDICT_OK);
	turns(10);
	assert_int_equal(conns.n, 0);
	assert_int_equal(queue.gone, 0);
}

static void
commands_wait_for_the_verdict(void **state)
{
	int fd = connect_client();

	(void)state;
	queue.mute = true;
	begin_text(fd);
	say_text(fd, "x\r\n.\r\nNOOP\r\nWIZ\r\n");
	turns(10);
	expect(fd, "354 end with CRLF.CRLF\r\n");
	say_text(fd, "NOOP\r\nQUIT\r\n");
	turns(10);
	expect(fd, "354 end with CRLF.CRLF\r\n");
	say(queue.guest[0], VERDICT_TEMP);
	expect(fd, "354 end with CRLF.CRLF\r\n451 4.2.1 so it is\r\n"
	    "250 2.0.0 ok\r\n500 5.5.1 unknown command\r\n250 2.0.0 ok\r\n"
	    "221 2.0.0 mx.test goodbye\r\n");
	expect_end(fd);
}

static void
early_octets_are_kept_or_not(void **state)
{
	static char noops[6 * 1000];
	int fd = connect_client();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof noops; i += 6)
		memcpy(noops + i, "NOOP\r\n", 6);
	queue.mute = true;
	begin_text(fd);
	say_text(fd, "x\r\n.\r\n");
	turns(10);
	assert_int_equal(say_octets(fd, noops, sizeof noops), sizeof noops);
	turns(10);
	assert_int_equal(conns.kept, others);	/* not even read */
	queue.guest[0]->ended = false;
	say(queue.guest[0], VERDICT_OK);
	queue.mute = false;
	expect_accepted(fd);
	say_text(fd, "RSET\r\n");
	expect(fd, "forgotten\r\n");
	queue.mute = true;
	say_text(fd, envelope);
	expect(fd, "354 end with CRLF.CRLF\r\n");
	memcpy(noops, "\r\n.\r\n", 5);
	noops[5] = ' ';
	assert_int_equal(say_octets(fd, noops, sizeof noops), sizeof noops);
	turns(10);
	assert_int_equal(conns.kept, others ? others : sizeof noops - 5);
	queue.guest[0]->ended = false;
	say(queue.guest[0], VERDICT_OK);
	say_text(fd, "HELP\r\n");
	expect(fd, "STARTTLS AUTH\r\n");
	assert_int_equal(conns.kept, others);
	close(fd);
}

static void
queue_dies(void **state)
{
	int fd = connect_client();

	(void)state;
	queue.die_at_end = true;
	begin_text(fd);
	say_text(fd, "x\r\n.\r\n");
	expect(fd, "451 4.3.0 mail queue not available\r\n");
	queue_kill();
	turns(5);
	say_text(fd, "MAIL FROM:<>\r\n");
	expect(fd, "\r\n451 4.3.0 mail queue not available\r\n"
	    "451 4.3.0 mail queue not available\r\n");
	queue_start();
	say_text(fd, envelope);
	expect(fd, "354 end with CRLF.CRLF\r\n");
	say_text(fd, ".\r\nQUIT\r\n");
	expect_end(fd);
	assert_int_equal(queue.ended, 1);
}

/* Replies that nobody reads stop the reading of commands. */
static void
client_does_not_listen(void **state)
{
	static char noops[6 * 10000];
	size_t i, n, sent = 0, due;
	int fd = connect_client();

	(void)state;
	for (i = 0; i < sizeof noops; i += 6)
		memcpy(noops + i, "NOOP\r\n", 6);
	do {
		n = say_octets(fd, noops + sent % 6, sizeof noops - 6);
		sent += n;
		turns(10);
	} while (n && sent < 32 << 20);
	assert_true(sent < 32 << 20);
	due = strlen("220 mx.test ESMTP Mailgrave\r\n") +
	    sent / 6 * strlen("250 2.0.0 ok\r\n");
	PATIENTLY((listen_to(fd), heard_len >= due), turns(1));
	turns(10);
	listen_to(fd);
	assert_int_equal(heard_len, due);
	close(fd);
}

static void
queue_is_slow(void **state)
{
	static char text[50000];
	size_t n, sent = 0;
	int fd = connect_client();

	(void)state;
	memset(text, 'x', sizeof text);
	begin_text(fd);
	queue.paused = true;
	do {
		n = say_octets(fd, text, sizeof text);
		sent += n;
		turns(10);
	} while (n && sent < 32 << 20);
	assert_true(sent < 32 << 20);
	turns(100);
	assert_int_equal(say_octets(fd, "x", 1), 0);
	queue.paused = false;
	peer_pause(&queue.guest[0]->peer, false);
	turns(1000);
	say_text(fd, "\r\n.\r\n");
	expect_accepted(fd);
	assert_int_equal(queue.octets, sent + 2);
	assert_int_equal(queue.ended, 1);
	close(fd);
}

/* Sessions at rest leave at once, others after their message. */
static void
shutdown_is_orderly(void **state)
{
	int idle = connect_client(), busy = connect_client();

	(void)state;
	expect(idle, "220 mx.test ESMTP Mailgrave\r\n");
	begin_text(busy);
	conns_end(&conns);
	heard_len = 0;
	expect(idle, "421 4.3.2 mx.test going down, come back later\r\n");
	expect_end(idle);
	assert_int_equal(conns.n, 1);
	assert_int_equal(ended, 0);
	say_text(busy, "x\r\n.\r\nNOOP\r\n");
	expect_accepted(busy);
	expect(busy, "421 4.3.2 mx.test going down, come back later\r\n");
	assert_null(strstr(heard, "250 2.0.0 ok"));
	expect_end(busy);
	assert_int_equal(ended, 1);
}

/* old_client - one who came so long ago, by moving the clock under it */
static int
old_client(int64_t age_ms)
{
	int64_t now = loop.now_ms;
	int fd;

	loop.now_ms -= age_ms;
	fd = connect_client();
	loop.now_ms = now;
	turns(1);
	return fd;
}

static void
idle_client_is_sent_away(void **state)
{
	int patient = old_client(300000 - 60000);
	int late = old_client(300000);

	(void)state;
	expect(late, "421 4.4.2 mx.test waited too long for you\r\n");
	expect_end(late);
	assert_int_equal(conns.n, 1);
	heard_len = 0;
	expect(patient, "220 mx.test ESMTP Mailgrave\r\n");
	close(patient);
}

static void
life_is_limited(void **state)
{
	int fd = old_client(43200000);

	(void)state;
	expect(fd, "421 4.4.2 mx.test you took too long\r\n");
	expect_end(fd);
}

/* Who talks before he is greeted hears so; who goes, or is sent away as we end,
 * leaves nothing (the sanitizers see to that). */
static void
the_greeting_may_come_late(void **state)
{
	int early, gone, last;

	(void)state;
	conns.greet_s = 100;
	early = connect_client();
	say_text(early, "EHLO x\r\n");
	while (listen_to(early))
		turns(1);
	heard[heard_len] = '\0';
	assert_string_equal(heard, "554 5.5.0 you spoke before you were "
	    "greeted; goodbye\r\n");
	gone = connect_client();
	assert_int_equal(conns.n, 1);
	close(gone);
	while (conns.n)
		turns(1);
	last = connect_client();
	heard_len = 0;
	conns_end(&conns);
	while (listen_to(last))
		turns(1);
	heard[heard_len] = '\0';
	assert_string_equal(heard, "220 mx.test ESMTP Mailgrave\r\n"
	    "421 4.3.2 mx.test going down, come back later\r\n");
	close(early);
	close(last);
}

static void
deadlines_follow_the_rules(void **state)
{
	struct conn_times const times[] = {
		{ 0, 1000, 1000, 1000, 1000 },	/* none for commands */
		{ 1000, 1000, 1000, 0, 1000 },	/* no time at all */
	};
	char const *const last[] = {
		"421 4.4.2 mx.test waited too long for you\r\n",
		"421 4.4.2 mx.test you took too long\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		int fd;

		conns.times = times[i];
		fd = connect_client();
		expect(fd, last[i]);
		expect_end(fd);
	}
	/* these begin with a message */
	for (i = 0; i < 2; i++) {
		int fd;

		conns.times = (struct conn_times){ 1000, i ? 0 : 1000,
			i ? 1000 : 0, 1000, 1000 };
		fd = connect_client();
		heard_len = 0;
		say_text(fd, hello);
		expect(fd, "250 mx.test\r\n");
		say_text(fd, envelope);
		expect(fd, last[!i]);
		expect_end(fd);
		assert_int_equal(queue.ended, 0);
	}
}

/* What a client must not have said yet may not mean what it thinks. */
static void
clients_wait_for_replies(void **state)
{
	char const *const hurried[] = { "HELO c\r\nNOOP\r\n", "EHLO c\r\nQUIT\r\n",
		"HELO c\r\nM", "EHLO \r\n\r\n" };
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof hurried / sizeof *hurried; i++) {
		fd = connect_client();
		say_text(fd, hurried[i]);
		expect(fd, "220 mx.test ESMTP Mailgrave\r\n"
		    "554 5.5.0 wait for replies; goodbye\r\n");
		expect_end(fd);
		heard_len = 0;
	}
	fd = connect_client();
	say_text(fd, hello);
	expect(fd, "250 mx.test\r\n");
	say_text(fd, envelope);
	say_text(fd, "evil\r\n.\r\n");
	expect(fd, "250 2.1.5 recipient ok\r\n"
	    "554 5.5.0 wait for replies; goodbye\r\n");
	/* a last reply isn't lost because it goes on talking */
	say_text(fd, "MAIL FROM:<t@c.example>\r\n");
	turns(10);
	say_text(fd, "QUIT\r\n");
	turns(10);
	close(fd);
	turns(10);
	assert_int_equal(queue.opened, 0);
	assert_int_equal(conns.n, 0);
	/* these need no answer first */
	fd = connect_client();
	heard_len = 0;
	say_text(fd, hello);
	expect(fd, "250 mx.test\r\n");
	say_text(fd, "NOOP\r\nVRFY a\r\nRSET\r\nQUIT\r\n");
	expect(fd, "252 2.5.2 send some mail, and see\r\n"
	    "250 2.0.0 forgotten\r\n221 2.0.0 mx.test goodbye\r\n");
	expect_end(fd);
}

static void
addresses_are_limited(void **state)
{
	int fd[4];

	(void)state;
	conns.entrance.address_max = 2;
	fd[0] = connect_client();
	fd[1] = connect_client();
	expect(fd[1], "220 mx.test ESMTP Mailgrave\r\n");
	fd[2] = connect_client();
	heard_len = 0;
	expect(fd[2], "421 4.7.0 mx.test too many sessions from your address"
	    "\r\n");
	expect_end(fd[2]);
	fd[2] = connect_from("192.0.2.2");
	heard_len = 0;
	expect(fd[2], "220 mx.test ESMTP Mailgrave\r\n");
	close(fd[0]);
	turns(10);
	fd[3] = connect_client();
	heard_len = 0;
	expect(fd[3], "220 mx.test ESMTP Mailgrave\r\n");
	close(fd[1]);
	close(fd[2]);
	close(fd[3]);
}

static void
proxies_speak_first(void **state)
{
	char const *why;
	int fd, i;

	(void)state;
	proxies.networks = 0;
	assert_true(trust_add(&proxies, SLICE("192.0.2.0/24"), &why));
	conns.entrance.address_max = 2;
	for (i = 0; i < 3; i++) {
		fd = connect_client();
		turns(5);
		listen_to(fd);
		assert_int_equal(heard_len, 0);	/* no greeting before it */
		say_text(fd, "PROXY TCP4 198.51.100.7 192.0.2.9 1000 25\r");
		turns(5);
		listen_to(fd);
		assert_int_equal(heard_len, 0);
		say_text(fd, "\n");
		if (i == 2) break;
		expect(fd, "220 mx.test ESMTP Mailgrave\r\n");
		heard_len = 0;
	}
	/* its clients are counted, not the proxy */
	expect(fd, "421 4.7.0 mx.test too many sessions from your address"
	    "\r\n");
	expect_end(fd);
	conns.entrance.address_max = 1000;
	/* header and commands in one piece, and who the queue is told of */
	fd = connect_client();
	heard_len = 0;
	say_text(fd, "PROXY TCP6 2001:db8::1 ::1 1 2\r\nHELO c\r\n");
	expect(fd, "220 mx.test ESMTP Mailgrave\r\n250 mx.test\r\n");
	say_text(fd, envelope);
	expect(fd, "354 end with CRLF.CRLF\r\n");
	say_text(fd, ".\r\n");
	expect_accepted(fd);
	assert_string_equal(queue.guest[0]->client, "2001:db8::1");
	close(fd);
	/* no header, none at all, and from others it's no header */
	fd = connect_client();
	heard_len = 0;
	say_text(fd, "EHLO c\r\n");
	expect(fd, "421 4.7.0 mx.test no valid PROXY header\r\n");
	expect_end(fd);
	fd = old_client(CONN_HEADER_MS);
	heard_len = 0;
	expect(fd, "421 4.7.0 mx.test no valid PROXY header\r\n");
	expect_end(fd);
	fd = connect_from("192.0.3.1");
	heard_len = 0;
	say_text(fd, "PROXY TCP4 198.51.100.7 192.0.2.9 1000 25\r\n");
	expect(fd, "500 5.5.1 unknown command\r\n");
	close(fd);
	proxies.networks = 0;
}

static void
some_speak_for_others(void **state)
{
	char const *why;
	int fd;

	(void)state;
	xclients.networks = 0;
	assert_true(trust_add(&xclients, SLICE("192.0.2.1"), &why));
	conns.entrance.address_max = 1;
	fd = connect_client();
	close(connect_client());	/* many may come from there */
	say_text(fd, "XCLIENT ADDR=198.51.100.7 HELO=real.example "
	    "PROTO=ESMTP NAME=real.example\r\n");
	expect(fd, "220 mx.test ESMTP Mailgrave\r\n"
	    "220 mx.test ESMTP Mailgrave\r\n");
	say_text(fd, hello);
	expect(fd, "250 mx.test\r\n");
	say_text(fd, envelope);
	expect(fd, "354 end with CRLF.CRLF\r\n");
	say_text(fd, ".\r\n");
	expect_accepted(fd);
	assert_string_equal(queue.guest[0]->client, "198.51.100.7");
	assert_string_equal(queue.guest[0]->helo, "real.example");
	assert_string_equal(queue.guest[0]->protocol, "ESMTP");
	/* whom it speaks for is counted */
	heard_len = 0;
	close(connect_from("198.51.100.7"));
	{
		int other = connect_client();

		say_text(other, "XCLIENT ADDR=198.51.100.7\r\n");
		expect(other, "421 4.7.0 mx.test too many sessions from your "
		    "address\r\n");
		close(other);
	}
	close(fd);
	turns(10);
	xclients.networks = 0;
}

static void
access_decides_at_the_door(void **state)
{
	static char const text[] = "refuse 198.51.100.7 554 5.7.1 \"go away\"\n"
	    "limit 203.0.113.0/24 connections 1\n"
	    "proxy 192.0.2.8\n" "xclient 192.0.2.9\n";
	struct parse_error error;
	struct access access;
	int fd, other;

	(void)state;
	if (!access_parse(&access, slice_of(text), &error))
		fail_msg("line %u: %s", error.line, error.why);
	conns.access = &access;
	fd = connect_from("198.51.100.7");
	expect(fd, "554 5.7.1 go away\r\n");
	assert_int_equal(heard_len, strlen("554 5.7.1 go away\r\n"));
	expect_end(fd);
	fd = connect_from("203.0.113.1");
	other = connect_from("203.0.113.1");
	expect(other, "too many sessions from your address\r\n");
	expect_end(other);
	close(fd);
	turns(10);
	/* who is meant is who the header names */
	fd = connect_from("192.0.2.8");
	heard_len = 0;
	say_text(fd, "PROXY TCP4 198.51.100.7 192.0.2.2 1 2\r\n");
	expect(fd, "554 5.7.1 go away\r\n");
	assert_int_equal(heard_len, strlen("554 5.7.1 go away\r\n"));
	expect_end(fd);
	fd = connect_from("192.0.2.9");
	say_text(fd, "XCLIENT ADDR=198.51.100.7\r\n");
	expect(fd, "220 mx.test ESMTP Mailgrave\r\n554 5.7.1 go away\r\n");
	close(fd);
	turns(10);
	conns.access = &nobody;
	access_free(&access);
}

static void
lmtp_by_name(void **state)
{
	int fd;

	(void)state;
	conns.rules.lmtp = true;
	fd = connect_client();
	say_text(fd, "LHLO c\r\n");
	expect(fd, "250 HELP\r\n");
	say_text(fd, "MAIL FROM:<> SMTPUTF8\r\n"
	    "RCPT TO:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n"
	    "BDAT 1 LAST\r\nxNOOP\r\n");
	expect(fd, "250 2.0.0 ok\r\n");
	assert_string_equal(queue.guest[0]->protocol, "UTF8LMTP");
	assert_int_equal(queue.guest[0]->rcpts, 2);
	close(fd);
}

static int
dial(struct listener const *l)
{
	struct sockaddr_in at;
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_not_equal(fd, -1);
	assert_int_equal(getsockname(l->fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void
sessions_are_limited(void **state)
{
	struct netaddr const at = { .host = "127.0.0.1" };
	struct listener l = { .conns = &conns, .sessions_max = 2 };
	char text[NETADDR_TEXT_MAX + 1];
	int fd[4], i;

	(void)state;
	assert_true(listener_bind(&l, &at));
	assert_true(listener_open(&l));
	for (i = 0; i < 2; i++) {
		fd[i] = dial(&l);
		heard_len = 0;
		expect(fd[i], "220 mx.test ESMTP Mailgrave\r\n");
	}
	listener_peer_text(fd[0], text);
	assert_string_equal(text, "127.0.0.1");
	fd[2] = dial(&l);
	expect(fd[2], "421 4.3.2 mx.test too many sessions\r\n");
	expect_end(fd[2]);
	assert_int_equal(conns.n, 2);
	close(fd[0]);
	turns(10);
	fd[3] = dial(&l);
	heard_len = 0;
	expect(fd[3], "220 mx.test ESMTP Mailgrave\r\n");
	listener_close(&l);
	listener_close(&l);
	close(fd[1]);
	close(fd[3]);
}

/* What is said early is kept, or left in the socket: nobody can tell. */
#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, setup, teardown), \
	cmocka_unit_test_setup_teardown(f, setup_crowded, teardown)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(message_is_accepted),
		TEST(large_message_is_accepted),
		TEST(message_through_pipes),
		TEST(session_from_a_file),
		TEST(client_vanishes_in_text),
		TEST(client_vanishes_before_the_verdict),
		TEST(commands_wait_for_the_verdict),
		TEST(early_octets_are_kept_or_not),
		TEST(queue_dies),
		TEST(client_does_not_listen),
		TEST(queue_is_slow),
		TEST(shutdown_is_orderly),
		TEST(idle_client_is_sent_away),
		TEST(life_is_limited),
		TEST(the_greeting_may_come_late),
		TEST(deadlines_follow_the_rules),
		TEST(clients_wait_for_replies),
		TEST(addresses_are_limited),
		TEST(proxies_speak_first),
		TEST(some_speak_for_others),
		TEST(access_decides_at_the_door),
		TEST(lmtp_by_name),
		TEST(sessions_are_limited),
	};
	int failed;

	queue_directory();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	queue_clean_up();
	return failed;
}
