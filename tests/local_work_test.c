/* SPDX-License-Identifier: ISC */
/* A send of our own at the other end of a socket pair: jobs, results, and what
 * it may not say. Syncs are real. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/ancil.h"
#include "common/log.h"
#include "common/unixsock.h"
#include "local/work.h"
#include "tests/patience.h"

enum { AT_ONCE = 8 };

static char directory[64];
static struct loop loop;
static struct flushers flushers;
static struct deliveries deliveries;
static struct filings filings;
static struct errands errands;
static struct routes routes;
static struct work work;
static int send_fd;
static struct slice heard;	/* frames of its last packet, not yet taken */
static size_t losses;
static struct traceid const id = { .octet = { 1, 2, 3 } };

static void
lost_helper(void)
{
	abort();
}

static void
idle(void *owner)
{
	(void)owner;
}

static void
lost(void *owner)
{
	(void)owner;
	losses++;
}

static int
start_helper(void **state)
{
	(void)state;
	umask(077);
	log_target.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(loop_open(&loop));
	return flushers_open(&flushers, &loop, "test-flush", AT_ONCE, 1,
	    lost_helper) ? 0 : -1;
}

static int
stop_helper(void **state)
{
	(void)state;
	close(flushers.watch.fd);
	loop_close(&loop);
	return 0;
}

static void
connect_send(void)
{
	int pair[2];

	assert_true(unixsock_pair(pair));
	upstreams_add(&work.upstreams, pair[0]);
	send_fd = pair[1];
	heard.len = 0;
}

static int
set_up(void **state)
{
	static char const text[] = "@there.example maildir ${local}/\n"
				   "r@else.example relay mx.else.example\n"
	    "@mbox.example mbox file/${local}\n"
	    "@no.example reject 550 5.1.6 \"moved away\"\n"
	    "@later.example reject 450 4.2.1 \"not today\"\n"
	    "@bin.example discard\n"
	    "@two.example maildir a/, mbox b\n"
	    "@cmd.example command /bin/true\n"
	    "@group.example from staff maildir staff/\n";
	struct parse_error error;

	(void)state;
	snprintf(directory, sizeof directory, "/tmp/mailgrave-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_true(routes_parse(&routes, slice_of(text), &error));
	deliveries = (struct deliveries){ .loop = &loop,
					  .flushers = &flushers,
					  .hostname = "mx" };
	deliveries.boxes.flushers = &flushers;
	deliveries.boxes.root = open(".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	deliveries_init(&deliveries);
	filings = (struct filings){ .loop = &loop, .flushers = &flushers,
				    .root = deliveries.boxes.root };
	filings_init(&filings);
	errands = (struct errands){ .loop = &loop, .parent = -1, .most = 1,
				    .patience_ms = 1000 };
	errands_init(&errands);
	work = (struct work){ .deliveries = &deliveries, .filings = &filings,
			      .errands = &errands, .routes = &routes,
			      .slow_most = 1, .idle = lost,
			      .upstreams = { .loop = &loop, .jobs_most = 2 } };
	work_init(&work);
	losses = 0;
	connect_send();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	upstreams_close(&work.upstreams);
	while (!deliveries_idle(&deliveries))
		assert_true(loop_turn(&loop));
	assert_int_equal(work.upstreams.n, 0);
	assert_int_equal(filings.active, 0);
	errands_close(&errands);
	loop_not_later(&loop, &filings.begin);
	loop_not_later(&loop, &deliveries.begin);
	close(send_fd);
	boxes_close(&deliveries.boxes);
	close(deliveries.boxes.root);
	routes_free(&routes);
	assert_int_equal(chdir("/"), 0);
	return rm_rf(directory);
}

/* What send says. */
static void
say_with(struct wire_form const *form, void const *values, int fd)
{
	char frame[4096];
	struct iovec v = { .iov_base = frame,
			   .iov_len = wire_pack(form, values, frame,
			       sizeof frame) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	union ancil room;

	assert_true(v.iov_len > 0);
	if (fd != -1) ancil_attach(&m, &room, fd);
	assert_int_equal(sendmsg(send_fd, &m, MSG_NOSIGNAL), v.iov_len);
	if (fd != -1) close(fd);
}

static int
message(char const *text, size_t len)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
	    F_SEAL_SHRINK | F_SEAL_SEAL), 0);
	return fd;
}

static void
say_job_of(uint32_t job, char const *text, size_t len, bool maybe)
{
	struct deliver_job const frame = {
		.job = job, .id = id, .sender = SLICE("me@here.example"),
		.size = len, .arrived_s = 1700000000 + job, .maybe = maybe
	};

	say_with(&deliver_job_form, &frame, message(text, len));
}

static void
say_job(uint32_t job)
{
	say_job_of(job, "x\r\n", 3, false);
}

