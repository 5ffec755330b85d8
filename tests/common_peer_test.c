/* SPDX-License-Identifier: ISC */
/* Frames over a socket pair: in order, under pressure, with descriptors, and
 * everything that an end may do wrong. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/ancil.h"
#include "common/deliver.h"
#include "common/peer.h"
#include "common/unixsock.h"
#include "tests/seed.h"

enum { TURNS_MAX = 10000 };

static struct loop loop;

/* One end, and what it has seen. */
struct end {
	struct peer peer;
	uint64_t bodies, octets, jobs, drained;
	char gone[64];
	bool refuse;		/* the next body */
	bool close_in_handle;
	struct end **free_in_handle;
	int fd;			/* the last that came along */
};

static struct end *ends[2];
static int before;

static bool
got_body(void *owner, void const *values, int fd)
{
	struct end *e = owner;
	struct submit_body const *b = values;

	assert_int_equal(fd, -1);
	if (e->free_in_handle) {
		*e->free_in_handle = NULL;
		peer_close(&e->peer);
		free(e);
		return false;
	}
	e->bodies++;
	e->octets += b->octets.len;
	if (b->octets.len >= 8)
		assert_int_equal(wire_get_number(b->octets.s, 8), e->bodies);
	if (e->close_in_handle) peer_close(&e->peer);
	return !e->refuse;
}

static bool
got_job(void *owner, void const *values, int fd)
{
	struct end *e = owner;

	(void)values;
	e->jobs++;
	if (e->fd != -1) close(e->fd);
	e->fd = fd;
	return true;
}

static void
gone(void *owner, char const *why)
{
	struct end *e = owner;

	assert_false(peer_is_open(&e->peer));
	assert_string_equal(e->gone, "");
	snprintf(e->gone, sizeof e->gone, "%s", why);
}

static void
drained(void *owner)
{
	struct end *e = owner;

	assert_null(e->peer.out.first);
	e->drained++;
}

static struct peer_row const rows[] = {
	{ &submit_body_form, false, got_body },
	{ &deliver_job_form, true, got_job },
};

static struct peer_kind const kind = { .row = rows,
	.rows = sizeof rows / sizeof *rows, .gone = gone, .drained = drained };

static int
open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static struct end *
enter(int fd)
{
	struct end *e = calloc(1, sizeof *e);

	assert_non_null(e);
	e->fd = -1;
	assert_true(peer_open(&e->peer, &loop, fd, &kind, e));
	return e;
}

static void
leave(struct end *e)
{
	if (!e) return;
	peer_close(&e->peer);
	if (e->fd != -1) close(e->fd);
	free(e);
}

static int
open_both(void **state)
{
	int pair[2];

	(void)state;
	before = open_fds();
	if (!loop_open(&loop) || !unixsock_pair(pair)) return -1;
	ends[0] = enter(pair[0]);
	ends[1] = enter(pair[1]);
	return 0;
}

static int
close_both(void **state)
{
	(void)state;
	leave(ends[0]);
	leave(ends[1]);
	loop_close(&loop);
	return open_fds() == before ? 0 : -1; /* no descriptor is left */
}

static void
nothing(void *owner)
{
	(void)owner;
}

/* Turns until nothing has happened for some of them. */
static void
settle(void)
{
	struct timer moment = { .due = nothing };
	uint64_t seen = UINT64_MAX;
	int turns, quiet = 0;

	for (turns = 0; quiet < 5; turns++) {
		uint64_t now = 0;
		int i;

		assert_true(turns < TURNS_MAX);
		loop_arm(&loop, &moment, loop.now_ms + 1);
		assert_true(loop_turn(&loop));
		loop_disarm(&loop, &moment);
		for (i = 0; i < 2; i++)
			if (ends[i])
				now += 16 * ends[i]->bodies + ends[i]->jobs +
				    ends[i]->drained + strlen(ends[i]->gone) -
				    ends[i]->peer.out.octets;
		quiet = now == seen ? quiet + 1 : 0;
		seen = now;
	}
}

static bool
say(struct end *e, size_t len, uint64_t number)
{
	static char octets[WIRE_BODY_MAX];
	struct submit_body b = { .octets = slice_from(octets, len) };

	if (len >= 8) wire_put_number(octets, number, 8);
	return peer_send(&e->peer, &submit_body_form, &b, -1);
}

