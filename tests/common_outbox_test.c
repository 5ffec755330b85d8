/* SPDX-License-Identifier: ISC */
/* How frames are put into packets: which share one, where descriptors are, what
 * stays when the socket is full. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/ancil.h"
#include "common/outbox.h"
#include "common/submit.h"
#include "common/unixsock.h"

enum { EMPTY = 2 + 4 };		/* a BODY of nothing */

static struct outbox box;
static int end[2];

static int
begin(void **state)
{
	(void)state;
	outbox_init(&box);
	return unixsock_pair(end) ? 0 : -1;
}

static int
finish(void **state)
{
	(void)state;
	outbox_drop(&box);
	assert_int_equal(box.octets, 0);
	assert_null(box.first);
	close(end[0]);
	close(end[1]);
	return 0;
}

static void
add(size_t len, int fd)
{
	static char const octets[WIRE_BODY_MAX];
	struct submit_body b = { .octets = slice_from(octets, len) };

	assert_null(outbox_add(&box, &submit_body_form, &b,
	    wire_size(&submit_body_form, &b), fd));
}

/* The octets of the next packet, 0 for none; *with_fd: it brought one. */
static size_t
packet(bool *with_fd)
{
	static char store[WIRE_FRAME_MAX + 1];
	struct iovec v = { .iov_base = store, .iov_len = sizeof store };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	union ancil room;
	ssize_t n;
	int fd;

	ancil_expect(&m, &room);
	n = recvmsg(end[1], &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1) return 0;
	assert_true(ancil_take(&m, &fd));
	*with_fd = fd != -1;
	if (fd != -1) close(fd);
	return (size_t)n;
}

static void
send_all(bool share)
{
	while (box.first)
		assert_true(outbox_send(&box, end[0], share));
}

static void
frames_share_packets(void **state)
{
	bool fd;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		add(1, -1);
	assert_int_equal(box.octets, 3 * (EMPTY + 1));
	send_all(false);
	for (i = 0; i < 3; i++)
		assert_int_equal(packet(&fd), EMPTY + 1);
	for (i = 0; i < 3; i++)
		add(1, -1);
	send_all(true);
	assert_int_equal(packet(&fd), 3 * (EMPTY + 1));
	assert_int_equal(packet(&fd), 0);
}

static void
a_packet_is_no_larger_than_a_frame(void **state)
{
	enum { LAST = WIRE_FRAME_MAX - WIRE_BODY_MAX - 2 * EMPTY };
	bool fd;

	(void)state;
	add(WIRE_BODY_MAX, -1);
	add(LAST, -1);
	send_all(true);
	assert_int_equal(packet(&fd), WIRE_FRAME_MAX);
	add(WIRE_BODY_MAX, -1);
	add(LAST + 1, -1);
	send_all(true);
	assert_int_equal(packet(&fd), WIRE_BODY_MAX + EMPTY);
	assert_int_equal(packet(&fd), LAST + 1 + EMPTY);
}

/* Many in one call, and more than that. */
static void
all_of_many_leave(void **state)
{
	size_t octets = 0, n;
	bool fd;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		add(0, -1);
	send_all(true);
	while ((n = packet(&fd)))
		octets += n;
	assert_int_equal(octets, 1000 * EMPTY);
}

static void
a_descriptor_ends_its_packet(void **state)
{
	static bool const with_fd[] = { false, true, true, false, false };
	bool fd;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++)
		add(i, with_fd[i] ? open("/dev/null", O_RDONLY | O_CLOEXEC) :
		    -1);
	send_all(true);
	assert_int_equal(packet(&fd), 2 * EMPTY + 1);
	assert_true(fd);
	assert_int_equal(packet(&fd), EMPTY + 2);
	assert_true(fd);
	assert_int_equal(packet(&fd), 2 * EMPTY + 3 + 4);
	assert_false(fd);
	assert_int_equal(packet(&fd), 0);
}

/* Nothing is lost or doubled where the socket is full in between. */
static void
what_does_not_fit_stays(void **state)
{
	enum { N = 40, LEN = 30000 };
	size_t octets = 0, n;
	bool fd;
	int i;

	(void)state;
	for (i = 0; i < N; i++)
		add(LEN, -1);
	while (outbox_send(&box, end[0], true))
		assert_non_null(box.first);
	assert_int_equal(errno, EAGAIN);
	while (box.first) {
		while ((n = packet(&fd)))
			octets += n;
		outbox_send(&box, end[0], true);
	}
	while ((n = packet(&fd)))
		octets += n;
	assert_int_equal(octets, N * (EMPTY + LEN));
}

static void
what_is_dropped_is_closed(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct submit_body over = { .octets = { NULL, WIRE_BODY_MAX + 1 } };

	(void)state;
	add(1, fd);
	outbox_drop(&box);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_string_equal(outbox_add(&box, &submit_body_form, &over,
	    wire_size(&submit_body_form, &over), -1), "value over its cap");
	assert_null(box.first);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(frames_share_packets),
		TEST(a_packet_is_no_larger_than_a_frame),
		TEST(all_of_many_leave),
		TEST(a_descriptor_ends_its_packet),
		TEST(what_does_not_fit_stays),
		TEST(what_is_dropped_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
