/* SPDX-License-Identifier: ISC */
/* Deliveries into mbox files, step by step: what stands there afterwards, and
 * what does after a failure at each step, or the death of the process. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>
#include <skalibs/djbunix.h>
#include "local/append.h"

enum { NOW = 1700000000 };

static char directory[64];
static int root;

static int
set_up(void **state)
{
	(void)state;
	umask(077);
	snprintf(directory, sizeof directory, "/tmp/mailgrave-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(root);
	assert_int_equal(chdir("/"), 0);
	return rm_rf(directory);
}

static void
put_file(char const *path, char const *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
assert_file(char const *path, char const *text)
{
	static char got[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, got, sizeof got - 1);

	assert_true(n >= 0);
	got[n] = '\0';
	close(fd);
	assert_string_equal(got, text);
}

static struct copy
mail(char const *text)
{
	int fd = memfd_create("message", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return (struct copy){ .from = fd, .size = strlen(text),
	    .sender = SLICE("me@here.example"),
	    .address = SLICE("you@there.example"), .form = COPY_MBOX,
	    .wall_s = NOW };
}

#define TOP "From me@here.example Tue Nov 14 22:13:20 2023\n" \
    "Return-Path: <me@here.example>\nDelivered-To: you@there.example\n"

/* run - until it waits or is done
 *   syncs  so many go well, the next one fails with EIO; -1: all go well */
static enum append_do
run(struct append *a, int syncs)
{
	for (;;) {
		enum append_do what = append_next(a, NOW);

		switch (what) {
		case APPEND_SYNC:
			assert_int_not_equal(fcntl(a->sync, F_GETFD), -1);
			append_synced(a, syncs-- ? 0 : EIO);
			break;
		case APPEND_MORE:
			break;
		default:
			return what;
		}
	}
}

/* deliver - 0 or errno */
static int
deliver(char const *path, char const *text)
{
	struct append a = { .copy = mail(text) };
	int error;

	if (!append_begin(&a, root, path)) {
		error = errno;
	} else {
		error = run(&a, -1) == APPEND_DONE ? a.error : EAGAIN;
		append_end(&a);
	}
	close(a.copy.from);
	return error;
}

