/* SPDX-License-Identifier: ISC */
/* Anything in the worker's place: requests by chance, real ones with changed
 * octets, texts at their limits and beyond, rules by any number, descriptors of
 * all kinds. Whatever ran is looked at afterwards: each line that a rule's
 * command has left must be that of a recipient which the rule takes, and beside
 * those lines there is nothing. LONG=1 tries more. */
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
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/helper.h"
#include "common/unixsock.h"
#include "local/choose.h"
#include "local/parent.h"
#include "tests/patience.h"
#include "tests/seed.h"

enum { ROUNDS = 3000, ROUNDS_LONG = 60000 };

static char directory[64], target[96];
static struct routes routes;
static struct jail jail;
static int parent;

/* Each command leaves its line's number, and number and address of the
 * recipient; so does nothing else. */
#define LEAVE(line) "command /bin/sh -c \"printf '%%s\\\\n' \\\"" line \
    " $$MAILGRAVE_RCPT $$RECIPIENT\\\" >>%1$s/ran\""

static char const rules[] =
    "@one.test " LEAVE("1") "\n"
    "@two.test from office " LEAVE("2") "\n"
    "@box.test maildir box/\n"
    "@several.test mbox box, " LEAVE("4") " - ${local} ${ext}\n"
    "/^list-([a-z]+)@list\\.test$/ " LEAVE("5") " - ${1}\n"
    "@system.test system\n"
    "fixed.test system daemon\n"
    "@no.test reject 550 5.1.6 gone\n"
    "* relay mx.test\n";

static char const *const addresses[] = {
	"a@one.test", "a@two.test", "a@box.test", "a+b@several.test",
	"list-me@list.test", "root@system.test", "daemon@system.test",
	"a@fixed.test", "a@no.test", "a@elsewhere.test",
	"\"../../etc/cron.d/x\"@several.test", "\"-oQ/tmp\"@several.test",
	"\";touch evil\"@one.test", "\"$(touch evil)\"@several.test", "", "@",
};

