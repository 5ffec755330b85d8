/* SPDX-License-Identifier: ISC */
/* What is added to a header, what is taken out, and that all else stays. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include "common/complete.h"

static struct complete_facts facts = {
	.domain = { .s = "d.example", .len = 9 },
	.hostname = { .s = "h.example", .len = 9 },
	.author = { .s = "me@d.example", .len = 12 },
	.now_s = 1700000000,
};

#define FROM "From: me@d.example\r\n"
#define DATE "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
#define ID "Message-ID: <00000000000000000000000000@h.example>\r\n"
#define NOBODY "To: undisclosed-recipients:;\r\n"
#define BARE "From: x@y.example\r\nDate: z\r\nMessage-ID: <u@v>\r\n"
#define HAS BARE "To: z@y.example\r\n"

static struct {
	char const *in, *out;
} const rows[] = {
	{ "", FROM DATE ID NOBODY },
	{ HAS, HAS },
	{ "from: x@y.example\r\n", DATE ID NOBODY
	  "from: x@y.example\r\n" },
	/* somebody is shown, be it in Cc, or in a list that can't be read */
	{ BARE, NOBODY BARE },
	{ BARE "Bcc: a@b.example\r\n", NOBODY BARE },
	{ BARE "CC: a@b.example\r\n", BARE "CC: a@b.example\r\n" },
	{ BARE "to:\r\n", BARE "to:\r\n" },
	{ BARE "To: (\r\n", BARE "To: (\r\n" },
	{ "Subject: a\r\n  b\r\n", FROM DATE ID NOBODY "Subject: a\r\n  b\r\n" },
	/* Bcc never leaves, nor what only the last host may write */
	{ HAS "Bcc: secret@x.example\r\n", HAS },
	{ HAS "bCC: s@x.example,\r\n t@x.example\r\nTo: a@b.example\r\n",
	  HAS "To: a@b.example\r\n" },
	{ HAS "Bcc :s@x.example\r\nBcc:\r\n", HAS },
	{ "Return-Path: <x@y.example>\r\n" HAS, HAS },
	{ HAS "Resent-Bcc: s@x.example\r\nResent-From: a@b.example\r\n"
	  "Resent-Date: c\r\nResent-Message-ID: <d@e>\r\n",
	  HAS "Resent-From: a@b.example\r\n"
	  "Resent-Date: c\r\nResent-Message-ID: <d@e>\r\n" },
	/* bare addresses */
	{ HAS "To: root, Bob <bob>,\r\n (x) al . ex (y)\r\n",
	  HAS "To: root@d.example, Bob <bob@d.example>,\r\n"
	  " (x) al . ex@d.example (y)\r\n" },
	{ HAS "Cc: G: a, b@c.example;\r\n",
	  HAS "Cc: G: a@d.example, b@c.example;\r\n" },
	/* what can't be read stays */
	{ HAS "To: root, John Smith\r\n", HAS "To: root, John Smith\r\n" },
	{ HAS "Subject: root\r\n", HAS "Subject: root\r\n" },
	/* a resender's block goes on top */
	{ HAS "Resent-To: a@b.example\r\n",
	  "Resent-" FROM "Resent-" DATE "Resent-" ID HAS
	  "Resent-To: a@b.example\r\n" },
	{ "Resent-From: a@b.example\r\n", "Resent-" DATE "Resent-" ID FROM DATE
	  ID NOBODY "Resent-From: a@b.example\r\n" },
};

static void
test_rows(void **state)
{
	stralloc out = STRALLOC_ZERO;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		out.len = 0;
		assert_true(complete_header(slice_of(rows[i].in), &facts,
		    &out));
		assert_true(stralloc_0(&out));
		assert_int_equal(strncmp(out.s, rows[i].out,
		    strlen(rows[i].out)), 0);
		assert_string_equal(out.s + strlen(rows[i].out), "\r\n");
	}
	stralloc_free(&out);
}

static void
assert_from(char const *name, char const *want)
{
	stralloc out = STRALLOC_ZERO;

	facts.name = slice_of(name);
	assert_true(complete_header(SLICE("Date: x\r\nMessage-ID: y\r\n"),
	    &facts, &out));
	assert_true(out.len >= strlen(want));
	assert_memory_equal(out.s, want, strlen(want));
	stralloc_free(&out);
	facts.name = SLICE("");
}