static void
test_messages(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(deliver("a/b/box", "A: b\r\n\r\none\r\n"), 0);
	assert_file("a/b/box", TOP "A: b\n\none\n\n");
	assert_int_equal(stat("a/b/box", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat("a/b", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(deliver("a/b/box", "two"), 0);
	assert_file("a/b/box", TOP "A: b\n\none\n\n" TOP "two\n\n");
	assert_int_equal(access("a/b/box.lock", F_OK), -1);
	assert_int_equal(deliver("empty", ""), 0);
	assert_file("empty", TOP "\n\n");
}

/* What stood there ended in the middle of a line, or of a message. */
static void
test_separated(void **state)
{
	(void)state;
	put_file("box", "torn");
	assert_int_equal(deliver("box", "x\r\n"), 0);
	assert_file("box", "torn\n\n" TOP "x\n\n");
	put_file("box", "torn\n");
	assert_int_equal(deliver("box", "x\r\n"), 0);
	assert_file("box", "torn\n\n" TOP "x\n\n");
	put_file("box", "x");
	assert_int_equal(deliver("box", "x\r\n"), 0);
	assert_file("box", "x\n\n" TOP "x\n\n");
}

static void
test_quoted(void **state)
{
	(void)state;
	assert_int_equal(deliver("box", "From a\r\n>From b\r\n From c\r\n"
	    "Fro\r\n>>>From \r\nFrom\r\nFROM d\r\nxFrom e\r\nFrom f"), 0);
	assert_file("box", TOP ">From a\n>>From b\n From c\nFro\n>>>>From \n"
	    "From\nFROM d\nxFrom e\n>From f\n\n");
}

/* A message of several pieces, with a From_ line cut by each. */
static void
test_long(void **state)
{
	static char text[3 * COPY_PIECE];
	static char const line[] = "From x\r\n";
	struct stat st;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof text - 1; i++)
		text[i] = line[(i + 3) % (sizeof line - 1)];
	assert_int_equal(deliver("box", text), 0);
	assert_int_equal(system("grep -c '^>From x$' box >count"), 0);
	assert_int_equal(stat("box", &st), 0);
	assert_file("count", "24575\n");
	assert_int_equal(system("! grep '^From x' box"), 0);
}

/* Nothing but a regular file of one name is ever opened. */
static void
test_odd_files(void **state)
{
	(void)state;
	put_file("victim", "mine\n");
	assert_int_equal(symlink("victim", "link"), 0);
	assert_int_equal(deliver("link", "x"), EINVAL);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(deliver("dangling", "x"), EINVAL);
	assert_int_equal(access("nowhere", F_OK), -1);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(deliver("fifo", "x"), EINVAL);
	assert_int_equal(link("victim", "hard"), 0);
	assert_int_equal(deliver("hard", "x"), EMLINK);
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(deliver("dir", "x"), EINVAL);
	assert_int_equal(symlink("dir", "way"), 0);
	assert_int_equal(deliver("way/box", "x"), ENOTDIR);
	assert_int_equal(access("dir/box", F_OK), -1);
	assert_file("victim", "mine\n");
	assert_int_equal(deliver("..", "x"), EINVAL);
	assert_int_equal(deliver("a/", "x"), EINVAL);
	assert_int_equal(deliver("../box", "x"), EINVAL);
}

/* A failed sync at each step leaves the mbox as it was. */
static void
test_sync_fails(void **state)
{
	int syncs;

	(void)state;
	put_file("box", "before\n\n");
	for (syncs = 0; syncs < 4; syncs++) {
		struct append a = { .copy = mail("x\r\n") };

		assert_true(append_begin(&a, root, "box"));
		assert_int_equal(run(&a, syncs), APPEND_DONE);
		assert_int_equal(a.error, EIO);
		append_end(&a);
		close(a.copy.from);
		assert_file("box", "before\n\n");
		assert_int_equal(access("box.lock", F_OK), -1);
	}
	assert_int_equal(deliver("box", "x\r\n"), 0);
	assert_file("box", "before\n\n" TOP "x\n\n");
}

static void
test_full(void **state)
{
	static char text[100000];
	struct rlimit old, limit;
	int error;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	put_file("box", "before\n\n");
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = old;
	limit.rlim_cur = 70000;
	{
		struct append a = { .copy = mail(text) };

		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		assert_true(append_begin(&a, root, "box"));
		assert_int_equal(run(&a, -1), APPEND_DONE);
		error = a.error;
		append_end(&a);
		close(a.copy.from);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(error, EFBIG);
	assert_file("box", "before\n\n");
}

/* Locks of others, of both kinds. */
static void
test_locked(void **state)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct utimbuf long_ago = { NOW - MBOX_STALE_S, NOW - MBOX_STALE_S };
	int fd, ready[2];
	char octet;
	pid_t child;

	(void)state;
	put_file("box.lock", "4711\n");
	assert_int_equal(utime("box.lock", &long_ago), 0);
	assert_int_equal(deliver("box", "x"), EAGAIN);
	assert_file("box.lock", "4711\n");
	long_ago.modtime--;
	assert_int_equal(utime("box.lock", &long_ago), 0);
	assert_int_equal(deliver("box", "x"), 0);
	assert_int_equal(access("box.lock", F_OK), -1);

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (!child) {
		fd = open("box", O_RDWR);
		if (fcntl(fd, F_SETLK, &whole) == 0 && write(ready[1], "", 1))
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &octet, 1), 1);
	assert_int_equal(deliver("box", "x"), EAGAIN);
	assert_int_equal(access("box.lock", F_OK), -1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(deliver("box", "x"), 0);
	close(ready[0]);
	close(ready[1]);
}

/* Two deliveries of one process exclude each other. */
static void
test_two(void **state)
{
	struct append a = { .copy = mail("one") };

	(void)state;
	assert_true(append_begin(&a, root, "box"));
	assert_int_equal(append_next(&a, NOW), APPEND_SYNC);
	append_synced(&a, 0);
	assert_int_equal(deliver("box", "two"), EAGAIN);
	assert_int_equal(run(&a, -1), APPEND_DONE);
	append_end(&a);
	close(a.copy.from);
	assert_int_equal(deliver("box", "two"), 0);
	assert_file("box", TOP "one\n\n" TOP "two\n\n");
}

/* A process that dies at any step: the next delivery finds the mbox as before,
 * or whole. */
static void
test_killed(void **state)
{
	enum { UNLOCKED = 5 }; /* after this step it stays */
	int steps;

	(void)state;
	put_file("box", "before\n\n");
	for (steps = 1; steps < 8; steps++) {
		pid_t child = fork();

		if (!child) {
			struct append a = { .copy = mail("lost\r\n") };
			int i;

			append_begin(&a, root, "box");
			for (i = 0; i < steps; i++)
				if (append_next(&a, NOW) == APPEND_SYNC)
					append_synced(&a, 0);
			kill(getpid(), SIGKILL);
		}
		waitpid(child, NULL, 0);
		assert_int_equal(deliver("box", "next\r\n"), 0);
		assert_file("box", steps < UNLOCKED ?
		    "before\n\n" TOP "next\n\n" :
		    "before\n\n" TOP "lost\n\n" TOP "next\n\n");
		put_file("box", "before\n\n");
	}
}

/* A lock with a length that another user could have planted, or that is none,
 * is only a lock. */
static void
test_planted(void **state)
{
	(void)state;
	put_file("box", "before\n\n");
	put_file("box.lock", "mailgrave 0x\n");
	assert_int_equal(deliver("box", "x"), EAGAIN);
	put_file("box.lock", "mailgrave 3");
	assert_int_equal(deliver("box", "x"), EAGAIN);
	put_file("box.lock", "mailgrave -3\n");
	assert_int_equal(deliver("box", "x"), EAGAIN);
	if (geteuid() == 0) {
		put_file("box.lock", "mailgrave 3\n");
		assert_int_equal(chown("box.lock", 65534, 65534), 0);
		assert_int_equal(deliver("box", "x"), EAGAIN);
	}
	assert_file("box", "before\n\n");
	assert_int_equal(unlink("box.lock"), 0);
	put_file("box.lock", "mailgrave 99\n"); /* longer than it is */
	assert_int_equal(deliver("box", "x"), 0);
	assert_file("box", "before\n\n" TOP "x\n\n");
}

/* What a power cut leaves of a lock of ours whose length never came to the disk
 * goes at once; that of others stays, and so does a procmail's. */
static void
test_empty_lock(void **state)
{
	static struct {
		char const *text;
		size_t len;
		mode_t mode;
		int error;
	} const locks[] = {
		{ "", 0, 0400, 0 }, { "\0\0\0", 3, 0400, 0 },
		{ "", 0, 0600, EAGAIN }, { "", 0, 0444, EAGAIN },
		{ "0", 1, 0400, EAGAIN }, { "\0\0\0", 3, 0600, EAGAIN },
	};
	struct utimbuf const now = { NOW, NOW };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof locks / sizeof *locks; i++) {
		int fd = open("box.lock", O_WRONLY | O_CREAT | O_EXCL, 0600);

		put_file("box", "before\n\n");
		assert_int_equal(write(fd, locks[i].text, locks[i].len),
		    locks[i].len);
		assert_int_equal(fchmod(fd, locks[i].mode), 0);
		close(fd);
		assert_int_equal(utime("box.lock", &now), 0);
		assert_int_equal(deliver("box", "x"), locks[i].error);
		assert_file("box", locks[i].error ? "before\n\n" :
		    "before\n\n" TOP "x\n\n");
		unlink("box.lock");
	}
}

/* Nobody may make a lock beside it: fcntl's is enough. */
static void
test_closed_directory(void **state)
{
	struct stat st;
	int status;
	pid_t child;

	(void)state;
	if (geteuid()) skip();
	assert_int_equal(mkdir("spool", 0755), 0);
	assert_int_equal(chmod("spool", 0755), 0);
	assert_int_equal(chmod(".", 0755), 0);
	put_file("spool/box", "before\n\n");
	assert_int_equal(chown("spool/box", 65534, 65534), 0);
	child = fork();
	if (!child) {
		if (setgid(65534) || setuid(65534)) _exit(2);
		_exit(deliver("spool/box", "x\r\n"));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_file("spool/box", "before\n\n" TOP "x\n\n");
	assert_int_equal(stat("spool/box.lock", &st), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(test_messages), TEST(test_separated), TEST(test_quoted),
		TEST(test_long), TEST(test_odd_files), TEST(test_sync_fails),
		TEST(test_full), TEST(test_locked), TEST(test_two),
		TEST(test_killed), TEST(test_planted),
		TEST(test_empty_lock),
		TEST(test_closed_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
