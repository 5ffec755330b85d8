/* SPDX-License-Identifier: ISC */
/* Every letter that a caller of sendmail may give: how many arguments it eats,
 * and what it comes to. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <unistd.h>
#include "inject/settings.h"

enum { WORDS = 14 };

static int const misuse[2] = { 100, 64 };

/* read_words - how many of them are options and their arguments */
static int
read_words(struct settings *s, char const *name, char const *const *words)
{
	char *argv[WORDS + 3] = { (char *)(size_t)name };
	int n = 1, i;

	for (i = 0; i < WORDS && words[i]; i++)
		argv[n++] = (char *)(size_t)words[i];
	argv[n] = NULL;
	optind = 0;	/* begin anew: what glibc calls a reset */
	return settings_read(s, n, argv, misuse) - 1;
}

/* Everything in front of "rcpt" is an option or belongs to one. */
static char const *const calls[][WORDS] = {
	/* letters alone */
	{ "-i", "rcpt" }, { "-t", "rcpt" }, { "-G", "rcpt" },
	{ "-I", "rcpt" }, { "-U", "rcpt" }, { "-c", "rcpt" },
	{ "-m", "rcpt" }, { "-n", "rcpt" }, { "-s", "rcpt" },
	{ "-T", "rcpt" }, { "-v", "rcpt" }, { "-x", "rcpt" },
	{ "-imvt", "rcpt" },
	/* an argument, attached or not */
	{ "-fa@b", "rcpt" }, { "-f", "a@b", "rcpt" }, { "-f", "", "rcpt" },
	{ "-ra@b", "rcpt" }, { "-r", "a@b", "rcpt" },
	{ "-FCronDaemon", "rcpt" }, { "-F", "A B", "rcpt" },
	{ "-B8BITMIME", "rcpt" }, { "-B", "7bit", "rcpt" },
	{ "-Nnever", "rcpt" }, { "-N", "success,delay", "rcpt" },
	{ "-Rhdrs", "rcpt" }, { "-R", "full", "rcpt" },
	{ "-Vid", "rcpt" }, { "-V", "id", "rcpt" },
	{ "-Am", "rcpt" }, { "-Ac", "rcpt" },
	{ "-C/x", "rcpt" }, { "-C", "/x", "rcpt" },
	{ "-D/x", "rcpt" }, { "-D", "/x", "rcpt" },
	{ "-em", "rcpt" }, { "-eq", "rcpt" },
	{ "-h3", "rcpt" }, { "-h", "3", "rcpt" },
	{ "-Ltag", "rcpt" }, { "-L", "tag", "rcpt" },
	{ "-psmtp:h", "rcpt" }, { "-p", "smtp", "rcpt" },
	{ "-XV", "rcpt" }, { "-X", "V-=", "rcpt" }, { "-X/log", "rcpt" }, { "-X", "/log", "rcpt" },
	{ "-O", "a=b", "rcpt" }, { "-Oa=b", "rcpt" },
	{ "-O", "IgnoreDots", "rcpt" }, { "-O", "requiretls=no", "rcpt" },
	{ "-bm", "rcpt" }, { "-b", "m", "rcpt" }, { "-bs", "rcpt" },
	{ "-bp", "rcpt" }, { "-bi", "rcpt" }, { "-bv", "rcpt" },
	{ "-bt", "rcpt" }, { "-bh", "rcpt" }, { "-bH", "rcpt" },
	{ "-oi", "rcpt" }, { "-oem", "rcpt" }, { "-odb", "rcpt" },
	{ "-odi", "rcpt" }, { "-odq", "rcpt" }, { "-oee", "rcpt" },
	{ "-om", "rcpt" }, { "-o7", "rcpt" }, { "-o8", "rcpt" },
	{ "-oA/etc/aliases", "rcpt" }, { "-oQ/dir", "rcpt" },
	{ "-oMrproto", "rcpt" }, { "-o", "i", "rcpt" },
	/* one that must be attached */
	{ "-q", "rcpt" }, { "-q30m", "rcpt" }, { "-qIid", "rcpt" },
	{ "-qRsite", "rcpt" }, { "-qSsender", "rcpt" },
	{ "-d", "rcpt" }, { "-d0-99.1", "rcpt" }, { "-E", "rcpt" },
	{ "-Ejis", "rcpt" }, { "-J", "rcpt" }, { "-Jjis", "rcpt" },
	/* as real callers say it */
	{ "-FCronDaemon", "-i", "-B8BITMIME", "-oem", "rcpt" },
	{ "-FAnacron", "-odi", "rcpt" },
	{ "-oem", "-oi", "-f", "a@b", "-B8BITMIME", "-N", "never", "-R",
	  "hdrs", "--", "rcpt" },
	{ "-i", "-m", "-v", "-r", "a@b", "--", "rcpt" },
	{ "-bs", "-odb", "-oem", "rcpt" },
	{ "-oi", "-t", "-fa@b", "rcpt" },
	{ "--domain", "d.test", "-i", "rcpt" },
};

