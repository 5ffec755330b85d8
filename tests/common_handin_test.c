/* SPDX-License-Identifier: ISC */
/* A queue of our own at the other end: what it gets, and what its answers
 * mean. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/unixsock.h"
#include "common/handin.h"
#include "tests/patience.h"

static struct handin s;
static struct submit_open const hello = { .sender = SLICE("me@a.example") };
static char body[3 * WIRE_BODY_MAX];

static void
answer(int fd, enum verdict verdict, struct slice status, struct slice words)
{
	struct submit_verdict const v = { (uint8_t)verdict, status, words };
	char frame[WORDS_MAX + 64];
	size_t n = wire_pack(&submit_verdict_form, &v, frame, sizeof frame);

	if (!n || send(fd, frame, n, MSG_NOSIGNAL) != (ssize_t)n) _exit(90);
}

static size_t
next(int fd, char *frame)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	poll(&p, 1, PATIENCE_MS);
	n = recv(fd, frame, WIRE_FRAME_MAX, 0);
	return n > 0 ? (size_t)n : 0;
}

/* be_queue - take one submission, check it, answer */
static void
be_queue(int fd)
{
	static char frame[WIRE_FRAME_MAX];
	struct submit_open open;
	struct submit_rcpt rcpt;
	struct submit_body piece;
	struct submit_end end;
	uint64_t size = 0;
	uint32_t rcpts = 0;
	size_t n;

	n = next(fd, frame);
	if (!wire_unpack(&submit_open_form, &open, slice_from(frame, n)) ||
	    !slice_is(open.sender, "me@a.example"))
		_exit(1);
	while ((n = next(fd, frame)) > 0) {
		struct slice const f = slice_from(frame, n);

		if (wire_unpack(&submit_rcpt_form, &rcpt, f)) {
			if (size || !slice_is(rcpt.address, "you@b.example"))
				_exit(2);
			rcpts++;
		} else if (wire_unpack(&submit_body_form, &piece, f)) {
			if (memcmp(body + size, piece.octets.s,
			    piece.octets.len))
				_exit(3);
			size += piece.octets.len;
		} else if (wire_unpack(&submit_end_form, &end, f)) {
			if (end.size != size || end.rcpts != rcpts) _exit(4);
			if (size != sizeof body || rcpts != 2) _exit(5);
			answer(fd, VERDICT_OK, SLICE("2.0.0"), SLICE(""));
			_exit(0);
		} else {
			_exit(6);
		}
	}
	_exit(7);
}

static bool
submit(int fd)
{
	struct addr you;

	return addr_parse(&you, SLICE("you@b.example")) &&
	    handin_open(&s, fd, &hello) && handin_rcpt(&s, &you, 0) &&
	    handin_rcpt(&s, &you, 0) &&
	    handin_body(&s, slice_from(body, sizeof body)) &&
	    handin_end(&s);
}

static void
test_accepted(void **state)
{
	int pair[2], status;
	size_t i;
	pid_t pid;

	(void)state;
	for (i = 0; i < sizeof body; i++)
		body[i] = (char)(i * 7 % 251);
	assert_true(unixsock_pair(pair));
	pid = fork();
	if (!pid) be_queue(pair[1]);
	close(pair[1]);
	assert_true(submit(pair[0]));
	assert_true(s.answered);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(pair[0]);
}

/* The queue at the other end is none, or there is none. */
static void
assert_unanswered(int fd, int error)
{
	assert_false(submit(fd));
	assert_false(s.answered);
	assert_int_equal(errno, error);
	close(fd);
}

/* Answers that are there before the end, and what they are worth. */
static void
test_early(void **state)
{
	static char words[WORDS_MAX];
	int pair[2];

	(void)state;
	assert_true(unixsock_pair(pair));
	answer(pair[1], VERDICT_TEMP, SLICE("4.3.1"), SLICE("full\033[2J"));
	assert_false(submit(pair[0]));
	assert_true(s.answered);
	assert_int_equal(s.verdict, VERDICT_TEMP);
	assert_string_equal(s.status, "4.3.1");
	assert_string_equal(s.words, "full?[2J");
	close(pair[0]);
	close(pair[1]);

	assert_true(unixsock_pair(pair));
	memset(words, 'w', sizeof words);
	answer(pair[1], VERDICT_PERM, SLICE("5.123.123"),
	    slice_from(words, sizeof words));
	close(pair[1]);
	assert_false(submit(pair[0]));
	assert_true(s.answered);
	assert_int_equal(s.verdict, VERDICT_PERM);
	assert_int_equal(strlen(s.words), WORDS_MAX);
	close(pair[0]);

	/* nobody can have stored what isn't there yet */
	assert_true(unixsock_pair(pair));
	answer(pair[1], VERDICT_OK, SLICE("2.0.0"), SLICE(""));
	assert_unanswered(pair[0], EPROTO);
	close(pair[1]);
}

static void
test_broken(void **state)
{
	int pair[2];

	(void)state;
	assert_true(unixsock_pair(pair));
	close(pair[1]);
	assert_unanswered(pair[0], EPIPE);

	assert_true(unixsock_pair(pair));
	assert_int_equal(send(pair[1], "nonsense", 8, 0), 8);
	assert_unanswered(pair[0], EPROTO);
	close(pair[1]);
}

/* The end is sent and then the queue dies: that is no success. */
static void
test_died_at_end(void **state)
{
	static char frame[WIRE_FRAME_MAX];
	struct submit_end end;
	int pair[2], status;
	pid_t pid;

	(void)state;
	assert_true(unixsock_pair(pair));
	pid = fork();
	if (!pid) {
		size_t n;

		while ((n = next(pair[1], frame)) > 0)
			if (wire_unpack(&submit_end_form, &end,
			    slice_from(frame, n)))
				_exit(0);
		_exit(1);
	}
	close(pair[1]);
	assert_false(submit(pair[0]));
	assert_false(s.answered);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(pair[0]);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_died_at_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
