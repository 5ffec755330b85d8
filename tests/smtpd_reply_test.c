/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "smtpd/reply.h"

static void
assert_text(char const *s, size_t len, char const *expected)
{
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(s, expected, len);
}

/* Each row is there, and its lines fit with the longest name of a host. */
static void
all_replies_are_well_formed(void **state)
{
	char host[255], out[REPLY_MAX];
	enum reply r;

	(void)state;
	memset(host, 'h', sizeof host);
	for (r = REPLY_NONE + 1; r < REPLIES; r++) {
		struct slice text, line;
		size_t len = reply_format(out, r,
		    slice_from(host, sizeof host),
		    SLICE("SIZE 18446744073709551615\nHELP"));

		assert_in_range(len, 7, REPLY_MAX - 1);
		assert_in_range(reply_code(r), 200, 599);
		assert_memory_equal(out + len - 2, "\r\n", 2);
		text = slice_from(out, len);
		while (slice_line(&text, &line)) {
			char class = line.s[0];

			assert_in_range(line.len, 4, REPLY_LINE_MAX - 2);
			assert_int_equal(line.s[3], text.len ? '-' : ' ');
			assert_int_equal(slice_find(line, '%'), line.len);
			/* the enhanced code agrees with the code */
			if (line.len > 5 && line.s[5] == '.')
				assert_int_equal(line.s[4], class);
			else
				assert_true(class < '4');
		}
	}
}

static void
arguments_are_put_in(void **state)
{
	char out[REPLY_MAX];

	(void)state;
	assert_text(out, reply_format(out, REPLY_ACCEPTED, SLICE("mx.test"),
	    SLICE("abc")), "250 2.0.0 accepted id=abc\r\n");
	assert_text(out, reply_format(out, REPLY_EHLO, SLICE("mx.test"),
	    SLICE("PIPELINING\nSIZE 7")),
	    "250-mx.test\r\n250-PIPELINING\r\n250 SIZE 7\r\n");
}

static void
refuse(enum verdict verdict, char const *status, char const *words,
    char const *expected)
{
	char out[REPLY_LINE_MAX];

	assert_text(out, reply_refusal_format(out, verdict, slice_of(status),
	    slice_of(words)), expected);
}

static void
refusals_follow_the_verdict(void **state)
{
	(void)state;
	refuse(VERDICT_TEMP, "4.2.1", "busy", "451 4.2.1 busy\r\n");
	refuse(VERDICT_TEMP, "4.3.1", "full", "452 4.3.1 full\r\n");
	refuse(VERDICT_PERM, "5.6.0", "bad", "554 5.6.0 bad\r\n");
	refuse(VERDICT_PERM, "5.123.123", "x", "554 5.123.123 x\r\n");
	refuse(VERDICT_TEMP, "4.3.0", "", "451 4.3.0 message not accepted\r\n");
	refuse(VERDICT_PERM, "5.6.0", "a\r\nb\xe9", "554 5.6.0 a??b?\r\n");
}

static void
bad_status_is_replaced(void **state)
{
	char const *const bad[] = { "", "5", "5.", "5.1", "5.1.", "5..1",
		"5.1.1.1", "5.1234.1", "5.1.1234", "5.1.x", "5 1.1", "2.0.0",
		"4.1.1", "5.1.1 x", "5.1111111111.1" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		refuse(VERDICT_PERM, bad[i], "x", "554 5.3.0 x\r\n");
	refuse(VERDICT_TEMP, "5.1.1", "x", "451 4.3.0 x\r\n");
}

static void
rules_have_words_of_their_own(void **state)
{
	char out[REPLY_LINE_MAX];

	(void)state;
	assert_text(out, reply_custom_format(out, 550, SLICE("5.1.6"),
	    SLICE("moved to \"x\"")), "550 5.1.6 moved to \"x\"\r\n");
	assert_text(out, reply_custom_format(out, 450, SLICE("5.1.6"),
	    SLICE("")), "450 4.3.0 not accepted\r\n");
	assert_text(out, reply_custom_format(out, 400, SLICE("4.0.0"),
	    SLICE("a")), "400 4.0.0 a\r\n");
	assert_text(out, reply_custom_format(out, 599, SLICE("5.0.0"),
	    SLICE("a\r\nb\xc3\xa4")), "599 5.0.0 a??b??\r\n");
	assert_text(out, reply_custom_format(out, 250, SLICE("2.0.0"),
	    SLICE("ok")), "554 5.3.0 ok\r\n");
	assert_text(out, reply_custom_format(out, 600, SLICE("5.0.0"),
	    SLICE("a")), "554 5.0.0 a\r\n");
}

static void
words_are_cut_to_a_line(void **state)
{
	char out[REPLY_LINE_MAX + 1], words[600];
	size_t fits = REPLY_LINE_MAX - strlen("451 4.2.1 ") - 2;

	(void)state;
	memset(words, 'w', sizeof words);
	out[REPLY_LINE_MAX] = '!';
	assert_int_equal(reply_refusal_format(out, VERDICT_TEMP,
	    SLICE("4.2.1"), slice_from(words, fits)), REPLY_LINE_MAX);
	assert_int_equal(reply_refusal_format(out, VERDICT_TEMP,
	    SLICE("4.2.1"), slice_from(words, fits + 1)), REPLY_LINE_MAX);
	assert_int_equal(reply_refusal_format(out, VERDICT_TEMP,
	    SLICE("4.2.1"), slice_from(words, fits - 1)), REPLY_LINE_MAX - 1);
	assert_int_equal(out[REPLY_LINE_MAX], '!');
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(all_replies_are_well_formed),
		cmocka_unit_test(arguments_are_put_in),
		cmocka_unit_test(refusals_follow_the_verdict),
		cmocka_unit_test(bad_status_is_replaced),
		cmocka_unit_test(rules_have_words_of_their_own),
		cmocka_unit_test(words_are_cut_to_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