static int
set_up(void **state)
{
	struct parse_error why;
	struct parent_settings s;
	char text[4096];
	int fd;

	(void)state;
	snprintf(directory, sizeof directory, "/tmp/mailgrave-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chmod(directory, 0777), 0);
	snprintf(target, sizeof target, "%s/target", directory);
	fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	assert_int_equal(write(fd, "x\r\n", 3), 3);
	close(fd);
	snprintf(text, sizeof text, rules, directory);
	if (!routes_parse(&routes, slice_of(text), &why))
		fail_msg("line %u: %s", why.line, why.why);
	jail = (struct jail){ .uid = 65534, .gid = 65534 };
	s = (struct parent_settings){ .routes_path = "/nonexistent",
	    .routes = &routes, .jail = &jail, .command_user = "nobody",
	    .command_time_s = 600, .hostname = "mx", .lock_time_s = 1,
	    .root = geteuid() == 0 };
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

/* Descriptors */

static int
memory(int seals)
{
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(write(fd, "x\r\n", 3), 3);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static int
one_of_pair(bool of_pipe)
{
	int pair[2];

	assert_int_equal(of_pipe ? pipe2(pair, O_CLOEXEC) :
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[1]);
	return pair[0];
}

enum {
	ALL_SEALS = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL,
	NO_MESSAGES = 12,	/* kinds that are none */
	NO_MESSAGE = 0xbad	/* number of a recipient that comes with one */
};

static int
descriptor(size_t kind)
{
	switch (kind) {
	case 0: return memory(F_SEAL_WRITE);
	case 1: return memory(ALL_SEALS & ~F_SEAL_WRITE);
	case 2: return memory(F_SEAL_GROW | F_SEAL_SHRINK);
	case 3: return open(target, O_RDWR | O_CLOEXEC);
	case 4: return open(target, O_WRONLY | O_CLOEXEC);
	case 5: return open(target, O_PATH | O_CLOEXEC);
	case 6: return open(directory, O_RDONLY | O_CLOEXEC);
	case 7: return open("/dev/zero", O_RDONLY | O_CLOEXEC);
	case 8: return open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	case 9: return one_of_pair(true);
	case 10: return one_of_pair(false);
	case 11: return -1;
	case 12: return open(target, O_RDONLY | O_CLOEXEC);
	}
	return memory(ALL_SEALS);
}

/* Requests */

/* text - of any length up to a bit more than most, mostly of few octets */
static struct slice
text(char *room, size_t most)
{
	static char const octets[] = ";`$()|&<>'\"\\/.-\n\r\t {:; }=%a@1"
				     "\x80\xff";
	size_t const lengths[] = { 0, 1, seed_below(most + 1), most, most + 1 };
	size_t i, n = lengths[seed_below(5)];

	for (i = 0; i < n; i++)
		room[i] = seed_below(5000) ?
		    octets[seed_below(sizeof octets - 1)] : '\0';
	return slice_from(room, n);
}

enum { TEXTS = 10, TEXT_ROOM = 2048 };

/* The form without its limits, for texts that break them. */
static size_t
pack(struct request const *request, char *packet, size_t room)
{
	struct wire_field field[32];
	struct wire_form form = request_form;
	size_t i;

	assert_true(form.fields <= sizeof field / sizeof *field);
	memcpy(field, form.field, form.fields * sizeof *field);
	for (i = 0; i < form.fields; i++)
		if (field[i].kind == WIRE_TEXT) field[i].max = WIRE_FRAME_MAX;
	form.field = field;
	return wire_pack(&form, request, packet, room);
}

/* aim - every other time at the rule that takes the recipient */
static void
aim(struct request const *r, uint32_t *row, uint32_t *act)
{
	struct delivery_result why;
	struct choice choice;

	*row = (uint32_t)seed_below(routes.rows + 1);
	*act = (uint32_t)seed_below(4);
	if (seed_below(2) || !choose(&choice, &routes, r->address, r->groups,
	    r->action, &why))
		return;
	*row = (uint32_t)(choice.found.route - routes.row);
	*act = choice.number;
}

static size_t
by_chance(char *packet, size_t room, uint32_t rcpt, uint32_t *row,
    uint32_t *act)
{
	static char rooms[TEXTS][TEXT_ROOM];
	struct request r = { .size = 3, .rcpt = rcpt,
	    .action = (uint32_t)seed_below(3),
	    .address = slice_of(addresses[seed_below(
		sizeof addresses / sizeof *addresses)]),
	    .groups = seed_below(2) ? SLICE("office") : SLICE("") };
	struct slice *const texts[] = { &r.sender, &r.orcpt, &r.envid,
	    &r.client_address, &r.client_name, &r.helo, &r.protocol, &r.login,
	    &r.groups, &r.address };
	size_t i;

	/* every other one is as odd as can be, so that enough of the others
	 * are as they should be, and run */
	for (i = seed_below(2) ? 0 : TEXTS; i < TEXTS; i++) {
		if (i >= TEXTS - 2 && seed_below(4)) continue;
		*texts[i] = text(rooms[i], seed_below(20) ? 10 : 1000);
	}
	aim(&r, row, act);
	return pack(&r, packet, room);
}

/* change - some octets, the length, or nothing */
static size_t
change(char *packet, size_t n, size_t room)
{
	size_t i;

	switch (seed_below(6)) {
	case 0:
		for (i = 1 + seed_below(8); i && n; i--)
			packet[seed_below(n)] = (char)seed_next();
		break;
	case 1:
		n = seed_below(n + 1);
		break;
	case 2:
		for (i = seed_below(64); i && n < room; i--)
			packet[n++] = (char)seed_next();
		break;
	}
	return n;
}

/* Waits for the child's end; what it says is its own affair. */
static void
wait_for(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char packet[REQUEST_PACKET_MAX];
	int along;

	do {
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		along = -1;
		if (helper_receive(fd, packet, sizeof packet, &along) <= 0)
			break;
		assert_int_equal(along, -1);
	} while (true);
	close(fd);
}

static void
one_round(void)
{
	static uint32_t const odd[] = { 0, 99, INT32_MAX, UINT32_MAX };
	char packet[2 * REQUEST_PACKET_MAX];
	size_t const kind = seed_below(3 * NO_MESSAGES);
	uint32_t row, act;
	size_t n = change(packet, by_chance(packet, sizeof packet,
	    kind < NO_MESSAGES ? NO_MESSAGE : 1, &row, &act), sizeof packet);
	int pair[2], fd = descriptor(kind), i, sent = 0;

	if (!seed_below(10)) row = odd[seed_below(4)];
	if (!seed_below(10)) act = odd[seed_below(4)];
	assert_true(unixsock_pair(pair));
	/* before or after the order, once or twice */
	for (i = (int)seed_below(3); i; i--)
		sent += helper_send(pair[0], packet, n, fd);
	assert_true(parent_ask(parent, row, act, pair[1]));
	for (i = (int)seed_below(2); i; i--)
		sent += helper_send(pair[0], packet, n, fd);
	close(pair[1]);
	if (fd != -1) close(fd);
	/* a child waits for a request, and ends a command whose asker goes */
	if (!sent) shutdown(pair[0], SHUT_WR);
	wait_for(pair[0]);
}

/* Afterwards */

/* is_ruled - this line was left by the rule that takes the recipient, and with
 * a message */
static bool
is_ruled(struct slice line)
{
	struct slice const row = slice_word(&line), number = slice_word(&line);
	struct slice const groups[] = { SLICE(""), SLICE("office") };
	unsigned long long n, rcpt;
	struct delivery_result why;
	struct choice choice;
	size_t i, k;

	if (!slice_number(row, routes.rows, &n) ||
	    !slice_number(number, UINT32_MAX, &rcpt) || rcpt == NO_MESSAGE)
		return false;
	line = slice_skip(line, 1);
	for (i = 0; i < 2; i++)
		for (k = 1; k <= 2; k++)
			if (choose(&choice, &routes, line, groups[i],
			    (uint32_t)k, &why) &&
			    choice.act->kind == ROUTE_COMMAND &&
			    choice.found.route == &routes.row[n - 1])
				return true;
	return false;
}

static size_t
check_lines(void)
{
	static char text[1 << 22];
	char path[96];
	struct slice in, line;
	size_t n = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "%s/ran", directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) return 0;
	got = read(fd, text, sizeof text);
	close(fd);
	assert_true(got >= 0 && (size_t)got < sizeof text);
	in = slice_from(text, (size_t)got);
	while (slice_line(&in, &line)) {
		if (!is_ruled(line))
			fail_msg("ran: %.*s", (int)line.len, line.s);
		n++;
	}
	return n;
}

static void
assert_nothing_else(void)
{
	struct dirent const *entry;
	struct stat st;
	DIR *dir = opendir(directory);

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    strcmp(entry->d_name, "ran") &&
		    strcmp(entry->d_name, "target"))
			fail_msg("%s was made", entry->d_name);
	closedir(dir);
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 3);
	/* the home of nobody isn't there */
	assert_int_equal(stat("/evil", &st), -1);
}

