/* SPDX-License-Identifier: ISC */
/* The lines of Dovecot's authentication protocol: all kinds of them, and the
 * longest question. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "smtpd/dovecot.h"

static void
lines_have_kinds(void **state)
{
	static struct {
		char const *text;
		enum dovecot_kind kind;
	} const rows[] = {
		{ "VERSION\t1\t2", DOVECOT_VERSION },
		{ "VERSION\t1", DOVECOT_VERSION },
		{ "VERSION\t2\t0", DOVECOT_BROKEN },
		{ "VERSION\t11", DOVECOT_BROKEN },
		{ "VERSION", DOVECOT_BROKEN },
		{ "MECH\tPLAIN\tplaintext", DOVECOT_PLAIN },
		{ "MECH\tPLAIN", DOVECOT_PLAIN },
		{ "MECH\tPLAINX", DOVECOT_OTHER },
		{ "MECH\tCRAM-MD5\tPLAIN", DOVECOT_OTHER },
		{ "DONE", DOVECOT_DONE },
		{ "DONE\tmore", DOVECOT_DONE },
		{ "", DOVECOT_OTHER },
		{ "\t", DOVECOT_OTHER },
		{ "ok\t1", DOVECOT_OTHER },
		{ "SPID\t1", DOVECOT_OTHER },
		{ "CONT\t1\t", DOVECOT_BROKEN },
		{ "OK", DOVECOT_BROKEN },
		{ "OK\t", DOVECOT_BROKEN },
		{ "OK\t-1", DOVECOT_BROKEN },
		{ "OK\t4294967296", DOVECOT_BROKEN },
		{ "OK\t4294967295", DOVECOT_ANSWER },
		{ "FAIL\tx", DOVECOT_BROKEN },
		{ "FAIL\t0", DOVECOT_ANSWER },
	};
	struct dovecot_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		dovecot_parse(&line, slice_of(rows[i].text));
		assert_int_equal(line.kind, rows[i].kind);
	}
}

static enum sasl_outcome
outcome(char const *text, char const *name)
{
	struct dovecot_line line;

	dovecot_parse(&line, slice_of(text));
	assert_int_equal(line.kind, DOVECOT_ANSWER);
	assert_int_equal(line.number, 7);
	assert_string_equal(line.name, name);
	return line.outcome;
}

static void
answers_have_outcomes(void **state)
{
	char text[400], name[300];
	size_t i;

	(void)state;
	assert_int_equal(outcome("OK\t7", ""), SASL_RIGHT);
	assert_int_equal(outcome("OK\t7\tx=y\tuser=bob", "bob"), SASL_RIGHT);
	assert_int_equal(outcome("OK\t7\ttemp\tuser=b c", "b c"), SASL_RIGHT);
	assert_int_equal(outcome("OK\t7\tuser=", ""), SASL_UNKNOWN);
	assert_int_equal(outcome("OK\t7\tuser=a\001tb", ""), SASL_UNKNOWN);
	assert_int_equal(outcome("OK\t7\tuser=a\177", ""), SASL_UNKNOWN);
	assert_int_equal(outcome("FAIL\t7", ""), SASL_WRONG);
	assert_int_equal(outcome("FAIL\t7\tuser=bob\tauthz", ""), SASL_WRONG);
	assert_int_equal(outcome("FAIL\t7\tuser=bob\ttemp", ""), SASL_UNKNOWN);
	assert_int_equal(outcome("FAIL\t7\tcode=temp_fail", ""), SASL_UNKNOWN);
	for (i = SASL_TEXT_MAX; i < SASL_TEXT_MAX + 2; i++) {
		memset(name, 'n', i);
		name[i] = '\0';
		snprintf(text, sizeof text, "OK\t7\tuser=%s", name);
		assert_int_equal(outcome(text, i > SASL_TEXT_MAX ? "" : name),
		    i > SASL_TEXT_MAX ? SASL_UNKNOWN : SASL_RIGHT);
	}
}

static void
questions_fit(void **state)
{
	struct sasl_question q = { .about = SASL_PASSWORD };
	char out[DOVECOT_ASK_MAX], hello[DOVECOT_HELLO_MAX];
	size_t len;

	(void)state;
	memcpy(q.name, "bob", 4);
	memcpy(q.password, "right", 6);
	len = dovecot_ask(out, 7, &q, "192.0.2.1");
	assert_true(slice_is(slice_from(out, len), "AUTH\t7\tPLAIN\t"
	    "service=smtp\tnologin\tsecured\trip=192.0.2.1\t"
	    "resp=AGJvYgByaWdodA==\n"));
	memset(q.name, 'n', SASL_TEXT_MAX);
	memset(q.password, 'p', SASL_TEXT_MAX);
	len = dovecot_ask(out, UINT32_MAX, &q,
	    "0000:1111:2222:3333:4444:5555:192.168.100.200");
	assert_true(len < DOVECOT_ASK_MAX);
	assert_int_equal(out[len - 1], '\n');
	len = dovecot_hello(hello, 4294967295);
	assert_true(slice_is(slice_from(hello, len),
	    "VERSION\t1\t1\nCPID\t4294967295\n"));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(lines_have_kinds),
		cmocka_unit_test(answers_have_outcomes),
		cmocka_unit_test(questions_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
