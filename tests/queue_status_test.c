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
#include "queue/metrics.h"
#include "queue/status.h"

enum { NOW = 1000000 };

static char printed[8192];

/* what goes to standard output meanwhile is printed[] */
static void
catch(void (*what)(struct status const *s), struct status const *s)
{
	int out = memfd_create("printed", 0), before = dup(STDOUT_FILENO);
	ssize_t n;

	assert_true(out != -1 && before != -1);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	what(s);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	n = pread(out, printed, sizeof printed - 1, 0);
	assert_true(n >= 0);
	printed[n] = '\0';
	close(out);
	close(before);
}

static void
rows(struct status const *s)
{
	status_print(s, NOW, false);
}

static void
object(struct status const *s)
{
	status_print(s, NOW, true);
}

static void
openmetrics(struct status const *s)
{
	metrics_print(s, NOW);
}

static void
print(struct status const *s, bool json)
{
	catch(json ? object : rows, s);
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

static void
count(struct status *s, enum count_of of, char const *name, uint64_t n)
{
	char copy[COMMAND_NAME_MAX + 1];
	struct command_count const c = { .of = (uint8_t)of,
		.name = slice_from(copy, strlen(name)), .n = n,
		.minute = n / 2, .hour = n / 3 };

	memcpy(copy, name, strlen(name));
	status_count(s, &c);
	memset(copy, 'x', sizeof copy); /* it was only lent */
}

static void
counts(void **state)
{
	static struct status s = { .since_s = NOW - 50 };
	size_t i;

	(void)state;
	count(&s, COUNT_ACCEPTED, "network", 60);
	count(&s, COUNT_REFUSED, "access:1", 6);
	count(&s, COUNT_REFUSED, "what a \"rule\\\n", 12);
	print(&s, false);
	assert_non_null(strstr(printed, "\n"
	    "       ALL     MINUTE       HOUR SINCE 50s AGO\n"
	    "        60         30         20 accepted from network\n"
	    "         6          3          2 refused: access:1\n"
	    "        12          6          4 refused: what a \"rule\\x5c\\x0a\n"
	    ));
	print(&s, true);
	assert_non_null(strstr(printed, ",\"since\":999950,\"accepted\":"
	    "{\"network\":{\"all\":60,\"minute\":30,\"hour\":20}},"
	    "\"tried\":{},\"refused\":{\"access:1\":{\"all\":6,"
	    "\"minute\":3,\"hour\":2},\"what a \\u0022rule\\u005c"
	    "\\u000a\":{\"all\":12,\"minute\":6,\"hour\":4}}}\n"));
	for (i = s.counts; i <= STATUS_COUNTS_MAX; i++)
		count(&s, COUNT_REFUSED, "more", 1);
	assert_int_equal(s.counts, STATUS_COUNTS_MAX);
}

static void
metrics(void **state)
{
	static struct status s;

	(void)state;
	mail(&s, STANDING_HELD, 50, 3);
	catch(openmetrics, &s);
	assert_non_null(strstr(printed,
	    "# TYPE mailgrave_waiting_oldest_seconds gauge\n"
	    "# UNIT mailgrave_waiting_oldest_seconds seconds\n"));
	assert_non_null(strstr(printed,
	    "\nmailgrave_waiting_messages{state=\"held\"} 1\n"));
	assert_non_null(strstr(printed,
	    "\nmailgrave_waiting_recipients{state=\"held\"} 3\n"));
	assert_non_null(strstr(printed,
	    "\nmailgrave_waiting_bytes{state=\"held\"} 100\n"));
	assert_non_null(strstr(printed,
	    "\nmailgrave_waiting_oldest_seconds{state=\"held\"} 50\n"));
	assert_non_null(strstr(printed,
	    "\nmailgrave_waiting_oldest_seconds{state=\"failed\"} 0\n"));
	assert_null(strstr(printed, "_total"));
	s.since_s = 1;
	count(&s, COUNT_OUTCOME, "failed", 7);
	count(&s, COUNT_REFUSED, "a \"rule\\\n\xff", 8);
	catch(openmetrics, &s);
	assert_non_null(strstr(printed,
	    "\nmailgrave_tried_recipients_total{outcome=\"failed\"} 7\n"));
	assert_non_null(strstr(printed, "\n"
	    "mailgrave_refusals_total{rule=\"a \\\"rule\\\\??\"} 8\n"
	    "# EOF\n"));
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
		cmocka_unit_test(counts),
		cmocka_unit_test(metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