static void
test_arity(void **state)
{
	static char const *const names[] = { "sendmail", "/usr/sbin/sendmail",
		"send-mail", "/usr/bin/mailq", "newaliases" };
	struct settings s;
	size_t i, n;
	int word;

	(void)state;
	for (n = 0; n < sizeof names / sizeof *names; n++)
		for (i = 0; i < sizeof calls / sizeof *calls; i++) {
			word = read_words(&s, names[n], calls[i]);
			assert_true(s.sendmail);
			assert_in_range(word, 1, WORDS - 1);
			assert_string_equal(calls[i][word], "rcpt");
		}
}

static void
test_modes(void **state)
{
	static struct {
		char const *name, *word;
		enum mode mode;
	} const rows[] = {
		{ "sendmail", "-i", MODE_SUBMIT },
		{ "sendmail", "-bm", MODE_SUBMIT },
		{ "sendmail", "-bs", MODE_SMTP },
		{ "sendmail", "-bp", MODE_LIST },
		{ "sendmail", "-bi", MODE_NOTHING },
		{ "sendmail", "-I", MODE_NOTHING },
		{ "sendmail", "-bh", MODE_NOTHING },
		{ "sendmail", "-bH", MODE_NOTHING },
		{ "sendmail", "-bv", MODE_EXPLAIN },
		{ "sendmail", "-bt", MODE_EXPLAIN },
		{ "sendmail", "-q", MODE_RETRY },
		{ "sendmail", "-q1h30m", MODE_NOTHING },
		{ "mailq", "-q30m", MODE_LIST },
		{ "mailq", "-v", MODE_LIST },
		{ "mailq", "-q", MODE_RETRY },
		{ "newaliases", "-v", MODE_NOTHING },
		{ "send-mail", "-i", MODE_SUBMIT },
		{ "mailgrave-inject", "-i", MODE_SUBMIT },
	};
	struct settings s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		char const *const words[WORDS] = { rows[i].word };

		read_words(&s, rows[i].name, words);
		assert_int_equal(s.mode, rows[i].mode);
	}
}

static void
test_queue(void **state)
{
	static struct {
		char const *word;
		enum retry retry;
		char const *pattern;
	} const rows[] = {
		{ "-q", RETRY_ALL, NULL },
		{ "-qf", RETRY_ALL, NULL },
		{ "-qI01abc", RETRY_ID, "01abc" },
		{ "-qRb.test", RETRY_RCPT, "b.test" },
		{ "-qSa@b.test", RETRY_SENDER, "a@b.test" },
	};
	struct settings s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		char const *const words[WORDS] = { rows[i].word };

		read_words(&s, "sendmail", words);
		assert_int_equal(s.retry, rows[i].retry);
		if (!rows[i].pattern)
			assert_null(s.pattern);
		else
			assert_string_equal(s.pattern, rows[i].pattern);
	}
}

static void
test_values(void **state)
{
	static struct {
		char const *words[WORDS];
		bool dots, eightbit, utf8, verbose, gateway;
		char const *sender;
	} const rows[] = {
		{ { "-i" }, .dots = true },
		{ { "-oi" }, .dots = true },
		{ { "-O", "ignoredots" }, .dots = true },
		{ { "-om" }, .dots = false },
		{ { "-oix" }, .dots = false },
		{ { "-B", "8bitMIME" }, .eightbit = true },
		{ { "-B7BIT" }, .eightbit = false },
		{ { "-O", "SMTPUTF8=yes" }, .utf8 = true },
		{ { "-Osmtputf8=yes", "-Osmtputf8=no" }, .utf8 = false },
		{ { "-v" }, .verbose = true },
		{ { "-ov" }, .verbose = true },
		{ { "-G" }, .gateway = true },
		{ { "-rme", "-oem" }, .sender = "me" },
		{ { "-f", "me", "-r", "" }, .sender = "" },
	};
	struct settings s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		read_words(&s, "sendmail", rows[i].words);
		assert_int_equal(s.dots, rows[i].dots);
		assert_int_equal(s.eightbit, rows[i].eightbit);
		assert_int_equal(s.utf8, rows[i].utf8);
		assert_int_equal(s.verbose, rows[i].verbose);
		assert_int_equal(s.gateway, rows[i].gateway);
		if (!rows[i].sender)
			assert_null(s.sender);
		else
			assert_string_equal(s.sender, rows[i].sender);
	}
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_arity),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
