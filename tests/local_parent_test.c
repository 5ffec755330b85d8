/* SPDX-License-Identifier: ISC */
/* A worker that has been taken over: it says anything to the parent and to its
 * children, and gets what the rules name and nothing else. Each rule's command
 * leaves a file that tells that it ran. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
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
#include "common/helper.h"
#include "common/routes.h"
#include "common/unixsock.h"
#include "local/parent.h"
#include "tests/patience.h"
#include "tests/seed.h"

enum { ONE, TWO, BOX, SEVERAL, RELAY, ROWS };

static char directory[64], file[96];
static struct routes routes;
static struct jail jail;
static int parent;

static void
write_routes(char const *more)
{
	char text[2048];
	FILE *f;

	snprintf(text, sizeof text,
	    "@one.test command /bin/sh -c \"echo one >>%s/one\"\n"
	    "@two.test command /bin/sh -c \"echo two >>%s/two\"\n"
	    "@box.test maildir box/\n"
	    "@several.test maildir box/, command /bin/sh -c \"echo >>%s/three\"\n"
	    "@relay.test relay mx.test\n%s",
	    directory, directory, directory, more);
	f = fopen(file, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
set_up(void **state)
{
	struct parse_error why;
	struct parent_settings s;
	char text[4096];
	ssize_t n;
	int fd;

	(void)state;
	snprintf(directory, sizeof directory, "/tmp/mailgrave-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chmod(directory, 0777), 0);
	snprintf(file, sizeof file, "%s/routes", directory);
	write_routes("");
	fd = open(file, O_RDONLY | O_CLOEXEC);
	n = read(fd, text, sizeof text);
	close(fd);
	assert_true(n > 0);
	assert_true(routes_parse(&routes, slice_from(text, (size_t)n), &why));
	jail = (struct jail){ .uid = 65534, .gid = 65534 };
	s = (struct parent_settings){ .routes_path = file, .routes = &routes,
	    .jail = &jail, .command_user = "nobody", .command_time_s = 600,
	    .hostname = "mx", .root = geteuid() == 0 };
	parent = parent_open(&s);
	assert_true(parent != -1);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(parent);
	routes_free(&routes);
	return rm_rf(directory);
}

static bool
ran(char const *what)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", directory, what);
	return access(path, F_OK) == 0;
}

static void
assert_nothing_ran(void)
{
	assert_false(ran("one"));
	assert_false(ran("two"));
	assert_false(ran("three"));
	assert_false(ran("new"));
}

static int
message(void)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(write(fd, "x\r\n", 3), 3);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW |
	    F_SEAL_SHRINK | F_SEAL_SEAL), 0);
	return fd;
}

static struct request
request(char const *address)
{
	return (struct request){ .sender = SLICE("me@here.test"),
				 .address = slice_of(address), .size = 3 };
}

/* hear - what the child has to say; false: it ended without a word */
static bool
hear(int fd, struct report *r, char packet[REQUEST_PACKET_MAX])
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;
	int none;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	n = helper_receive(fd, packet, REQUEST_PACKET_MAX, &none);
	if (n <= 0) return false;
	assert_int_equal(none, -1);
	assert_true(wire_unpack(&report_form, r,
	    slice_from(packet, (size_t)n)));
	return true;
}

/* ask - with these octets and this descriptor for the child
 *   returns its verdict, VERDICTS when it says nothing */
static enum verdict
ask_with(uint32_t row, uint32_t action, void const *octets, size_t len, int fd)
{
	char packet[REQUEST_PACKET_MAX];
	struct report r;
	int pair[2];
	bool said;

	assert_true(unixsock_pair(pair));
	if (len) helper_send(pair[0], octets, len, fd);
	assert_true(parent_ask(parent, row, action, pair[1]));
	close(pair[1]);
	if (!len) shutdown(pair[0], SHUT_WR);
	said = hear(pair[0], &r, packet);
	close(pair[0]);
	if (fd != -1) close(fd);
	return said ? (enum verdict)r.verdict : VERDICTS;
}

static enum verdict
ask(uint32_t row, uint32_t action, struct request const *request, int fd)
{
	char packet[REQUEST_PACKET_MAX];
	size_t n = wire_pack(&request_form, request, packet, sizeof packet);

	assert_true(n > 0);
	return ask_with(row, action, packet, n, fd);
}

static void
test_as_ruled(void **state)
{
	struct request r = request("a@one.test");

	(void)state;
	assert_int_equal(ask(ONE, 1, &r, message()), VERDICT_OK);
	assert_true(ran("one"));
	r = request("a@several.test");
	r.action = 2;
	assert_int_equal(ask(SEVERAL, 2, &r, message()), VERDICT_OK);
	assert_true(ran("three"));
	assert_false(ran("two"));
}

/* A rule that isn't that of the recipient. */
static void
test_other_rule(void **state)
{
	struct request r = request("a@one.test");

	(void)state;
	assert_int_equal(ask(TWO, 1, &r, message()), VERDICT_TEMP);
	assert_int_equal(ask(SEVERAL, 2, &r, message()), VERDICT_TEMP);
	r = request("a@several.test");
	assert_int_equal(ask(SEVERAL, 2, &r, message()), VERDICT_TEMP);
	r.action = 1;
	assert_int_equal(ask(SEVERAL, 2, &r, message()), VERDICT_TEMP);
	r = request("a@nowhere.test");
	assert_int_equal(ask(ONE, 1, &r, message()), VERDICT_TEMP);
	assert_nothing_ran();
}

