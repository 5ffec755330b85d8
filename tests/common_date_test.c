/* SPDX-License-Identifier: ISC */
/* Dates, against known ones and against libc's gmtime. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "common/date.h"
#include "tests/seed.h"

enum { ROUNDS = 100000, DAY_S = 86400, FOUR_CENTURIES_DAYS = 146097 };

static int64_t const last_s = 253402300799;

static void
knows_dates(void **state)
{
	static struct {
		int64_t wall_s;
		char const *text;
	} const rows[] = {
		{ 0, "Thu, 01 Jan 1970 00:00:00 +0000" },
		{ 951782399, "Mon, 28 Feb 2000 23:59:59 +0000" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 +0000" },
		{ 951868800, "Wed, 01 Mar 2000 00:00:00 +0000" },
		{ 1795203871, "Fri, 20 Nov 2026 19:44:31 +0000" },
		{ 2147483648, "Tue, 19 Jan 2038 03:14:08 +0000" },
		{ 4107542400, "Mon, 01 Mar 2100 00:00:00 +0000" },
		{ 253402300799, "Fri, 31 Dec 9999 23:59:59 +0000" },
		/* the first and the last there are */
		{ -1, "Thu, 01 Jan 1970 00:00:00 +0000" },
		{ INT64_MIN, "Thu, 01 Jan 1970 00:00:00 +0000" },
		{ 253402300800, "Fri, 31 Dec 9999 23:59:59 +0000" },
		{ INT64_MAX, "Fri, 31 Dec 9999 23:59:59 +0000" }
	};
	char text[DATE822_TEXT + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_ptr_equal(date822(text, rows[i].wall_s), text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
assert_as_libc(int64_t wall_s)
{
	char got[DATE822_TEXT + 1], wanted[64];
	time_t when = (time_t)wall_s;
	struct tm tm;

	assert_non_null(gmtime_r(&when, &tm));
	strftime(wanted, sizeof wanted, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	assert_string_equal(date822(got, wall_s), wanted);
}

static void
agrees_with_libc(void **state)
{
	int64_t day;
	int round;

	(void)state;
	for (day = 0; day < FOUR_CENTURIES_DAYS; day++)
		assert_as_libc(day * DAY_S + day % DAY_S);
	for (round = 0; round < ROUNDS; round++)
		assert_as_libc((int64_t)seed_below((size_t)last_s + 1));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(knows_dates),
		cmocka_unit_test(agrees_with_libc)
	};

	seed_begin();
	return seed_end(cmocka_run_group_tests(tests, NULL, NULL));
}
