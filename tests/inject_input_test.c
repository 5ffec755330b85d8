/* SPDX-License-Identifier: ISC */
/* Octets from a descriptor: line ends, the lone dot, pieces that fit. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "inject/input.h"

static struct input in;

static int
file(struct slice text)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text.s, text.len), text.len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* read_all - what comes out; its length, or -1 */
static ssize_t
read_all(int fd, bool dot_ends, char *out)
{
	size_t n = 0, got;

	input_init(&in, fd, dot_ends);
	while (!in.end) {
		if (!input_read(&in, out + n, &got)) return -1;
		assert_true(got <= WIRE_BODY_MAX);
		n += got;
	}
	return (ssize_t)n;
}

static struct {
	char const *text;
	char const *plain;	/* as mailgrave-inject; NULL: refused */
	char const *dots;	/* as sendmail; NULL: refused */
} const rows[] = {
	{ "", "", "" },
	{ "a\nb\n", "a\r\nb\r\n", "a\r\nb\r\n" },
	{ "a\r\nb", "a\r\nb\r\n", "a\r\nb\r\n" },
	{ "a\n.\nb\n", "a\r\n.\r\nb\r\n", "a\r\n" },
	{ "a\r\n.\r\nb\r\n", "a\r\n.\r\nb\r\n", "a\r\n" },
	{ ".\nb\n", ".\r\nb\r\n", "" },
	{ "..\n.a\na.\n", "..\r\n.a\r\na.\r\n", "..\r\n.a\r\na.\r\n" },
	{ "a\n.", "a\r\n.\r\n", "a\r\n.\r\n" },
	{ "a\n.\nb\rc", NULL, "a\r\n" },
	{ "a\rb\n", NULL, NULL },
	{ "a\n.\rb\n", NULL, NULL },
	{ "a\r", NULL, NULL },
};

static void
test_rows(void **state)
{
	static char out[4096];
	size_t i;
	int dots;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		for (dots = 0; dots < 2; dots++) {
			char const *want = dots ? rows[i].dots : rows[i].plain;
			int fd = file(slice_of(rows[i].text));
			ssize_t n = read_all(fd, dots, out);

			close(fd);
			assert_int_equal(n, want ? (ssize_t)strlen(want) : -1);
			if (want)
				assert_memory_equal(out, want, strlen(want));
			else
				assert_int_equal(errno, EPROTO);
		}
}

static void
test_nul(void **state)
{
	static char out[64];
	int fd = file(SLICE("a\0b\n"));

	(void)state;
	assert_int_equal(read_all(fd, false, out), -1);
	assert_int_equal(errno, EPROTO);
	close(fd);
}

/* An octet at a time, as a terminal or a slow writer gives them. */
static void
test_slow(void **state)
{
	static char const text[] = "a\r\n.b\n.\r\nnever";
	static char out[256];
	int pair[2], status;
	size_t i;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (!pid) {
		for (i = 0; i < sizeof text - 1; i++)
			if (write(pair[1], text + i, 1) != 1) _exit(1);
		/* the end is the dot, not our end */
		pause();
	}
	assert_int_equal(read_all(pair[0], true, out), 7);
	assert_memory_equal(out, "a\r\n.b\r\n", 7);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(pair[0]);
	close(pair[1]);
}

/* Nothing but LF is what grows most: each piece still fits a frame. The dot's
 * line lies across the cut between two pieces, in every way. */
static void
test_cuts(void **state)
{
	size_t const len = INPUT_READ_MAX + 8;
	static char out[4 * WIRE_BODY_MAX];
	char *text = malloc(len);
	size_t at;
	int fd;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', len);
	fd = file(slice_from(text, len));
	assert_int_equal(read_all(fd, false, out), 2 * len);
	close(fd);
	for (at = INPUT_READ_MAX - 5; at < INPUT_READ_MAX + 3; at++) {
		memset(text, '\n', len);
		memcpy(text + at, ".\r\n", 3);
		fd = file(slice_from(text, len));
		assert_int_equal(read_all(fd, true, out), 2 * at);
		close(fd);
		memcpy(text + at, ".\rx", 3);
		fd = file(slice_from(text, len));
		assert_int_equal(read_all(fd, true, out), -1);
		close(fd);
		memcpy(text + at, ".xx", 3);
		fd = file(slice_from(text, len));
		assert_int_equal(read_all(fd, true, out), 2 * len - 3);
		assert_memory_equal(out + 2 * at, ".xx\r\n", 5);
		close(fd);
	}
	free(text);
}

static void
test_unreadable(void **state)
{
	static char out[64];
	int fd = dup(STDERR_FILENO);

	(void)state;
	close(fd);
	assert_int_equal(read_all(fd, false, out), -1);
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