static void
test_names(void **state)
{
	char name[COMPLETE_NAME_MAX + 1];

	(void)state;
	assert_from("Cron Daemon",
	    "From: \"Cron Daemon\" <me@d.example>\r\n");
	assert_from("a \"b\" \\ c",
	    "From: \"a \\\"b\\\" \\\\ c\" <me@d.example>\r\n");
	assert_from("J\xc3\xb6rg", "From: =?UTF-8?Q?=4A=C3=B6=72=67?= "
				   "<me@d.example>\r\n");
	/* no character is cut in two, no word is over 75 octets */
	assert_from("1234567890123456789\xc3\xb6", "From: =?UTF-8?Q?"
	    "=31=32=33=34=35=36=37=38=39=30=31=32=33=34=35=36=37=38=39?=\r\n"
	    " =?UTF-8?Q?=C3=B6?= <me@d.example>\r\n");
	/* even in what is no UTF-8 */
	assert_from("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
		    "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
	    "From: =?UTF-8?Q?=80");
	memset(name, 'n', sizeof name);
	assert_true(complete_name_valid(slice_from(name, sizeof name - 1)));
	assert_false(complete_name_valid(slice_from(name, sizeof name)));
	assert_false(complete_name_valid(SLICE("a\r\nBcc: b")));
	assert_false(complete_name_valid(SLICE("a\x7f")));
	assert_true(complete_name_valid(SLICE("")));
}

static void
assert_person(char const *facts_text, char const *want)
{
	char person[COMPLETE_NAME_MAX];
	size_t n = complete_person(slice_of(facts_text), SLICE("jane"),
	    person);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(person, want, n);
}

static void
test_person(void **state)
{
	char text[COMPLETE_NAME_MAX + 2] = "";

	(void)state;
	assert_person("", "");
	assert_person("Jane Doe,Room 1,555", "Jane Doe");
	assert_person(",Room 1", "");
	assert_person("& Doe", "Jane Doe");
	assert_person("J\xc3\xb6rg", "J\xc3\xb6rg");
	/* nothing rather than something odd */
	assert_person("J\xf6rg", "");
	assert_person("a\nBcc: b", "");
	memset(text, 'n', COMPLETE_NAME_MAX);
	assert_person(text, text);
	text[COMPLETE_NAME_MAX] = 'n';
	assert_person(text, "");
	text[COMPLETE_NAME_MAX - 3] = '&';
	text[COMPLETE_NAME_MAX - 2] = '\0';
	assert_person(text, "");
}

/* As a gateway: what is bare stays so. */
static void
test_gateway(void **state)
{
	stralloc out = STRALLOC_ZERO;

	(void)state;
	facts.domain = SLICE("");
	assert_true(complete_header(SLICE(HAS "Cc: root\r\n"), &facts, &out));
	assert_true(stralloc_0(&out));
	assert_string_equal(out.s, HAS "Cc: root\r\n\r\n");
	stralloc_free(&out);
	facts.domain = SLICE("d.example");
}

/* A field of this many octets beside a complete header. */
static bool
complete_with(size_t len)
{
	stralloc text = STRALLOC_ZERO, out = STRALLOC_ZERO;
	size_t before = sizeof HAS - 1;
	bool good;

	assert_true(stralloc_cats(&text, HAS) &&
	    stralloc_ready(&text, before + len));
	memset(text.s + before, 'x', len);
	memcpy(text.s + before, "X:", 2);
	memcpy(text.s + before + len - 2, "\r\n", 2);
	good = complete_header(slice_from(text.s, before + len), &facts,
	    &out);
	assert_int_equal(out.len, good ? before + len + 2 : 0);
	stralloc_free(&text);
	stralloc_free(&out);
	return good;
}

static void
test_size(void **state)
{
	size_t const most = COMPLETE_MAX - (sizeof HAS - 1) - 2;

	(void)state;
	assert_true(complete_with(most));
	errno = 0;
	assert_false(complete_with(most + 1));
	assert_int_equal(errno, EMSGSIZE);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_person),
		cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
