/* SPDX-License-Identifier: ISC */
/* Look-ups against a DNS server of our own on loopback. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "remote/resolve.h"

/* Milliseconds for the first answer: where none comes, and where one does,
 * however busy this machine is. */
enum { HURRY = 50, PATIENT = 60 * 1000 };

enum { A = 1, AAAA = 28, HEADER = 12, SERVFAIL = 2, NXDOMAIN = 3 };

/* What the server knows, by the first label of the question. */
static struct zone {
	char const *label;
	unsigned a, aaaa;	/* addresses */
	unsigned char rcode, rcode_aaaa;
	bool broken;		/* an answer that stops in the middle */
	bool silent;
} const zones[] = {
	{ "both", 1, 1, 0, 0, false, false },
	{ "four", 4, 4, 0, 0, false, false },
	{ "five", 5, 5, 0, 0, false, false },
	{ "six", 0, 1, 0, 0, false, false },
	{ "none", 0, 0, 0, 0, false, false },
	{ "nx", 0, 0, NXDOMAIN, NXDOMAIN, false, false },
	{ "fail", 0, 0, SERVFAIL, SERVFAIL, false, false },
	{ "half", 1, 0, 0, SERVFAIL, false, false },
	{ "broken", 1, 1, 0, 0, true, false },
	{ "silent", 0, 0, 0, 0, false, true },
};

static struct zone const *
find_zone(unsigned char const *question)
{
	size_t i;

	for (i = 0; i < sizeof zones / sizeof *zones; i++) {
		size_t len = strlen(zones[i].label);

		if (*question == len &&
		    !memcmp(question + 1, zones[i].label, len))
			return &zones[i];
	}
	return NULL;
}

/* The answer to a question with its header in octets 0 to len. */
static size_t
answer(unsigned char *o, size_t len, struct zone const *z)
{
	bool six = o[len - 3] == AAAA;
	unsigned i, n = six ? z->aaaa : z->a;
	unsigned char const record[] = { 0xc0, HEADER, 0, six ? AAAA : A, 0, 1,
		0, 0, 1, 0, 0, six ? 16 : 4 };

	o[2] = 0x81;
	o[3] = 0x80 | (six ? z->rcode_aaaa : z->rcode);
	memset(o + 6, 0, 6);
	o[7] = (unsigned char)n;
	for (i = 0; i < n; i++) {
		memcpy(o + len, record, sizeof record);
		len += sizeof record;
		memset(o + len, six ? 0x20 : 10, record[11]);
		len += record[11];
		o[len - 1] = (unsigned char)(i + 1);
	}
	return z->broken ? len - 3 : len;
}

static _Noreturn void
be_server(int s)
{
	for (;;) {
		unsigned char o[1024];
		struct sockaddr_in from;
		socklen_t size = sizeof from;
		struct zone const *z;
		size_t len = HEADER;

		if (recvfrom(s, o, 512, 0, (struct sockaddr *)&from, &size) <
		    HEADER)
			continue;
		z = find_zone(o + HEADER);
		if (!z || z->silent) continue;
		while (o[len])
			len += o[len] + 1U;
		len = answer(o, len + 5, z);
		sendto(s, o, len, 0, (struct sockaddr *)&from, size);
	}
}

static struct loop loop;
static struct resolver resolver;
static char server_address[32];
static pid_t server;

static void
open_resolver(int wait_ms)
{
	char const *why;

	assert_true(resolver_open(&resolver, &loop, server_address, wait_ms, &why));
}
static char said[512];	/* by took */

static void
took(void *owner, enum resolved how, struct address const *address, size_t n)
{
	static char const *const word[] = { "found", "none", "no name",
		"failed" };
	char text[NETADDR_TEXT_MAX + 1];
	size_t i, at;

	(void)owner;
	at = (size_t)snprintf(said, sizeof said, "%s", word[how]);
	for (i = 0; i < n; i++)
		at += (size_t)snprintf(said + at, sizeof said - at, " %s",
		    netaddr_ip_format(text, address[i].octet));
	loop.stop = true;
}

static void
look_up(char const *host)
{
	*said = '\0';
	loop.stop = false;
	assert_non_null(resolve(&resolver, host, took, NULL));
	assert_string_equal(said, "");	/* never from within */
	assert_true(loop_run(&loop));
	assert_int_equal(resolver.pending, 0);
}

static void
test_without_dns(void **state)
{
	(void)state;
	look_up("192.0.2.7");
	assert_string_equal(said, "found 192.0.2.7");
	look_up("2001:db8::7");
	assert_string_equal(said, "found 2001:db8::7");
	look_up("localhost");
	assert_string_equal(said, "found 127.0.0.1 ::1");
	look_up("LocalHost");
	assert_string_equal(said, "found 127.0.0.1 ::1");
}

