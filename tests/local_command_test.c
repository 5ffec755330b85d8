/* SPDX-License-Identifier: ISC */
/* Programs that end well, badly, late or never, and what they are given. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/unixsock.h"
#include "local/command.h"
#include "tests/patience.h"

static char *no_env[] = { "PATH=/usr/bin:/bin", NULL };
static struct command c;
static int leash[2];

static int
set_up(void **state)
{
	(void)state;
	c = (struct command){ .env = no_env, .home = "/", .limit_s = 30 };
	c.message = memfd_create("message", MFD_CLOEXEC);
	assert_int_equal(write(c.message, "mail", 4), 4);
	assert_int_equal(lseek(c.message, 0, SEEK_SET), 0);
	assert_true(unixsock_pair(leash));
	c.leash = leash[0];
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(c.message);
	close(leash[0]);
	close(leash[1]);
	/* nothing is left of it; who was killed may need a moment to end */
	PATIENTLY(waitpid(-1, NULL, WNOHANG) == -1, poll(NULL, 0, 1));
	assert_int_equal(errno, ECHILD);
	return 0;
}

static void
run(char *script)
{
	static char *argv[] = { "/bin/sh", "-c", NULL, NULL };

	argv[2] = script;
	c.argv = argv;
	assert_true(command_run(&c));
}

static void
assert_output(char const *text)
{
	assert_int_equal(c.len, strlen(text));
	assert_memory_equal(c.output, text, c.len);
}

static void
test_ends(void **state)
{
	(void)state;
	run("cat; exit 7");
	assert_int_equal(c.code, 7);
	assert_output("mail");
	run("kill -9 $$");
	assert_int_equal(c.code, -1);
	assert_false(c.timed_out);
	run("echo out; echo err >&2");
	assert_int_equal(c.code, 0);
	assert_output("out\nerr\n");
}

static void
test_given(void **state)
{
	(void)state;
	run("exec 3<&0; cat <&0 >/dev/null; pwd; umask; "
	    "ulimit -c; read -r _ _ _ _ group _ </proc/$$/stat; "
	    "[ $group = $$ ] && echo leads");
	assert_output("/\n0077\n0\nleads\n");
	run("trap");	/* a signal that was ignored can't be trapped */
	assert_output("");
	/* but for 32 and 33, which are the C library's own */
	run("while read -r name set; do case $name in SigBlk: | SigIgn:) "
	    "echo $name $((0x$set & 0x7fffffff)) ;; esac; done "
	    "</proc/self/status");
	assert_output("SigBlk: 0\nSigIgn: 0\n");
	c.home = "/nonexistent";
	run("pwd");
	assert_output("/\n");
}

static void
test_output(void **state)
{
	(void)state;
	run("head -c 4096 /dev/zero");
	assert_int_equal(c.len, COMMAND_OUTPUT_MAX);
	run("head -c 4097 /dev/zero");
	assert_int_equal(c.len, COMMAND_OUTPUT_MAX);
	/* nobody stops for want of a reader */
	run("head -c 10000000 /dev/zero; exit 3");
	assert_int_equal(c.code, 3);
}

static void
test_not_started(void **state)
{
	static char *argv[] = { "/nonexistent/program", NULL };

	(void)state;
	c.argv = argv;
	assert_false(command_run(&c));
	assert_int_equal(errno, ENOENT);
	argv[0] = "/etc/passwd";
	assert_false(command_run(&c));
	assert_int_equal(errno, EACCES);
}

/* It, its children, and those of them that hide in a session of their own. */
static void
test_time(void **state)
{
	(void)state;
	/* a busy machine may need longer to start them */
	for (c.limit_s = 1; c.limit_s < 100; c.limit_s *= 2) {
		run("sleep 1000 & setsid sleep 1000 & "
		    "setsid sh -c 'sleep 1000 & wait' & "
		    "echo started; trap '' TERM; wait; sleep 1000");
		assert_int_equal(c.code, -1);
		assert_true(c.timed_out);
		if (c.len) break;
	}
	assert_output("started\n");
}

/* More of them than one look at /proc shows. */
static void
test_many(void **state)
{
	(void)state;
	c.limit_s = 4;
	run("i=0; while [ $i -lt 900 ]; do setsid sleep 1000 & i=$((i + 1)); "
	    "done; wait; sleep 1000");
	assert_true(c.timed_out);
}

static void
test_limits(void **state)
{
	(void)state;
	c.limits = (struct command_limits){ .memory = 256 << 20, .files = 20,
		.processes = 77 };
	run("ulimit -v; ulimit -n; ulimit -p; ulimit -Hn");
	assert_output("262144\n20\n77\n20\n");
}

/* One that keeps its output open after its end isn't waited for. */
static void
test_background(void **state)
{
	char pid[16] = "";

	(void)state;
	run("sleep 1000 & echo $!");
	assert_int_equal(c.code, 0);
	assert_true(c.len < sizeof pid);
	memcpy(pid, c.output, c.len);
	/* it is ours now: the next test must find nothing */
	assert_int_equal(kill((pid_t)atoi(pid), SIGKILL), 0);
	assert_int_equal(waitpid((pid_t)atoi(pid), NULL, 0), atoi(pid));
}

static void
test_leash(void **state)
{
	(void)state;
	close(leash[1]);
	run("sleep 1000");
	assert_int_equal(c.code, -1);
	assert_false(c.timed_out);
	leash[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(test_ends), TEST(test_given), TEST(test_output),
		TEST(test_not_started), TEST(test_time),
		TEST(test_many), TEST(test_limits),
		TEST(test_background), TEST(test_leash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