/* order - the first line's command, with this request and a message */
static void
order(char const *packet, size_t n)
{
	int pair[2], fd = memory(ALL_SEALS);

	assert_true(unixsock_pair(pair));
	assert_true(helper_send(pair[0], packet, n, fd));
	assert_true(parent_ask(parent, 0, 1, pair[1]));
	close(pair[1]);
	close(fd);
	wait_for(pair[0]);
}

/* It still does what it is there for. */
static void
assert_serves(void)
{
	struct request const r = { .address = SLICE("sane@one.test"),
				   .size = 3 };
	char packet[REQUEST_PACKET_MAX];
	size_t const before = check_lines();

	order(packet, wire_pack(&request_form, &r, packet, sizeof packet));
	assert_int_equal(check_lines(), before + 1);
}

static void
test_anything(void **state)
{
	int i, rounds = getenv("LONG") ? ROUNDS_LONG : ROUNDS;

	(void)state;
	for (i = 0; i < rounds; i++)
		one_round();
	assert_serves();
	/* by chance some fifty are as they should be */
	assert_true(check_lines() > 1);
	assert_nothing_else();
}

/* Real requests with one octet changed each, all octets in turn. */
static void
test_each_octet(void **state)
{
	struct request const r = { .address = SLICE("a@one.test"), .size = 3,
				   .action = 1 };
	char packet[REQUEST_PACKET_MAX];
	size_t n = wire_pack(&request_form, &r, packet, sizeof packet), i;

	(void)state;
	for (i = 0; i < n; i++) {
		char const was = packet[i];

		packet[i] = (char)(was ^ (1 << seed_below(8)));
		order(packet, n);
		packet[i] = was;
	}
	assert_serves();
	assert_nothing_else();
}

