/* SPDX-License-Identifier: ISC */
/* Files by way of the helper that stays outside, and file_slurp itself. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/reader.h"

enum { GOOD, MISSING, LARGE, DIRECTORY, FIFO, EMPTY, PATHS };

static char directory[64];
static char path[PATHS][96];
static struct loop loop;
static struct reader reader;
static int losses;
static size_t answers;

static struct {
	char *text;
	size_t len;
	int error;
} got[PATHS];

static void
took(void *owner, size_t n, char *text, size_t len)
{
	assert_ptr_equal(owner, &reader);
	assert_true(n < PATHS);
	got[n].error = errno;
	free(got[n].text);
	got[n].text = text;
	got[n].len = len;
	answers++;
}

static void
lost(void)
{
	losses++;
}

static void
write_file(char const *name, char const *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int
start(void **state)
{
	static char const *const names[PATHS] = { "good", "missing", "large",
		"directory", "fifo", "empty" };
	char const *base = getenv("TMPDIR");
	/* root becomes nobody in the helper, as a daemon's would */
	struct jail jail = { .uid = 65534, .gid = 65534 };
	int fd, i;

	(void)state;
	umask(022);
	losses = 0;
	snprintf(directory, sizeof directory, "%.40s/reader-XXXXXX",
	    base ? base : "/tmp");
	if (!mkdtemp(directory) || chmod(directory, 0755)) return -1;
	reader = (struct reader){ .took = took, .owner = &reader,
	    .paths = PATHS };
	for (i = 0; i < PATHS; i++) {
		snprintf(path[i], sizeof path[i], "%s/%s", directory,
		    names[i]);
		reader.path[i] = path[i];
	}
	write_file(path[GOOD], "one\ntwo\n");
	write_file(path[EMPTY], "");
	fd = open(path[LARGE], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (ftruncate(fd, READER_FILE_MAX + 1)) return -1;
	close(fd);
	if (mkdir(path[DIRECTORY], 0755) || mkfifo(path[FIFO], 0644))
		return -1;
	return loop_open(&loop) &&
	    reader_open(&reader, &loop, &jail, "test-reader", lost) ? 0 : -1;
}

static int
end(void **state)
{
	int fd = reader.watch.fd, i;

	(void)state;
	for (i = 0; i < PATHS; i++) {
		free(got[i].text);
		got[i].text = NULL;
	}
	loop_forget(&loop, &reader.watch);
	close(fd);
	loop_close(&loop);
	rm_rf(directory);
	return 0;
}

static void
ask(void)
{
	answers = 0;
	reader_ask(&reader);
	while (answers < PATHS && !losses)
		assert_true(loop_turn(&loop));
	assert_int_equal(losses, 0);
}

static void
each_file_is_told(void **state)
{
	(void)state;
	ask();
	assert_string_equal(got[GOOD].text, "one\ntwo\n");
	assert_int_equal(got[GOOD].len, 8);
	assert_string_equal(got[EMPTY].text, "");
	assert_int_equal(got[EMPTY].len, 0);
	assert_null(got[MISSING].text);
	assert_int_equal(got[MISSING].error, ENOENT);
	assert_null(got[LARGE].text);
	assert_int_equal(got[LARGE].error, EFBIG);
	assert_null(got[DIRECTORY].text);
	assert_int_equal(got[DIRECTORY].error, EINVAL);
	assert_null(got[FIFO].text); /* and nobody waits for a writer */
	assert_int_equal(got[FIFO].error, EINVAL);
}

/* Editors write a new file and rename it. */
static void
what_was_renamed_is_seen(void **state)
{
	(void)state;
	ask();
	write_file(path[MISSING], "three\n");
	assert_int_equal(rename(path[MISSING], path[GOOD]), 0);
	ask();
	assert_string_equal(got[GOOD].text, "three\n");
	assert_null(got[MISSING].text);
}

/* The highest descriptor that is open stays so; no other can be had. */
static void
a_daemon_without_descriptors_stays(void **state)
{
	struct rlimit old, few;
	int next = dup(0);

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = old;
	few.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	ask();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_null(got[GOOD].text);
	assert_int_equal(got[GOOD].error, EMFILE);
	assert_null(got[MISSING].text);
	assert_int_equal(got[MISSING].error, ENOENT);
	ask();
	assert_string_equal(got[GOOD].text, "one\ntwo\n");
}

/* However often it is asked for before the loop turns. */
static void
many_requests_are_few(void **state)
{
	int i;

	(void)state;
	answers = 0;
	for (i = 0; i < 100000; i++)
		reader_ask(&reader);
	write_file(path[MISSING], "three\n");
	assert_int_equal(rename(path[MISSING], path[GOOD]), 0);
	while (answers < 2 * PATHS && !losses)
		assert_true(loop_turn(&loop));
	assert_int_equal(losses, 0);
	assert_int_equal(answers, 2 * PATHS);
	assert_string_equal(got[GOOD].text, "three\n");
}

static void
what_was_not_asked_for_is_not_believed(void **state)
{
	unsigned char n = GOOD;

	(void)state;
	assert_int_equal(write(reader.watch.fd, &n, 1), 1);
	while (!losses)
		assert_true(loop_turn(&loop));
	assert_null(got[GOOD].text);
}

static void
a_lost_helper_is_noticed(void **state)
{
	(void)state;
	/* a path it doesn't have: it leaves */
	assert_int_equal(write(reader.watch.fd, "\377", 1), 1);
	while (!losses)
		assert_true(loop_turn(&loop));
}

static void
slurp_has_an_exact_limit(void **state)
{
	size_t len;
	char *text = file_slurp(path[GOOD], 8, &len);

	(void)state;
	assert_string_equal(text, "one\ntwo\n");
	assert_int_equal(len, 8);
	free(text);
	assert_null(file_slurp(path[GOOD], 7, &len));
	assert_int_equal(errno, EFBIG);
	assert_null(file_slurp(path[MISSING], 8, &len));
	assert_int_equal(errno, ENOENT);
	assert_null(file_slurp(path[DIRECTORY], 1 << 20, &len));
	assert_int_equal(errno, EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(each_file_is_told),
		TEST(what_was_renamed_is_seen),
		TEST(a_daemon_without_descriptors_stays),
		TEST(many_requests_are_few),
		TEST(what_was_not_asked_for_is_not_believed),
		TEST(a_lost_helper_is_noticed),
		TEST(slurp_has_an_exact_limit),
	};

	signal(SIGCHLD, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