/* Numbers that name no command: no child at all. */
static void
test_numbers(void **state)
{
	static uint32_t const bad[][2] = {
		{ ONE, 0 }, { ONE, 2 }, { ONE, UINT32_MAX }, { BOX, 1 },
		{ SEVERAL, 1 }, { SEVERAL, 3 }, { RELAY, 1 }, { ROWS, 1 },
		{ INT32_MAX, 1 }, { UINT32_MAX, 1 },
	};
	struct request const r = request("a@one.test");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(ask(bad[i][0], bad[i][1], &r, message()),
		    VERDICTS);
	assert_nothing_ran();
}

/* What is no message, or could change. */
static void
test_messages(void **state)
{
	struct request r = request("a@one.test");
	int pair[2];

	(void)state;
	assert_int_equal(ask(ONE, 1, &r, -1), VERDICT_TEMP);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	close(pair[1]);
	assert_int_equal(ask(ONE, 1, &r, pair[0]), VERDICT_TEMP);
	assert_int_equal(ask(ONE, 1, &r, open("/", O_RDONLY | O_CLOEXEC)),
	    VERDICT_TEMP);
	assert_int_equal(ask(ONE, 1, &r,
	    open("/dev/zero", O_RDONLY | O_CLOEXEC)), VERDICT_TEMP);
	assert_int_equal(ask(ONE, 1, &r,
	    memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING)),
	    VERDICT_TEMP);
	r.size = 4;
	assert_int_equal(ask(ONE, 1, &r, message()), VERDICT_TEMP);
	assert_nothing_ran();
}

/* No request, half of one, and noise. */
static void
test_requests(void **state)
{
	struct request const r = request("a@one.test");
	char packet[REQUEST_PACKET_MAX];
	size_t n = wire_pack(&request_form, &r, packet, sizeof packet);
	size_t i, k;

	(void)state;
	assert_int_equal(ask_with(ONE, 1, "", 0, -1), VERDICT_TEMP);
	assert_int_equal(ask_with(ONE, 1, packet, n - 1, message()),
	    VERDICT_TEMP);
	packet[n] = 'x';
	assert_int_equal(ask_with(ONE, 1, packet, n + 1, message()),
	    VERDICT_TEMP);
	for (i = 0; i < 100; i++) {
		for (k = 0; k < 64; k++)
			packet[k] = (char)seed_next();
		assert_int_not_equal(ask_with(ONE, 1, packet, 1 + i % 64,
		    message()), VERDICT_OK);
	}
	assert_nothing_ran();
}

/* Addresses and other texts with octets that have no business there. */
static void
test_texts(void **state)
{
	struct request r = request("a@one.test");

	(void)state;
	r.helo = slice_from("a\0b", 3);
	assert_int_equal(ask(ONE, 1, &r, message()), VERDICT_TEMP);
	r = request("a\n@one.test");
	assert_int_equal(ask(ONE, 1, &r, message()), VERDICT_PERM);
	r = request("");
	assert_int_equal(ask(ONE, 1, &r, message()), VERDICT_PERM);
	assert_nothing_ran();
}

/* The worker can have the file read again, and that is all it can do to the
 * rules. */
static void
test_reload(void **state)
{
	struct request r = request("a@new.test");
	char line[128];
	int i;

	(void)state;
	assert_int_equal(ask(ROWS, 1, &r, message()), VERDICTS);
	snprintf(line, sizeof line, "@new.test command /usr/bin/touch %s/new\n",
	    directory);
	write_routes(line);
	for (i = 0; i < 50; i++)
		assert_true(parent_reload(parent));
	assert_int_equal(ask(ROWS, 1, &r, message()), VERDICT_OK);
	assert_true(ran("new"));
	write_routes("a mistake\n");
	assert_true(parent_reload(parent));
	assert_int_equal(ask(ROWS, 1, &r, message()), VERDICT_OK);
}

/* What isn't an order ends the parent, and with it the daemon. */
static void
test_garbage(void **state)
{
	static char const noise[] = "let me in";
	char octet;
	struct pollfd p = { .fd = parent, .events = POLLIN };

	(void)state;
	assert_true(helper_send(parent, noise, sizeof noise, -1));
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(parent, &octet, 1, 0), 0);
	assert_nothing_ran();
}

static void
test_odd_orders(void **state)
{
	struct parent_order order = { .what = 77, .row = ONE, .action = 1 };
	struct request const r = request("a@one.test");

	(void)state;
	assert_true(helper_send(parent, &order, sizeof order, -1));
	order.what = PARENT_DELIVER;
	assert_true(helper_send(parent, &order, sizeof order, -1));
	assert_true(helper_send(parent, &order, sizeof order, message()));
	order.what = PARENT_RELOAD;
	assert_true(helper_send(parent, &order, sizeof order, message()));
	assert_int_equal(ask(TWO, 1, &r, message()), VERDICT_TEMP);
	assert_nothing_ran();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(test_as_ruled), TEST(test_other_rule),
		TEST(test_numbers), TEST(test_messages), TEST(test_requests),
		TEST(test_texts), TEST(test_reload), TEST(test_garbage),
		TEST(test_odd_orders),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
