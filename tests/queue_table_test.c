/* SPDX-License-Identifier: ISC */
/* What is printed of a message, and that nothing foreign breaks it. */
#include <skalibs/nonposix.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "queue/table.h"

static char printed[16384];

/* Print one message with these recipients; what came out is in printed. */
static void
print(enum table_style style, struct command_mail const *m,
    struct command_rcpt const *r, size_t rcpts)
{
	struct table t = { .style = style, .now_s = 1000 };
	int out = memfd_create("printed", 0), before = dup(STDOUT_FILENO);
	ssize_t n;
	size_t i;

	assert_true(out != -1 && before != -1);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	table_mail(&t, m);
	for (i = 0; i < rcpts; i++)
		table_rcpt(&t, &r[i]);
	table_end(&t);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	n = pread(out, printed, sizeof printed - 1, 0);
	assert_true(n >= 0);
	printed[n] = '\0';
	close(out);
	close(before);
}

#define HAS(text) assert_non_null(strstr(printed, text))
#define LACKS(text) assert_null(strstr(printed, text))

static struct command_mail const mail = { .sender = SLICE("s@s.test"),
	.rcpt = SLICE("a@b.test"), .rcpts = 2, .size = 10,
	.standing = STANDING_ACTIVE, .uid = 7, .envid = SLICE("Q\"Q"),
	.ret = RET_HDRS };

static struct command_rcpt const rcpts[] = {
	{ .address = SLICE("boss@b.test"), .standing = STANDING_ACTIVE,
	    .orcpt = SLICE("rfc822;sa\"les+2Bx@b.test"), .warned = 1,
	    .notify = NOTIFY_SUCCESS | NOTIFY_DELAY },
	{ .address = SLICE("c@b.test"), .standing = STANDING_ACTIVE,
	    .orcpt = SLICE("rfc822;c@b.test") },
	{ .address = SLICE("d@b.test"), .standing = STANDING_ACTIVE,
	    .orcpt = SLICE("utf-8;\\x{E9}@b.test"), .notify = NOTIFY_NEVER },
};

static void
pages(void **state)
{
	(void)state;
	print(TABLE_PAGES, &mail, rcpts, 3);
	HAS("envid      Q\"Q\nreturns    hdrs\n");
	HAS("recipient  <boss@b.test> active, tries 0, next now\n"
	    "           for <sa\"les+x@b.test>\n"
	    "           notify success,delay\n"
	    "           its sender was told of the delay\n"
	    "recipient  <c@b.test> active, tries 0, next now\n"
	    "recipient  <d@b.test>");
	HAS("for <\\xc3\\xa9@b.test>\n           notify never\n");
	print(TABLE_PAGES, &(struct command_mail){ .size = 1 }, rcpts + 1, 1);
	LACKS("envid");
	LACKS("returns");
	LACKS("notify");
	LACKS("for <");
}

static void
objects(void **state)
{
	(void)state;
	print(TABLE_JSON, &mail, rcpts, 3);
	HAS(",\"envid\":\"Q\\u0022Q\",\"ret\":\"hdrs\",\"recipients\":[{");
	HAS("{\"address\":\"boss@b.test\","
	    "\"orig_address\":\"sa\\u0022les+x@b.test\","
	    "\"notify\":[\"success\",\"delay\"],");
	HAS("{\"address\":\"c@b.test\",\"state\":");
	HAS("\"orig_address\":\"\\u00c3\\u00a9@b.test\","
	    "\"notify\":[\"never\"]");
	print(TABLE_JSON, &(struct command_mail){ .size = 1 }, rcpts + 1, 1);
	LACKS("envid");
	LACKS("\"ret\"");
	LACKS("notify");
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(pages),
		cmocka_unit_test(objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
