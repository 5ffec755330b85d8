/* SPDX-License-Identifier: ISC */
/* The Received line: its form, and that nothing a client says can break it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/received.h"
#include "tests/seed.h"

enum { WALL_S = 1795000000 };
#define DATE "Wed, 18 Nov 2026 11:06:40 +0000"
#define ID "00000000000000000000000000"

static char line[RECEIVED_MAX + 1];

static char const *
compose(struct submit_open const *open, int64_t uid, char const *hostname)
{
	size_t n;

	memset(line, 'X', sizeof line);
	n = received_compose(line, open, uid, hostname, WALL_S);
	assert_in_range(n, 1, RECEIVED_MAX);
	assert_int_equal(line[n], 'X');
	line[n] = '\0';
	return line;
}

static void
says_what_is_known(void **state)
{
	struct submit_open o = { .client_address = SLICE("192.0.2.1"),
	    .client_name = SLICE("mail.example"), .helo = SLICE("[10.0.0.1]"),
	    .protocol = SLICE("ESMTP") };

	(void)state;
	assert_string_equal(compose(&o, -1, "mx.example"),
	    "Received: from [10.0.0.1] (mail.example [192.0.2.1])\r\n"
	    "\tby mx.example with ESMTP\r\n\tid " ID "; " DATE "\r\n");
	o.tls = SLICE("TLSv1.3 TLS_AES (x");
	assert_non_null(strstr(compose(&o, -1, "mx.example"),
	    " with ESMTP (TLSv1.3 TLS_AES ?x)\r\n\tid "));
	o.tls = SLICE("");
	o = (struct submit_open){ .client_address = SLICE("2001:db8::1") };
	assert_string_equal(compose(&o, -1, "mx.example"),
	    "Received: from unknown ([IPv6:2001:db8::1])\r\n"
	    "\tby mx.example\r\n\tid " ID "; " DATE "\r\n");
	o = (struct submit_open){ .size = 0 };
	assert_string_equal(compose(&o, 1000, "h"),
	    "Received: by h (from uid 1000)\r\n\tid " ID "; " DATE "\r\n");
	assert_non_null(strstr(compose(&o, 0, "h"), " (from uid 0)"));
}

/* Three lines as composed, each folded, and no octet that could end one or
 * open a comment. */
static void
check_structure(char const *s)
{
	size_t lines = 0, round = 0;

	assert_ptr_equal(strstr(s, "Received: from "), s);
	while (*++s) {
		assert_true((*s >= ' ' && *s < 0x7f) || *s == '\r' ||
		    *s == '\n' || *s == '\t');
		if (*s == '(' || *s == ')') round++;
		if (*s == '\t') assert_int_equal(s[-1], '\n');
		if (*s != '\r') {
			assert_int_equal(*s == '\n', s[-1] == '\r');
			continue;
		}
		lines++;
		assert_int_equal(s[1], '\n');
		assert_true(!s[2] || s[2] == '\t');
	}
	assert_int_equal(lines, 3);
	assert_int_equal(round, 2);
}

static void
hostile_octets_become_harmless(void **state)
{
	char all[256];
	size_t round, i;

	(void)state;
	for (i = 0; i < sizeof all; i++)
		all[i] = (char)i;
	for (round = 0; round < 4; round++) {
		struct slice in = slice_from(all, 255);
		struct slice fair = SLICE("a.b");
		struct submit_open o = {
			.client_address = round == 0 ? slice_from(all + 10, 45)
			    : fair,
			.client_name = round == 1 ? in : fair,
			.helo = round == 2 ? in : fair,
			.protocol = round == 3 ? slice_from(all, 16) : fair,
		};

		if (round == 0) o.client_address.s = "\r\n\t ()<>\"\\;\0\x80";
		if (round == 0) o.client_address.len = 13;
		check_structure(compose(&o, -1, "mx.example"));
		check_structure(compose(&o, -1, "mx\r\nX: y"));
	}
	for (i = 0; i < 1000; i++) {
		char text[255];
		struct submit_open o = { .client_address = SLICE("1") };

		random_buf(text, sizeof text);
		o.helo = slice_from(text, seed_below(256));
		o.client_name = slice_from(text, seed_below(256));
		check_structure(compose(&o, -1, "mx.example"));
	}
}

static void
the_longest_fits(void **state)
{
	static char text[256];
	struct submit_open o = { .client_address = slice_from(text, 45),
	    .client_name = slice_from(text, SUBMIT_NAME_MAX),
	    .helo = slice_from(text, SUBMIT_NAME_MAX),
	    .protocol = slice_from(text, 16) };
	char const *s, *end;

	(void)state;
	memset(text, 'm', 255);
	text[0] = ':'; /* an IPv6 address, which has a tag */
	s = compose(&o, INT64_MAX, text);
	for (; *s; s = end + 2) { /* RFC 5322 section 2.1.1 */
		end = strstr(s, "\r\n");
		assert_non_null(end);
		assert_in_range(end - s, 1, 998);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(says_what_is_known),
		cmocka_unit_test(hostile_octets_become_harmless),
		cmocka_unit_test(the_longest_fits),
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