static void
test_by_dns(void **state)
{
	static char const four[] = "found 10.10.10.1 10.10.10.2 10.10.10.3 "
	    "10.10.10.4 2020:2020:2020:2020:2020:2020:2020:2001 "
	    "2020:2020:2020:2020:2020:2020:2020:2002 "
	    "2020:2020:2020:2020:2020:2020:2020:2003 "
	    "2020:2020:2020:2020:2020:2020:2020:2004";

	(void)state;
	look_up("both.example");
	assert_string_equal(said,
	    "found 10.10.10.1 2020:2020:2020:2020:2020:2020:2020:2001");
	look_up("six.example");
	assert_string_equal(said,
	    "found 2020:2020:2020:2020:2020:2020:2020:2001");
	/* MX_EACH_MAX, and one more */
	look_up("four.example");
	assert_string_equal(said, four);
	look_up("five.example");
	assert_string_equal(said, four);
}

static void
test_no_address(void **state)
{
	(void)state;
	look_up("none.example");
	assert_string_equal(said, "none");
	look_up("nx.example");
	assert_string_equal(said, "none");
	look_up("fail.example");
	assert_string_equal(said, "failed");
	look_up("broken.example");
	assert_string_equal(said, "failed");
	/* one family is enough */
	look_up("half.example");
	assert_string_equal(said, "found 10.10.10.1");
	/* no name that DNS could carry */
	look_up("a..b");
	assert_string_equal(said, "failed");
}

/* Every try is made, and then there is an end: 50 + 100 + 200 ms. */
static void
test_silence(void **state)
{
	int64_t began = loop.now_ms;

	(void)state;
	resolver_close(&resolver);
	open_resolver(HURRY);
	look_up("silent.example");
	assert_string_equal(said, "failed");
	assert_true(loop.now_ms - began >= 300);
	resolver_close(&resolver);
	open_resolver(PATIENT);
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
	struct timer later = { .due = stop_loop };
	struct lookup *l;

	(void)state;
	*said = '\0';
	l = resolve(&resolver, "both.example", took, NULL);
	assert_non_null(l);
	lookup_cancel(l);
	l = resolve(&resolver, "localhost", took, NULL);
	assert_non_null(l);
	lookup_cancel(l);
	loop.stop = false;
	loop_arm(&loop, &later, loop.now_ms + 100);
	assert_true(loop_run(&loop));
	assert_string_equal(said, "");
	assert_int_equal(resolver.pending, 0);
}

/* Many at a time; one that gets no answer holds up no other and is let go when
 * the resolver closes (the sanitizers see to that). */
static void
test_many(void **state)
{
	size_t i;

	(void)state;
	assert_non_null(resolve(&resolver, "silent.example", took, NULL));
	for (i = 0; i < 100; i++)
		assert_non_null(resolve(&resolver, "both.example", took, NULL));
	while (resolver.pending > 1)
		assert_true(loop_turn(&loop));
	assert_int_equal(resolver.pending, 1);
}

static void
test_pending_max(void **state)
{
	size_t pending = resolver.pending;

	(void)state;
	resolver.pending = RESOLVER_PENDING_MAX;
	assert_null(resolve(&resolver, "localhost", took, NULL));
	resolver.pending = RESOLVER_PENDING_MAX - 1;
	*said = '\0';
	loop.stop = false;
	assert_non_null(resolve(&resolver, "localhost", took, NULL));
	assert_int_equal(resolver.pending, RESOLVER_PENDING_MAX);
	assert_true(loop_run(&loop));
	resolver.pending = pending;
}

static void
test_server_option(void **state)
{
	struct resolver other;
	char const *why = NULL;

	(void)state;
	assert_false(resolver_open(&other, &loop, "ns.example", HURRY,
	    &why));
	assert_string_equal(why, "a resolver is given by its address");
	assert_false(resolver_open(&other, &loop, "127.0.0.1:x", HURRY,
	    &why));
	assert_true(resolver_open(&other, &loop, "[::1]:53", HURRY, &why));
	resolver_close(&other);
}

static int
set_up(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	if (bind(s, (struct sockaddr *)&in, len) == -1) return -1;
	getsockname(s, (struct sockaddr *)&in, &len);
	server = fork();
	if (server == -1) return -1;
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be_server(s);
	}
	close(s);
	snprintf(server_address, sizeof server_address, "127.0.0.1:%u",
	    ntohs(in.sin_port));
	if (!loop_open(&loop)) return -1;
	open_resolver(PATIENT);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	resolver_close(&resolver);
	loop_close(&loop);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return 0;
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_without_dns),
		cmocka_unit_test(test_by_dns),
		cmocka_unit_test(test_no_address),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_server_option),
		cmocka_unit_test(test_pending_max),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
