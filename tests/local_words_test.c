/* SPDX-License-Identifier: ISC */
/* What a command is told and what it means by its answer: variables, From_
 * lines, exit codes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "local/environ.h"
#include "local/exitcode.h"
#include "local/fromline.h"
#include "local/mboxrd.h"

static struct environ_account const account = { "crm", "/home/crm" };
static struct environ_list e;

static struct request
request(void)
{
	return (struct request){ .sender = SLICE("me@here.test"),
				 .address = SLICE("you+a-b@x.y.test"),
				 .arrived_s = 1700000000 };
}

static char const *
value(char const *name)
{
	size_t const len = strlen(name);
	size_t i;

	for (i = 0; i < e.n; i++)
		if (!strncmp(e.entry[i], name, len) && e.entry[i][len] == '=')
			return e.entry[i] + len + 1;
	return NULL;
}

static void
test_variables(void **state)
{
	struct request r = request();

	(void)state;
	assert_true(environ_compose(&e, &r, &account, false));
	assert_null(e.entry[e.n]);
	assert_string_equal(value("USER"), "crm");
	assert_string_equal(value("HOME"), "/home/crm");
	assert_string_equal(value("LOCAL"), "you+a-b");
	assert_string_equal(value("EXT"), "a-b");
	assert_string_equal(value("EXT2"), "b");
	assert_string_equal(value("EXT3"), "");
	assert_string_equal(value("HOST2"), "x.y");
	assert_string_equal(value("HOST3"), "x");
	assert_string_equal(value("HOST4"), "");
	assert_string_equal(value("ORIGINAL_RECIPIENT"), "you+a-b@x.y.test");
	assert_string_equal(value("MAILGRAVE_RCPT"), "0");
	r.sender = SLICE("");
	r.rcpt = UINT32_MAX;
	r.orcpt = SLICE("rfc822;a+2Bb+3@c");
	assert_true(environ_compose(&e, &r, &account, false));
	assert_string_equal(value("SENDER"), "");
	assert_string_equal(value("RPLINE"), "Return-Path: <>\n");
	assert_string_equal(value("UFLINE"),
	    "From MAILER-DAEMON Tue Nov 14 22:13:20 2023\n");
	assert_string_equal(value("ORIGINAL_RECIPIENT"), "a+b+3@c");
	r.orcpt = SLICE("rfc822;a+00b+01");	/* no variable holds a NUL */
	assert_true(environ_compose(&e, &r, &account, false));
	assert_string_equal(value("ORIGINAL_RECIPIENT"), "a+00b\1");
	r.orcpt = SLICE("rfc822;a+2Bb+3@c");
	assert_true(environ_compose(&e, &r, &account, false));
	assert_string_equal(value("MAILGRAVE_RCPT"), "4294967295");
}

static void
test_bad_values(void **state)
{
	struct request r = request();

	(void)state;
	r.login = slice_from("a\0b", 3);
	assert_false(environ_compose(&e, &r, &account, false));
	assert_false(environ_compose(&e, &r, &account, true));
	r = request();
	r.address = SLICE("nobody");
	assert_false(environ_compose(&e, &r, &account, false));
}

static void
test_safe(void **state)
{
	struct request r = request();

	(void)state;
	r.helo = SLICE("() { :;}; touch `x`\n$(y) a-b_c@d/e");
	assert_true(environ_compose(&e, &r, &account, true));
	assert_string_equal(value("CLIENT_HELO"),
	    "__ _ :___ touch _x____y_ a-b_c@d/e");
	assert_string_equal(value("RPLINE"), "Return-Path: <me@here.test>\n");
	assert_string_equal(value("HOME"), "/home/crm");
	assert_true(environ_compose(&e, &r, &account, false));
	assert_string_equal(value("CLIENT_HELO"),
	    "() { :;}; touch `x`\n$(y) a-b_c@d/e");
}

/* The longest of everything fits. */
static void
test_longest(void **state)
{
	static char x[1024];
	struct request r = request();

	(void)state;
	memset(x, 'x', sizeof x);
	memcpy(x + 64, "@", 1);
	r.sender = slice_from(x, ADDR_TEXT_MAX);
	r.address = slice_from(x, 64 + 1 + 255);
	r.orcpt = slice_from(x, ORCPT_MAX);
	r.envid = slice_from(x, ENVID_MAX);
	r.client_address = slice_from(x, SUBMIT_ADDRESS_MAX);
	r.client_name = r.helo = r.login = slice_from(x, SUBMIT_NAME_MAX);
	r.protocol = slice_from(x, SUBMIT_PROTOCOL_MAX);
	/* whether the domain is one is not the point */
	environ_compose(&e, &r, &account, false);
	assert_true(e.len < ENVIRON_OCTETS_MAX);
	assert_true(e.n < ENVIRON_VARIABLES_MAX);
}

