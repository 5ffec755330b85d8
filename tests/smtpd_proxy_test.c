/* SPDX-License-Identifier: ISC */
/* Headers of proxies, whole and cut at every octet. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "smtpd/proxy.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define BEHIND "EHLO c\r\n"

/* feed - in two pieces, each in a store of its own, and with something behind
 *   returns what the last call did; what is behind must be left */
static int
feed(struct proxy *p, struct slice text, size_t cut)
{
	size_t first = cut < text.len ? cut : text.len;
	size_t rest = text.len - first + strlen(BEHIND);
	char *a = malloc(first + 1), *b = malloc(rest);
	struct slice in;
	int got;

	*p = (struct proxy){ .len = 0 };
	assert_non_null(a);
	assert_non_null(b);
	memcpy(a, text.s, first);
	memcpy(b, text.s + first, text.len - first);
	memcpy(b + text.len - first, BEHIND, strlen(BEHIND));
	in = slice_from(a, first);
	got = first ? proxy_feed(p, &in) : 0;
	if (!got) {
		assert_int_equal(in.len, 0);
		in = slice_from(b, rest);
		got = proxy_feed(p, &in);
		if (got == 1) assert_true(slice_is(in, BEHIND));
	} else if (got == 1) {
		assert_int_equal(in.len, 0);
	}
	free(a);
	free(b);
	return got;
}

static void
good(struct slice text, char const *client)
{
	struct proxy p;
	size_t cut;

	for (cut = 0; cut <= text.len; cut++) {
		assert_int_equal(feed(&p, text, cut), 1);
		assert_string_equal(p.client, client);
	}
}

static void
bad(struct slice text)
{
	struct proxy p;
	size_t cut;

	for (cut = 0; cut <= text.len; cut++)
		if (feed(&p, text, cut) != -1)
			fail_msg("taken: %.*s", (int)text.len, text.s);
}

static void
reads_lines(void **state)
{
	(void)state;
	good(SLICE("PROXY TCP4 192.0.2.1 192.0.2.2 56324 25\r\n"), "192.0.2.1");
	good(SLICE("PROXY TCP6 2001:DB8::1 ::1 0 65535\r\n"), "2001:db8::1");
	good(SLICE("PROXY UNKNOWN\r\n"), "");
	good(SLICE("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"), "");
	/* the longest of all: 107 octets */
	good(SLICE("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"), "");
}

static void
refuses_lines(void **state)
{
	static struct slice const rows[] = {
		SLICE("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"),
		SLICE("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"),
		SLICE("PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n"),
		SLICE("PROXY TCP4 192.0.2.1 192.0.2.2 1 -1\r\n"),
		SLICE("PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n"),
		SLICE("PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
		SLICE("PROXY TCP4 2001:db8::1 ::1 1 2\r\n"),
		SLICE("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"),
		SLICE("PROXY TCP4 192.0.2.1 mx.example 1 2\r\n"),
		SLICE("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"),
		SLICE("PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n"),
		SLICE("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"),
		SLICE("PROXY \r\n"), SLICE("PROXY TCP4\r\n"),
		SLICE("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"
		      "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
		SLICE("proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n"),
		SLICE("EHLO c.example\r\n"), SLICE("GET / HTTP/1.1\r\n"),
		SLICE("\r\n"), SLICE("PROXYTCP4"), SLICE("\0"),
		/* 108 octets */
		SLICE("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535 "
		      "\r\n")
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		bad(rows[i]);
}

static void
reads_binary(void **state)
{
	(void)state;
	good(SLICE(SIGNATURE "\x21\x11\0\x0c" "\xc0\0\2\1\xc0\0\2\2\0\1\0\x19"),
	    "192.0.2.1");
	/* what follows the addresses is passed over */
	good(SLICE(SIGNATURE "\x21\x11\0\x11" "\xc0\0\2\1\xc0\0\2\2\0\1\0\x19"
	    "\4\0\2ab"), "192.0.2.1");
	good(SLICE(SIGNATURE "\x21\x21\0\x26"
	    "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
	    "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2\0\1\0\x19\4\0"),
	    "2001:db8::1");
	/* itself, an unknown family, a Unix socket */
	good(SLICE(SIGNATURE "\x20\0\0\0"), "");
	good(SLICE(SIGNATURE "\x20\x11\0\x0c" "\xc0\0\2\1\xc0\0\2\2\0\1\0\x19"),
	    "");
	good(SLICE(SIGNATURE "\x21\0\0\3abc"), "");
	good(SLICE(SIGNATURE "\x21\x12\0\x0c" "\xc0\0\2\1\xc0\0\2\2\0\1\0\x19"),
	    "");
}

static void
refuses_binary(void **state)
{
	(void)state;
	bad(SLICE(SIGNATURE "\x11\x11\0\x0c" "\xc0\0\2\1\xc0\0\2\2\0\1\0\x19"));
	bad(SLICE(SIGNATURE "\x22\x11\0\x0c" "\xc0\0\2\1\xc0\0\2\2\0\1\0\x19"));
	bad(SLICE(SIGNATURE "\x21\x11\0\x0b" "\xc0\0\2\1\xc0\0\2\2\0\1\0"));
	bad(SLICE(SIGNATURE "\x21\x21\0\x0c" "\xc0\0\2\1\xc0\0\2\2\0\1\0\x19"));
	bad(SLICE("\r\n\r\n\0\r\nQUIT\r"));
}

/* The longest there can be takes no more memory than the shortest. */
static void
passes_over_64k(void **state)
{
	static char text[16 + 65535];
	struct proxy p;

	(void)state;
	memcpy(text, SIGNATURE "\x21\x11\xff\xff" "\xc0\0\2\1", 20);
	assert_int_equal(feed(&p, slice_from(text, sizeof text), 30000), 1);
	assert_string_equal(p.client, "192.0.2.1");
	assert_int_equal(feed(&p, slice_from(text, sizeof text - 9), 1), 0);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(refuses_lines),
		cmocka_unit_test(reads_binary),
		cmocka_unit_test(refuses_binary),
		cmocka_unit_test(passes_over_64k),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
