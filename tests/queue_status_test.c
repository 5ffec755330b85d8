/* SPDX-License-Identifier: ISC */
/* What mail adds up to. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "queue/status.h"

enum { NOW = 1000000 };

static char printed[4096];

static void
print(struct status const *s, bool json)
{
	int out = memfd_create("printed", 0), before = dup(STDOUT_FILENO);
	ssize_t n;

	assert_true(out != -1 && before != -1);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	status_print(s, NOW, json);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	n = pread(out, printed, sizeof printed - 1, 0);
	assert_true(n >= 0);
	printed[n] = '\0';
	close(out);
	close(before);
}

static void
mail(struct status *s, enum standing standing, uint64_t age_s,
    uint32_t rcpts)
{
	struct command_mail const m = { .standing = (uint8_t)standing,
		.arrived_s = NOW - age_s, .rcpts = rcpts, .size = 100 };

	status_mail(s, &m, NOW);
}

static void
nothing(void **state)
{
	struct status const s = { 0 };

	(void)state;
	print(&s, false);
	assert_non_null(strstr(printed,
	    "\nall               0          0      0      -\n"));
	print(&s, true);
	assert_non_null(strstr(printed, "{\"messages\":0,\"recipients\":0,"
	    "\"octets\":0,\"oldest_arrival_time\":null,"));
}

static void
sums(void **state)
{
	struct status s = { 0 };

	(void)state;
	mail(&s, STANDING_HELD, 50, 1);
	mail(&s, STANDING_DEFERRED, 60, 2);
	mail(&s, STANDING_DEFERRED, 90, 3);
	mail(&s, STANDING_DEFERRED, 70, 4);
	print(&s, false);
	assert_non_null(strstr(printed,
	    "\nheld              1          1    100    50s\n"));
	assert_non_null(strstr(printed,
	    "\nfailed            0          0      0      -\n"));
	assert_non_null(strstr(printed,
	    "\ndeferred          3          9    300    90s\n"));
	assert_non_null(strstr(printed,
	    "\nall               4         10    400    90s\n"));
	print(&s, true);
	assert_non_null(strstr(printed, "\"deferred\":{\"messages\":3,"
	    "\"recipients\":9,\"octets\":300,"
	    "\"oldest_arrival_time\":999910}"));
	assert_int_equal(strlen(printed), strcspn(printed, "\n") + 1);
}

/* one on each side of each limit; what arrives from the future is young */
static void
ages(void **state)
{
	struct status s = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < STATUS_AGES - 1; i++) {
		mail(&s, STANDING_ACTIVE, (uint64_t)status_age[i].below_s - 1,
		    1);
		mail(&s, STANDING_ACTIVE, (uint64_t)status_age[i].below_s, 1);
	}
	mail(&s, STANDING_ACTIVE, (uint64_t)-5, 1);
	assert_int_equal(s.age[0], 2);
	for (i = 1; i < STATUS_AGES - 1; i++)
		assert_int_equal(s.age[i], 2);
	assert_int_equal(s.age[STATUS_AGES - 1], 1);
	print(&s, false);
	assert_non_null(strstr(printed, "\nyounger than 10m: 2, 1h: 2, 4h: 2, "
	    "1d: 2, 5d: 2, older: 1\n"));
	print(&s, true);
	assert_non_null(strstr(printed, "\"ages\":{\"10m\":2,\"1h\":2,"
	    "\"4h\":2,\"1d\":2,\"5d\":2,\"older\":1}}\n"));
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(sums),
		cmocka_unit_test(ages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