static void
assert_code(enum exitcode_table table, int code, char const *output,
    enum verdict verdict, char const *status)
{
	char text[STATUS_MAX + 1];
	struct delivery_result r = exitcode_result(table, code,
	    slice_of(output), text);

	assert_int_equal(r.verdict, verdict);
	assert_string_equal(r.status, status);
	assert_false(r.ours);
}

static void
test_codes(void **state)
{
	(void)state;
	assert_code(EXITCODE_AUTO, 0, "", VERDICT_OK, "2.0.0");
	assert_code(EXITCODE_AUTO, 99, "", VERDICT_OK, "2.0.0");
	assert_code(EXITCODE_SYSEXITS, 99, "", VERDICT_TEMP, "4.0.0");
	assert_code(EXITCODE_AUTO, 100, "", VERDICT_PERM, "5.3.0");
	assert_code(EXITCODE_SYSEXITS, 100, "", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 67, "", VERDICT_PERM, "5.1.1");
	assert_code(EXITCODE_QMAIL, 67, "", VERDICT_TEMP, "4.1.1");
	assert_code(EXITCODE_QMAIL, 64, "", VERDICT_PERM, "5.3.0");
	assert_code(EXITCODE_AUTO, 75, "", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 111, "", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 1, "", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 255, "", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, -1, "", VERDICT_TEMP, "4.3.0");
}

static void
test_statuses(void **state)
{
	(void)state;
	assert_code(EXITCODE_AUTO, 75, "5.1.1 no", VERDICT_PERM, "5.1.1");
	assert_code(EXITCODE_AUTO, 100, "4.123.999", VERDICT_TEMP,
	    "4.123.999");
	assert_code(EXITCODE_AUTO, 1, "5.0.0\n", VERDICT_PERM, "5.0.0");
	/* success is success, and who was killed said nothing */
	assert_code(EXITCODE_AUTO, 0, "5.1.1 no", VERDICT_OK, "2.0.0");
	assert_code(EXITCODE_AUTO, -1, "5.1.1 no", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 1, "2.0.0 ok", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 1, "5.1234.1 x", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 1, "5.1 x", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 1, "5.1.1x", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 1, "5..1", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 1, " 5.1.1", VERDICT_TEMP, "4.3.0");
	assert_code(EXITCODE_AUTO, 1, "5.1.", VERDICT_TEMP, "4.3.0");
}

static void
test_tables(void **state)
{
	enum exitcode_table table;

	(void)state;
	assert_true(exitcode_table_named("sysexits", &table));
	assert_int_equal(table, EXITCODE_SYSEXITS);
	assert_true(exitcode_table_named("qmail", &table));
	assert_int_equal(table, EXITCODE_QMAIL);
	assert_false(exitcode_table_named("exim", &table));
}

static void
test_fromlines(void **state)
{
	char line[FROMLINE_MAX], sender[ADDR_TEXT_MAX];

	(void)state;
	fromline(line, SLICE("\"a b\"@c.test"), 1699142400);
	assert_string_equal(line, "From \"a-b\"@c.test Sun Nov  5 00:00:00 2023\n");
	memset(sender, 'x', sizeof sender);
	assert_int_equal(fromline(line, slice_from(sender, sizeof sender), 0),
	    FROMLINE_MAX - 1);
}

/* Cut at every offset, the result is the same. */
static void
test_quoting(void **state)
{
	static char const in[] = "From \n>From\n>>From x\n From \nFFrom \n"
	    "FromFrom \nFr\nFrom y";
	static char const wanted[] = ">From \n>From\n>>>From x\n From \n"
	    "FFrom \nFromFrom \nFr\n>From y";
	char out[512];
	size_t cut, n;

	(void)state;
	for (cut = 0; cut < sizeof in; cut++) {
		struct mboxrd m = { .held = 0 };

		n = mboxrd(&m, slice_from(in, cut), out);
		n += mboxrd(&m, slice_from(in + cut, sizeof in - 1 - cut),
		    out + n);
		n += mboxrd_end(&m, out + n);
		assert_int_equal(n, sizeof wanted - 1);
		assert_memory_equal(out, wanted, n);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_safe),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_fromlines),
		cmocka_unit_test(test_quoting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