static void
say_rcpt(uint32_t job, uint32_t rcpt, char const *address)
{
	struct deliver_rcpt const frame = { .job = job, .rcpt = rcpt,
	    .address = slice_of(address) };

	say_with(&deliver_rcpt_form, &frame, -1);
}

static void
say_run(uint32_t job, uint32_t rcpts)
{
	struct deliver_run const frame = { job, rcpts };

	say_with(&deliver_run_form, &frame, -1);
}

static void
turn_once(void)
{
	static struct timer tick = { .due = idle };

	loop_arm(&loop, &tick, loop.now_ms + 1);
	assert_true(loop_turn(&loop));
}

/* hear - the next frame from local, and what follows, which has to come;
 * nothing: it hung up */
static struct slice *
hear(void)
{
	static char packet[WIRE_FRAME_MAX];
	ssize_t n;

	if (heard.len) return &heard;
	PATIENTLY((n = recv(send_fd, packet, sizeof packet, MSG_DONTWAIT)) !=
	    -1 || errno != EAGAIN, turn_once());
	assert_true(n != -1 || errno == ECONNRESET);
	if (n > 0) heard = slice_from(packet, (size_t)n);
	return &heard;
}

static struct deliver_result
hear_result(void)
{
	struct deliver_result result;

	assert_true(wire_take(&deliver_result_form, &result, hear()));
	return result;
}

static void
hear_slots(uint32_t jobs)
{
	struct deliver_slots slots;

	assert_true(wire_take(&deliver_slots_form, &slots, hear()));
	assert_int_equal(slots.jobs, jobs);
}

static void
assert_hung_up(void)
{
	assert_int_equal(hear()->len, 0);
	assert_int_equal(losses, 1);
	assert_int_equal(work.upstreams.n, 0);
}

