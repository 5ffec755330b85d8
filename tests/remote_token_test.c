/* SPDX-License-Identifier: ISC */
/* Tokens from a command: a real helper runs real commands. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "remote/token.h"
#include "remote/tokenrun.h"

static struct loop loop;
static struct token token;
static struct login login;
static char said[512];		/* what the waiting heard */
static int told, lost;

static void
done(void *owner, char const *why)
{
	size_t at = strlen(said);

	told++;
	snprintf(said + at, sizeof said - at, "%s%s;", (char const *)owner,
	    why ? why : "");
}

static void
note_lost(void)
{
	lost++;
}

static void
begin(char const *command, int wait_ms)
{
	struct jail jail = { .user = NULL };

	memset(&login, 0, sizeof login);
	*said = '\0';
	told = lost = 0;
	assert_true(loop_open(&loop));
	assert_true(token_open(&token, &loop, &jail, command, wait_ms, &login,
	    note_lost));
}

static void
end(void)
{
	close(token.watch.fd);
	loop_close(&loop);
}

static void
want(char const *name)
{
	struct token_wait w = { .done = done, .owner = (void *)(size_t)name };
	int before = told;

	token_want(&token, &w);
	while (told == before && !lost)
		assert_true(loop_turn(&loop));
}

static void
test_commands(void **state)
{
	static struct {
		char const *command, *said, *secret;
	} const rows[] = {
		{ "echo one", ";", "one" },
		{ "printf one", ";", "one" },
		{ "printf 'one\\r\\n60\\r\\n'", ";", "one" },
		{ "echo one; exit 4", "it exits 4;", "" },
		{ "exit 0", "it prints no token;", "" },
		{ "echo one; echo two", "it prints no token;", "" },
		{ "echo one; echo 60; echo", "it prints no token;", "" },
		{ "echo one; echo 86401", "it prints no token;", "" },
		{ "printf 'a\\000b'", "it prints no token;", "" },
		{ "kill -9 $$", "it was killed;", "" },
		/* what it leaves behind holds nobody up */
		{ "sleep 1000 & echo one", ";", "one" },
		{ "echo one; exec >&-; sleep 1000", "it takes too long;", "" },
		{ "echo \"$PATH|$SECRET$HOME\"", ";",
		  "/usr/local/bin:/usr/bin:/bin|" },
		{ "/nonexistent/program", "it exits 127;", "" },
		{ "cat; echo one", ";", "one" },	/* there is no input */
		{ "yes", NULL, "" },
	};
	size_t i;

	(void)state;
	setenv("SECRET", "hunter2", 1);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(rows[i].command,
		    strstr(rows[i].command, ">&-") ? 300 : 120000);
		want("");
		if (rows[i].said) assert_string_equal(said, rows[i].said);
		assert_string_equal(login.secret, rows[i].secret);
		assert_int_equal(token_is_needed(&token), !*rows[i].secret);
		end();
	}
}

/* Whoever comes meanwhile shares the run; who has gone hears nothing. */
static void
test_shared(void **state)
{
	struct token_wait a = { .done = done, .owner = "a" },
	    b = { .done = done, .owner = "b" },
	    c = { .done = done, .owner = "c" };
	char name[] = "/tmp/mailgrave.XXXXXX", command[64];
	int fd = mkstemp(name);

	(void)state;
	assert_int_not_equal(fd, -1);
	snprintf(command, sizeof command, "echo x >>%s; wc -c <%s", name, name);
	begin(command, 120000);
	assert_true(token_is_needed(&token));
	token_want(&token, &a);
	token_want(&token, &b);
	token_want(&token, &c);
	token_cancel(&b);
	token_cancel(&b);
	while (told < 2)
		assert_true(loop_turn(&loop));
	assert_string_equal(said, "c;a;");
	assert_string_equal(login.secret, "2");
	assert_false(token_is_needed(&token));
	token_forget(&token);
	assert_true(token_is_needed(&token));
	want("d");
	assert_string_equal(login.secret, "4");
	end();
	close(fd);
	unlink(name);
}

static void
test_age(void **state)
{
	(void)state;
	begin("echo one; echo 60", 120000);
	want("");
	loop.now_ms = token.good_until_ms - 1;
	assert_false(token_is_needed(&token));
	loop.now_ms++;
	assert_true(token_is_needed(&token));
	end();
}

static void
test_lengths(void **state)
{
	static char printed[LOGIN_SECRET_MAX + 17];
	struct tokenrun_answer a = { .good_s = 0 };

	(void)state;
	memset(printed, 'x', sizeof printed);
	memcpy(printed + LOGIN_SECRET_MAX, "\n86400\n", 7);
	assert_true(tokenrun_read(&a, printed, LOGIN_SECRET_MAX + 7));
	assert_int_equal(strlen(a.secret), LOGIN_SECRET_MAX);
	assert_int_equal(a.good_s, 86400);
	assert_int_equal(printed[0], 0);
	memset(printed, 'x', sizeof printed);
	assert_false(tokenrun_read(&a, printed, LOGIN_SECRET_MAX + 1));
	assert_string_equal(a.why, "it prints no token");
}

/* A helper that is gone is noticed, and nobody waits for ever. */
static void
test_lost(void **state)
{
	(void)state;
	begin("kill -9 $PPID", 120000);
	want("");
	assert_int_equal(lost, 1);
	end();
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