/* Each text at its limit reaches the command, one octet more doesn't. */
static void
test_limits(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < request_form.fields; i++) {
		struct wire_field const *f = &request_form.field[i];
		static char room[WIRE_FRAME_MAX];

		if (f->kind != WIRE_TEXT ||
		    f->offset == offsetof(struct request, address))
			continue;
		memset(room, 'a', sizeof room);
		for (k = 0; k < 2; k++) {
			struct request r = { .address = SLICE("a@one.test"),
					     .size = 3 };
			char packet[2 * REQUEST_PACKET_MAX];
			size_t const before = check_lines();

			*(struct slice *)((char *)&r + f->offset) =
			    slice_from(room, f->max + k);
			order(packet, pack(&r, packet, sizeof packet));
			assert_int_equal(check_lines(), before + !k);
		}
	}
	assert_nothing_else();
}

/* More orders than it takes at a time, none of them with a request: it answers
 * those who come later. */
static void
test_crowd(void **state)
{
	enum { CROWD = 200 };
	int held[CROWD], pair[2], i;

	(void)state;
	for (i = 0; i < CROWD; i++) {
		assert_true(unixsock_pair(pair));
		while (!parent_ask(parent, 0, 1, pair[1]))
			poll(NULL, 0, 10);
		close(pair[1]);
		held[i] = pair[0];
	}
	assert_serves();
	for (i = 0; i < CROWD; i++)
		close(held[i]);
	assert_serves();
	assert_nothing_else();
}

/* Two descriptors with an order, of which one may be somebody else's. */
static void
test_two_descriptors(void **state)
{
	struct parent_order order = { .what = PARENT_DELIVER, .action = 1 };
	union {
		char octet[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} room = { .octet = "" };
	struct iovec v = { .iov_base = &order, .iov_len = sizeof order };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = room.octet, .msg_controllen = sizeof room.octet };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct pollfd p = { .fd = parent, .events = POLLIN };
	int two[] = { memory(ALL_SEALS), memory(ALL_SEALS) };
	char octet;

	(void)state;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof two);
	memcpy(CMSG_DATA(c), two, sizeof two);
	assert_int_equal(sendmsg(parent, &m, MSG_NOSIGNAL), sizeof order);
	close(two[0]);
	close(two[1]);
	/* no worker of ours does that: it ends */
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(parent, &octet, 1, 0), 0);
	assert_int_equal(check_lines(), 0);
	assert_nothing_else();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(test_anything), TEST(test_each_octet), TEST(test_limits),
		TEST(test_crowd), TEST(test_two_descriptors),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