static size_t
entries(char const *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	if (!dir) return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void
test_results(void **state)
{
	struct deliver_result r;
	size_t i, good = 0;

	(void)state;
	hear_slots(2);
	say_job(1);
	say_rcpt(1, 0, "you@there.example");
	say_rcpt(1, 1, "r@else.example");
	say_rcpt(1, 2, "nobody@nowhere.example");
	say_rcpt(1, 3, "\"../up\"@there.example");
	say_rcpt(1, 4, "She@THERE.example");
	say_run(1, 5);
	for (i = 0; i < 5; i++) {
		r = hear_result();
		assert_int_equal(r.job, 1);
		switch (r.rcpt) {
		case 0:
		case 4:
			assert_int_equal(r.verdict, VERDICT_OK);
			assert_true(slice_is(r.where, r.rcpt ?
			    "local she/" : "local you/"));
			good++;
			break;
		case 3:
			assert_int_equal(r.verdict, VERDICT_PERM);
			assert_true(slice_is(r.status, "5.1.3"));
			break;
		default:
			assert_int_equal(r.verdict, VERDICT_TEMP);
			assert_false(r.ours);
			assert_true(slice_is(r.status, "4.3.5"));
		}
	}
	assert_int_equal(good, 2);
	assert_int_equal(entries("you/new"), 1);
	assert_int_equal(entries("she/new"), 1);
	assert_int_equal(entries("."), 2);
	assert_int_equal(losses, 0);
}

static void
test_full_job(void **state)
{
	char address[64];
	uint32_t i;

	(void)state;
	hear_slots(2);
	say_job(1);
	for (i = 0; i < DELIVER_RCPTS_MAX; i++) {
		snprintf(address, sizeof address, "u%u@there.example", i % 7);
		say_rcpt(1, i, address);
		if (i % 50 == 49) loop_turn(&loop);
	}
	say_run(1, i);
	while (i--)
		assert_int_equal(hear_result().verdict, VERDICT_OK);
	assert_int_equal(entries("u0/new"), 15);
	assert_int_equal(entries("u6/new"), 14);
	assert_int_equal(entries("u0/tmp"), 0);
}

/* A slot is free after the last result of its job, not before. */
static void
test_slots(void **state)
{
	(void)state;
	hear_slots(2);
	say_job(1);
	say_rcpt(1, 0, "you@there.example");
	say_run(1, 1);
	say_job(2);
	assert_int_equal(hear_result().job, 1);
	say_job(1);
	loop_turn(&loop);
	assert_int_equal(work.upstreams.n, 1);
	say_job(3);
	assert_hung_up();
}

static void
test_maybe(void **state)
{
	int i;

	(void)state;
	hear_slots(2);
	for (i = 0; i < 3; i++) {
		say_job_of(1, "x\r\n", 3, i > 0);
		say_rcpt(1, 0, "you@there.example");
		say_run(1, 1);
		assert_int_equal(hear_result().verdict, VERDICT_OK);
		assert_int_equal(entries("you/new") + entries("you/cur"), 1);
		if (i == 1)
			assert_int_equal(system(
			    "cd you/new && mv * ../cur/\"$(echo *):2,S\""), 0);
	}
}

/* Each of these ends the connection. */
static void
bad_type(void)
{
	struct deliver_slots const frame = { 1 };

	say_with(&deliver_slots_form, &frame, -1);
}

static void
bad_rcpt(void)
{
	say_rcpt(1, 0, "you@there.example");
}

static void
bad_run(void)
{
	say_run(1, 1);
}

static void
bad_no_rcpt(void)
{
	say_job(1);
	say_run(1, 0);
}

static void
bad_twice(void)
{
	say_job(1);
	say_job(1);
}

static void
bad_count(void)
{
	say_job(1);
	say_rcpt(1, 0, "you@there.example");
	say_run(1, 2);
}

static void
bad_number(void)
{
	say_job(1);
	say_rcpt(1, 0, "you@there.example");
	say_rcpt(1, 0, "me@there.example");
}

static void
bad_address(void)
{
	say_job(1);
	say_rcpt(1, 0, "you");
}

static void
bad_fd(void)
{
	struct deliver_rcpt const frame = { .job = 1,
	    .address = SLICE("you@there.example") };

	say_job(1);
	say_with(&deliver_rcpt_form, &frame, message("x\r\n", 3));
}

static void
bad_message(void)
{
	struct deliver_job const frame = { .job = 1 };
	int pair[2];

	assert_int_equal(pipe(pair), 0);
	close(pair[1]);
	say_with(&deliver_job_form, &frame, pair[0]);
}

static void
bad_octets(void)
{
	assert_int_equal(send(send_fd, "\3\2garbage", 9, 0), 9);
}

static void
test_protocol_errors(void **state)
{
	static void (*const bad[])(void) = {
		bad_type, bad_rcpt, bad_run, bad_no_rcpt, bad_twice,
		bad_count, bad_number, bad_address, bad_fd, bad_message,
		bad_octets,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (i) connect_send();
		losses = 0;
		hear_slots(2);
		bad[i]();
		assert_hung_up();
		close(send_fd);
		assert_int_equal(entries("."), 0);
	}
	connect_send();
}

/* What wasn't renamed when send went away leaves nothing. */
static void
test_upstream_lost(void **state)
{
	size_t const len = 8 << 20;
	char *text = malloc(len);
	int i;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	hear_slots(2);
	say_job_of(1, text, len, false);
	for (i = 0; i < DELIVERY_WRITING_MAX + 1; i++)
		say_rcpt(1, (uint32_t)i, "you@there.example");
	say_run(1, DELIVERY_WRITING_MAX + 1);
	while (!entries("you/tmp"))
		assert_true(loop_turn(&loop));
	close(send_fd);
	while (!losses)
		assert_true(loop_turn(&loop));
	while (!deliveries_idle(&deliveries))
		assert_true(loop_turn(&loop));
	assert_int_equal(entries("you/tmp"), 0);
	assert_int_equal(entries("you/new"), 0);
	free(text);
	connect_send();
}

static void
one(char const *address, enum verdict verdict, char const *status)
{
	struct deliver_result r;

	say_job(1);
	say_rcpt(1, 0, address);
	say_run(1, 1);
	r = hear_result();
	assert_int_equal(r.verdict, verdict);
	assert_true(slice_is(r.status, status));
}

static void
test_kinds(void **state)
{
	struct stat st;

	(void)state;
	hear_slots(2);
	one("you@mbox.example", VERDICT_OK, "2.0.0");
	assert_int_equal(stat("file/you", &st), 0);
	assert_int_equal(entries("file"), 1);
	one("you@no.example", VERDICT_PERM, "5.1.6");
	one("you@later.example", VERDICT_TEMP, "4.2.1");
	one("you@bin.example", VERDICT_OK, "2.0.0");
	one("you@two.example", VERDICT_TEMP, "4.3.5");
	one("you@group.example", VERDICT_TEMP, "4.3.5");
	/* nobody runs commands for us: that is our shortage */
	one("you@cmd.example", VERDICT_TEMP, "4.3.0");
	assert_int_equal(entries("."), 1);
}

/* A small message comes without a descriptor: each kind can use it. */
static void
test_text(void **state)
{
	struct deliver_job const frame = { .job = 1, .id = id, .size = 11,
	    .text = SLICE("a: b\r\n\r\nc\r\n") };
	struct deliver_job const been = { .job = 1, .id = id, .size = 38,
	    .text = SLICE("Delivered-To: you@there.example\r\n\r\nc\r\n") };

	(void)state;
	hear_slots(2);
	say_with(&deliver_job_form, &frame, -1);
	say_rcpt(1, 0, "you@there.example");
	say_rcpt(1, 1, "you@mbox.example");
	say_run(1, 2);
	assert_int_equal(hear_result().verdict, VERDICT_OK);
	assert_int_equal(hear_result().verdict, VERDICT_OK);
	assert_int_equal(system("printf 'Return-Path: <>\\nDelivered-To: "
	    "you@there.example\\na: b\\n\\nc\\n' | cmp -s - you/new/*"), 0);
	assert_int_equal(system("printf 'a: b\\n\\nc\\n\\n' >want && "
	    "tail -n 4 file/you | cmp -s - want"), 0);
	say_with(&deliver_job_form, &been, -1);
	say_rcpt(1, 0, "you@there.example");
	say_run(1, 1);
	assert_int_equal(hear_result().verdict, VERDICT_PERM);
	say_with(&deliver_job_form, &frame, -1);
	say_rcpt(1, 0, "you@cmd.example");
	say_run(1, 1);
	assert_true(hear_result().ours); /* nobody runs it */
	assert_int_equal(work.slow, 0);
	assert_int_equal(losses, 0);
}

/* Many for one mbox, which is one after another. */
static void
test_many_for_one(void **state)
{
	struct stat st;
	uint32_t i;

	(void)state;
	hear_slots(2);
	say_job(1);
	for (i = 0; i < 20; i++)
		say_rcpt(1, i, i % 2 ? "a@mbox.example" : "b@mbox.example");
	say_run(1, i);
	while (i--)
		assert_int_equal(hear_result().verdict, VERDICT_OK);
	assert_int_equal(system("test $(grep -c '^From ' file/a) -eq 10"), 0);
	assert_int_equal(stat("file/a.lock", &st), -1);
}

static void
test_locked_mbox(void **state)
{
	(void)state;
	hear_slots(2);
	assert_int_equal(system("mkdir -m 700 file && echo 1 >file/a.lock"), 0);
	one("a@mbox.example", VERDICT_TEMP, "4.2.0");
}

static void
say_maybe(uint32_t job, uint32_t rcpt, char const *address)
{
	say_job_of(job, "x\r\n", 3, true);
	say_rcpt(job, rcpt, address);
	say_run(job, 1);
}

/* send dies before it has read a result: the new one hears it from memory, or
 * when the try that goes on has ended; what was taken back is tried. */
static void
test_remembered(void **state)
{
	(void)state;
	hear_slots(2);
	say_job(1);
	say_rcpt(1, 0, "you@there.example");
	say_rcpt(1, 1, "\"a/b\"@there.example");
	say_run(1, 2);
	while (!entries("you/new"))
		assert_true(loop_turn(&loop));
	close(send_fd);
	while (!losses)
		assert_true(loop_turn(&loop));
	connect_send();
	hear_slots(2);
	say_maybe(2, 0, "you@there.example");
	assert_int_equal(hear_result().verdict, VERDICT_OK);
	assert_int_equal(system("rm you/new/*"), 0);
	say_maybe(3, 0, "you@there.example");
	assert_int_equal(hear_result().verdict, VERDICT_OK);
	assert_int_equal(entries("you/new"), 0);
	say_maybe(4, 1, "\"a/b\"@there.example");
	assert_int_equal(hear_result().verdict, VERDICT_PERM);
	/* another recipient is none of these */
	say_maybe(5, 2, "you@there.example");
	assert_int_equal(hear_result().verdict, VERDICT_OK);
	assert_int_equal(entries("you/new"), 1);
}

static void
test_connections(void **state)
{
	int more[UPSTREAMS_MAX], i, pair[2];
	char octet;

	(void)state;
	more[0] = send_fd;
	for (i = 1; i < UPSTREAMS_MAX; i++) {
		connect_send();
		more[i] = send_fd;
	}
	assert_int_equal(work.upstreams.n, UPSTREAMS_MAX);
	assert_true(unixsock_pair(pair));
	upstreams_add(&work.upstreams, pair[0]);
	assert_int_equal(work.upstreams.n, UPSTREAMS_MAX);
	assert_int_equal(recv(pair[1], &octet, 1, 0), 0);
	close(pair[1]);
	hear_slots(2);
	for (i = 0; i < UPSTREAMS_MAX - 1; i++)
		close(more[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(test_results), TEST(test_full_job), TEST(test_slots),
		TEST(test_maybe), TEST(test_protocol_errors),
		TEST(test_upstream_lost), TEST(test_remembered), TEST(test_kinds),
		TEST(test_text), TEST(test_many_for_one), TEST(test_locked_mbox),
		TEST(test_connections),
	};

	return cmocka_run_group_tests(tests, start_helper, stop_helper);
}
