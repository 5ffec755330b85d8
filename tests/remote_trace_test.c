/* SPDX-License-Identifier: ISC */
/* What --verbose shows of a dialogue, by hand. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "remote/trace.h"

static void
test_escape(void **state)
{
	char out[4 * 8];
	size_t n = trace_escape(out, slice_from("a\033\\\0\xff ~", 7));

	(void)state;
	assert_true(slice_is(slice_from(out, n), "a\\x1b\\x5c\\x00\\xff ~"));
}

/* Standard error as a file, while the test lasts. */
static size_t
shown(char *out, size_t room, struct slice first, struct slice rest)
{
	static struct trace trace;
	int file = memfd_create("stderr", MFD_CLOEXEC), kept = dup(2);
	ssize_t n;

	trace.len = 0;
	assert_int_equal(dup2(file, 2), 2);
	trace_feed(&trace, TRACE_HEARD, NULL, first);
	trace_feed(&trace, TRACE_HEARD, NULL, rest);
	assert_int_equal(dup2(kept, 2), 2);
	n = pread(file, out, room, 0);
	close(file);
	close(kept);
	assert_true(n >= 0);
	return (size_t)n;
}

static void
test_lines(void **state)
{
	struct slice text = SLICE("220 a\r\n250-b\r\nhalf");
	char out[256];
	size_t cut, n;

	(void)state;
	for (cut = 0; cut <= text.len; cut++) {
		n = shown(out, sizeof out, slice_from(text.s, cut),
		    slice_skip(text, cut));
		assert_true(slice_is(slice_from(out, n),
		    "< 220 a\n< 250-b\n"));
	}
}

static void
test_line_max(void **state)
{
	char in[TRACE_LINE_MAX + 2], out[TRACE_LINE_MAX + 64];
	size_t len, n;

	(void)state;
	for (len = TRACE_LINE_MAX; len <= TRACE_LINE_MAX + 1; len++) {
		memset(in, 'x', sizeof in);
		in[len] = '\n';
		n = shown(out, sizeof out, slice_from(in, len + 1),
		    SLICE(""));
		assert_int_equal(n, TRACE_LINE_MAX + 3);
	}
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_line_max),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