/* A packet as somebody else would write it. */
static void
write_packet(int socket, void const *octets, size_t len, int const *fd,
    size_t fds)
{
	union { char octet[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align; } room = { .octet = "" };
	struct iovec v = { .iov_base = (void *)(size_t)octets, .iov_len = len };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	if (fds) {
		struct cmsghdr *h;

		m.msg_control = room.octet;
		m.msg_controllen = CMSG_SPACE(fds * sizeof *fd);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(fds * sizeof *fd);
		memcpy(CMSG_DATA(h), fd, fds * sizeof *fd);
	}
	assert_int_equal(sendmsg(socket, &m, MSG_NOSIGNAL), len);
}

/* A frame without a peer around it; returns its length. */
static size_t
pack_body(char *out, size_t len)
{
	static char const octets[WIRE_BODY_MAX];
	struct submit_body b = { .octets = slice_from(octets, len) };

	return wire_pack(&submit_body_form, &b, out, WIRE_FRAME_MAX);
}

/* Frames */

static void
frames_come_in_order(void **state)
{
	uint64_t i;

	(void)state;
	for (i = 1; i <= 100; i++)
		assert_true(say(ends[0], 8 + seed_below(1000), i));
	assert_true(say(ends[1], 8, 1));
	settle();
	assert_int_equal(ends[1]->bodies, 100);
	assert_int_equal(ends[0]->bodies, 1);
	assert_int_equal(ends[0]->drained, 1);
	assert_string_equal(ends[0]->gone, "");
}

static void
waits_for_a_slow_reader(void **state)
{
	enum { FRAMES = 100, LEN = 60000 };
	uint64_t i;

	(void)state;
	peer_pause(&ends[1]->peer, true);
	for (i = 1; i <= FRAMES; i++)
		assert_true(say(ends[0], LEN, i));
	settle();
	assert_int_equal(ends[1]->bodies, 0);
	assert_int_equal(ends[0]->drained, 0);
	assert_true(ends[0]->peer.out.octets > 0);
	peer_pause(&ends[1]->peer, false);
	for (; i <= 2 * FRAMES; i++) {
		assert_true(loop_turn(&loop));
		assert_true(say(ends[0], LEN, i));
	}
	settle();
	assert_int_equal(ends[1]->bodies, 2 * FRAMES);
	assert_int_equal(ends[1]->octets, 2 * FRAMES * LEN);
	assert_true(ends[0]->drained >= 1);
	assert_int_equal(ends[0]->peer.out.octets, 0);
}

enum { HEAD = 6 };	/* type and length before the octets of a body */

/* Send until so many octets wait; returns the number of frames. */
static size_t
fill_up_to(size_t octets)
{
	size_t i, left = octets;

	for (i = 1; left > WIRE_BODY_MAX + HEAD; i++) {
		assert_true(say(ends[0], WIRE_BODY_MAX, i));
		left -= WIRE_BODY_MAX + HEAD;
	}
	assert_true(say(ends[0], left - HEAD, i));
	assert_int_equal(ends[0]->peer.out.octets, octets);
	return i;
}

static void
waiting_has_a_limit(void **state)
{
	size_t frames = fill_up_to(PEER_WAITING_MAX);

	(void)state;
	settle();
	assert_int_equal(ends[1]->bodies, frames);
	assert_string_equal(ends[0]->gone, "");
}

/* A frame that can't go takes the connection along, from the loop; what the
 * other end had said is handled first. */
static void
a_lost_frame_ends_it(void **state)
{
	struct deliver_job job = { .job = 1 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(say(ends[1], 8, 1));
	assert_true(loop_turn(&loop));	/* it is with the kernel, unread */
	fill_up_to(PEER_WAITING_MAX);
	assert_false(say(ends[0], 0, 1));
	assert_true(peer_is_open(&ends[0]->peer));
	assert_int_equal(ends[0]->peer.out.octets, 0);
	assert_false(say(ends[0], 8, 1));	/* nothing more goes */
	assert_false(peer_send(&ends[0]->peer, &deliver_job_form, &job, fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_string_equal(ends[0]->gone, "");
	settle();
	assert_int_equal(ends[0]->bodies, 1);
	assert_string_equal(ends[0]->gone, "too far behind");
	assert_string_equal(ends[1]->gone, "closed");
}

static void
a_value_over_its_cap_ends_it(void **state)
{
	(void)state;
	assert_true(say(ends[0], 8, 1));
	peer_pause(&ends[0]->peer, true); /* also while it doesn't read */
	assert_false(say(ends[0], WIRE_BODY_MAX + 1, 2));
	settle();
	assert_string_equal(ends[0]->gone, "value over its cap");
	assert_string_equal(ends[1]->gone, "closed");
	assert_int_equal(ends[1]->bodies, 0);
}

/* The kernel refuses what it can't send: the owner hears of that. */
static void
a_failed_send_ends_it(void **state)
{
	struct deliver_job job = { .job = 1 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(peer_send(&ends[0]->peer, &deliver_job_form, &job, fd));
	close(fd);	/* behind its back */
	assert_true(say(ends[0], 8, 1));
	settle();
	assert_string_equal(ends[0]->gone, strerror(EBADF));
	assert_string_equal(ends[1]->gone, "closed");
	assert_int_equal(ends[1]->bodies, 0);
}

static void
nothing_is_sent_when_closed(void **state)
{
	struct deliver_job job = { .job = 1 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(say(ends[0], 8, 1)); /* dropped with the connection */
	peer_close(&ends[0]->peer);
	peer_close(&ends[0]->peer);
	assert_false(peer_is_open(&ends[0]->peer));
	assert_false(say(ends[0], 8, 1));
	assert_false(peer_send(&ends[0]->peer, &deliver_job_form, &job, fd));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	settle();
	assert_string_equal(ends[0]->gone, "");
	assert_string_equal(ends[1]->gone, "closed");
	assert_int_equal(ends[1]->bodies, 0);
}

/* Descriptors */

static void
a_descriptor_comes_along(void **state)
{
	struct deliver_job job = { .job = 1 };
	int pipes[2], i;
	char c = 0;

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	for (i = 0; i < 3; i++)
		assert_true(peer_send(&ends[0]->peer, &deliver_job_form, &job,
		    i == 1 ? pipes[1] : -1));
	settle();
	assert_int_equal(ends[1]->jobs, 3);
	assert_int_equal(ends[1]->fd, -1); /* the last had none */
	assert_int_equal(read(pipes[0], &c, 1), 0); /* all writers are gone */

	assert_true(peer_send(&ends[0]->peer, &deliver_job_form, &job,
	    pipes[0]));
	settle();
	assert_true(ends[1]->fd != -1);
	assert_true(fcntl(ends[1]->fd, F_GETFD) & FD_CLOEXEC);
}

static void
an_unexpected_descriptor_ends_it(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char out[64];
	size_t n = pack_body(out, 0);

	(void)state;
	write_packet(ends[0]->peer.watch.fd, out, n, &fd, 1);
	close(fd);
	settle();
	assert_string_equal(ends[1]->gone, "unexpected descriptor");
	assert_int_equal(ends[1]->bodies, 0);
}

/* Several frames in a packet */

static size_t
pack_job(char *out)
{
	struct deliver_job job = { .job = 1 };

	return wire_pack(&deliver_job_form, &job, out, WIRE_FRAME_MAX);
}

/* Of a packet with two frames and a descriptor. */
static void
write_two(size_t (*second)(char *out), bool with_fd)
{
	static char out[WIRE_FRAME_MAX];
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t n = pack_job(out);

	n += second(out + n);
	write_packet(ends[0]->peer.watch.fd, out, n, &fd, with_fd);
	close(fd);
	settle();
}

static size_t
small_body(char *out)
{
	return pack_body(out, 1);
}

static size_t
one_octet(char *out)
{
	*out = 1;
	return 1;
}

static void
all_frames_of_a_packet_count(void **state)
{
	(void)state;
	write_two(small_body, false);
	assert_int_equal(ends[1]->jobs, 1);
	assert_int_equal(ends[1]->bodies, 1);
	write_two(pack_job, true);
	assert_int_equal(ends[1]->jobs, 3);
	assert_true(ends[1]->fd != -1); /* the last one's */
	assert_string_equal(ends[1]->gone, "");
}

static void
a_descriptor_is_the_last_ones(void **state)
{
	(void)state;
	write_two(small_body, true);
	assert_string_equal(ends[1]->gone, "unexpected descriptor");
	assert_int_equal(ends[1]->jobs, 1);
	assert_int_equal(ends[1]->fd, -1);
	assert_int_equal(ends[1]->bodies, 0);
}

static void
what_is_wrong_behind_a_frame_ends_it(void **state)
{
	(void)state;
	write_two(one_octet, true);
	assert_string_equal(ends[1]->gone, "unknown frame");
	assert_int_equal(ends[1]->jobs, 1);
	assert_int_equal(ends[1]->fd, -1);
}

/* Frames of all sizes, some with descriptors, between two that share. */
static void
shared_packets_keep_the_order(void **state)
{
	struct deliver_job job = { .job = 1 };
	static struct peer_kind const sharing = { .row = rows,
	    .rows = sizeof rows / sizeof *rows, .gone = gone, .shares = true };
	uint64_t i;

	(void)state;
	ends[0]->peer.kind = &sharing;
	for (i = 1; i <= 500; i++) {
		assert_true(say(ends[0], 8 + seed_below(seed_below(3) ? 100 :
		    WIRE_BODY_MAX - 8), i));
		if (!seed_below(10))
			assert_true(peer_send(&ends[0]->peer,
			    &deliver_job_form, &job,
			    open("/dev/null", O_RDONLY | O_CLOEXEC)));
		if (!seed_below(50)) settle();
	}
	assert_true(peer_send(&ends[0]->peer, &deliver_job_form, &job, -1));
	settle();
	assert_string_equal(ends[0]->gone, "");
	assert_string_equal(ends[1]->gone, "");
	assert_int_equal(ends[1]->bodies, 500);
	assert_int_equal(ends[1]->fd, -1);
}

static void
closing_drops_the_rest_of_the_packet(void **state)
{
	static char out[WIRE_FRAME_MAX];
	size_t n = pack_body(out, 1);

	(void)state;
	n += pack_body(out + n, 1);
	ends[1]->close_in_handle = true;
	write_packet(ends[0]->peer.watch.fd, out, n, NULL, 0);
	settle();
	assert_int_equal(ends[1]->bodies, 1);
	assert_string_equal(ends[1]->gone, "");
}

/* Also where a descriptor is welcome: one, not two. None of them may stay
 * open, which close_both looks at. */
static void
two_descriptors_end_it(void **state)
{
	struct deliver_job job = { .job = 1 };
	int fd[3] = { open("/dev/null", O_RDONLY | O_CLOEXEC) };
	char out[256];
	size_t n = wire_pack(&deliver_job_form, &job, out, sizeof out);

	(void)state;
	fd[1] = fd[2] = fd[0];
	write_packet(ends[0]->peer.watch.fd, out, n, fd, 2);
	close(fd[0]);
	settle();
	assert_int_equal(ends[1]->jobs, 0);
	assert_string_equal(ends[1]->gone, "more than a frame may hold");
}

static void
three_descriptors_end_it(void **state)
{
	int fd[3] = { open("/dev/null", O_RDONLY | O_CLOEXEC) };
	char out[64];
	size_t n = pack_body(out, 0);

	(void)state;
	fd[1] = fd[2] = fd[0];
	write_packet(ends[0]->peer.watch.fd, out, n, fd, 3);
	close(fd[0]);
	settle();
	assert_string_equal(ends[1]->gone, "more than a frame may hold");
}

/* What the other end may not do */

static void
end_with(void const *octets, size_t len, char const *why)
{
	write_packet(ends[0]->peer.watch.fd, octets, len, NULL, 0);
	settle();
	assert_string_equal(ends[1]->gone, why);
	assert_int_equal(ends[1]->bodies, 0);
}

static void
unknown_frame_ends_it(void **state)
{
	(void)state;
	end_with("\x7f\x7f", 2, "unknown frame");
}

static void
one_octet_ends_it(void **state)
{
	(void)state;
	end_with("\1", 1, "unknown frame");
}

static void
malformed_frame_ends_it(void **state)
{
	char out[64];
	size_t n = pack_body(out, 4);

	(void)state;
	end_with(out, n - 1, "malformed frame");
}

static void
oversize_frame_ends_it(void **state)
{
	static char out[WIRE_FRAME_MAX + 1];

	(void)state;
	pack_body(out, 4);
	end_with(out, sizeof out, "more than a frame may hold");
}

static void
empty_packet_is_the_end(void **state)
{
	(void)state;
	end_with("", 0, "closed");
}

static void
frame_out_of_place_ends_it(void **state)
{
	(void)state;
	ends[1]->refuse = true;
	assert_true(say(ends[0], 8, 1));
	assert_true(say(ends[0], 8, 2));
	settle();
	assert_int_equal(ends[1]->bodies, 1);
	assert_string_equal(ends[1]->gone, "frame out of place");
	assert_string_equal(ends[0]->gone, "closed");
}

static void
closing_inside_handle_is_fine(void **state)
{
	(void)state;
	ends[1]->close_in_handle = true;
	assert_true(say(ends[0], 8, 1));
	assert_true(say(ends[0], 8, 2));
	settle();
	assert_int_equal(ends[1]->bodies, 1);
	assert_string_equal(ends[1]->gone, "");
	assert_string_equal(ends[0]->gone, "closed");
}

static void
freeing_inside_handle_is_fine(void **state)
{
	(void)state;
	ends[1]->free_in_handle = &ends[1];
	assert_true(say(ends[0], 8, 1));
	assert_true(say(ends[0], 8, 2));
	settle();
	assert_null(ends[1]);
	assert_string_equal(ends[0]->gone, "closed");
}

/* What it said counts, though it is gone. */
static void
last_words_are_heard(void **state)
{
	char out[64];
	size_t n = pack_body(out, 4), i;

	(void)state;
	for (i = 0; i < 40; i++)
		write_packet(ends[0]->peer.watch.fd, out, n, NULL, 0);
	peer_close(&ends[0]->peer);
	assert_true(say(ends[1], 8, 1)); /* it cannot hear this */
	settle();
	assert_int_equal(ends[1]->bodies, 40);
	assert_string_equal(ends[1]->gone, "closed");
}

/* The kernel then reports ECONNRESET before it gives out what was said. */
static void
last_words_of_one_that_did_not_listen_are_heard(void **state)
{
	char out[64];
	size_t n = pack_body(out, 4), i;

	(void)state;
	peer_pause(&ends[0]->peer, true);
	for (i = 0; i < 40; i++)
		write_packet(ends[0]->peer.watch.fd, out, n, NULL, 0);
	write_packet(ends[1]->peer.watch.fd, out, n, NULL, 0); /* unread */
	peer_close(&ends[0]->peer);
	settle();
	assert_int_equal(ends[1]->bodies, 40);
	assert_true(*ends[1]->gone);
}

static void
noise_ends_it_and_nothing_else(void **state)
{
	(void)state;
	while (!*ends[1]->gone) {
		char out[300];
		size_t len = 1 + seed_below(sizeof out), i;
		struct wire_form const *form = seed_below(2) ?
		    &submit_body_form : &deliver_job_form;

		for (i = 0; i < len; i++)
			out[i] = seed_below(4) ? 0 : (char)seed_next();
		if (len > 1) wire_put_number(out, form->type, 2);
		if (form == &submit_body_form && len > 13) /* no number */
			out[5] = 1;
		write_packet(ends[0]->peer.watch.fd, out, len, NULL, 0);
		settle();
	}
	assert_true(!strcmp(ends[1]->gone, "malformed frame") ||
	    !strcmp(ends[1]->gone, "unknown frame"));
}

static void
opening_fails_cleanly(void **state)
{
	struct peer p;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_false(peer_open(&p, &loop, file, &kind, NULL));
	assert_int_equal(errno, EPERM);
	assert_false(peer_is_open(&p));
	assert_int_equal(fcntl(file, F_GETFD), -1); /* the peer's to close */
	close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_both, close_both)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(frames_come_in_order),
		TEST(waits_for_a_slow_reader),
		TEST(waiting_has_a_limit),
		TEST(a_lost_frame_ends_it),
		TEST(a_value_over_its_cap_ends_it),
		TEST(a_failed_send_ends_it),
		TEST(nothing_is_sent_when_closed),
		TEST(a_descriptor_comes_along),
		TEST(an_unexpected_descriptor_ends_it),
		TEST(all_frames_of_a_packet_count),
		TEST(a_descriptor_is_the_last_ones),
		TEST(what_is_wrong_behind_a_frame_ends_it),
		TEST(shared_packets_keep_the_order),
		TEST(closing_drops_the_rest_of_the_packet),
		TEST(two_descriptors_end_it),
		TEST(three_descriptors_end_it),
		TEST(unknown_frame_ends_it),
		TEST(one_octet_ends_it),
		TEST(malformed_frame_ends_it),
		TEST(oversize_frame_ends_it),
		TEST(empty_packet_is_the_end),
		TEST(frame_out_of_place_ends_it),
		TEST(closing_inside_handle_is_fine),
		TEST(freeing_inside_handle_is_fine),
		TEST(last_words_are_heard),
		TEST(last_words_of_one_that_did_not_listen_are_heard),
		TEST(noise_ends_it_and_nothing_else),
		TEST(opening_fails_cleanly),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
