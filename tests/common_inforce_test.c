/* SPDX-License-Identifier: ISC */
/* Rules that are read again: what is good comes into force, what is bad is
 * reported and changes nothing. */
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
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/inforce.h"
#include "common/log.h"

static char directory[64], routes_path[96], access_path[96], log_path[96];
static struct loop loop;
static struct inforce rules;
static int changes, losses;

static void
changed(void *owner)
{
	assert_ptr_equal(owner, &rules);
	changes++;
}

static void
lost(void)
{
	losses++;
}

/* No discard lines here. */
static char const *
objects(void *owner, struct routes const *fresh, unsigned *line)
{
	size_t i;

	(void)line;
	assert_ptr_equal(owner, &rules);
	for (i = 0; i < fresh->rows; i++)
		if (fresh->row[i].act->kind == ROUTE_DISCARD)
			return "restart needed";
	return NULL;
}

/* By another name first, as editors do. */
static void
write_file(char const *path, char const *text)
{
	char draft[128];
	int fd;

	snprintf(draft, sizeof draft, "%s.draft", path);
	fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(rename(draft, path), 0);
}

static int
start(void **state)
{
	struct jail jail = { .uid = 65534, .gid = 65534 };
	char const *base = getenv("TMPDIR");
	struct parse_error why;
	char const *file;

	(void)state;
	umask(022);
	changes = losses = 0;
	snprintf(directory, sizeof directory, "%.30s/inforce-XXXXXX",
	    base ? base : "/tmp");
	if (!mkdtemp(directory) || chmod(directory, 0755)) return -1;
	snprintf(routes_path, sizeof routes_path, "%s/routes", directory);
	snprintf(access_path, sizeof access_path, "%s/access", directory);
	snprintf(log_path, sizeof log_path, "%s/log", directory);
	log_target.fd = open(log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC,
	    0600);
	write_file(routes_path, "a@d maildir x\n");
	write_file(access_path, "relay 192.0.2.1\n");
	rules = (struct inforce){ .routes_path = routes_path,
		.access_path = access_path, .changed = changed,
		.objects = objects, .owner = &rules };
	return inforce_read(&rules, &file, &why) && loop_open(&loop) &&
	    inforce_watch(&rules, &loop, &jail, "test-reader", lost) ? 0 : -1;
}

static int
end(void **state)
{
	int fd = rules.reader.watch.fd;

	(void)state;
	loop_forget(&loop, &rules.reader.watch);
	close(fd);
	loop_close(&loop);
	inforce_free(&rules);
	close(log_target.fd);
	log_target.fd = 2;
	rm_rf(directory);
	return 0;
}

/* reload - and wait until both answers are there */
static void
reload(void)
{
	inforce_reload(&rules);
	while ((rules.reader.asked[0] || rules.reader.asked[1]) && !losses)
		assert_true(loop_turn(&loop));
	assert_int_equal(losses, 0);
}

static void
assert_logged(char const *text)
{
	char log[4096];
	ssize_t n = pread(log_target.fd, log, sizeof log - 1, 0);

	assert_true(n > 0);
	log[n] = '\0';
	if (!strstr(log, text)) fail_msg("%s is not in:\n%s", text, log);
}

static void
good_files_come_into_force(void **state)
{
	(void)state;
	write_file(routes_path, "a@d maildir y\nb@d maildir y\n");
	write_file(access_path, "");
	reload();
	assert_int_equal(changes, 2);
	assert_int_equal(rules.routes.rows, 2);
	assert_int_equal(rules.access.rules, 0);
	assert_logged("lines=2");
	assert_logged("routes");
	assert_logged("access");
	assert_logged("hash=");
}

static void
bad_ones_are_reported(void **state)
{
	(void)state;
	write_file(routes_path, "a@d maildir y\n  b@d maildir /y\n");
	write_file(access_path, "relay 192.0.2.1\nrelay nobody\n");
	reload();
	assert_int_equal(changes, 0);
	assert_int_equal(rules.routes.rows, 1);
	assert_int_equal(rules.access.rules, 1);
	assert_string_equal(rules.routes.row->act->word[0], "x");
	assert_logged(routes_path);
	assert_logged("line=2 column=15");
	assert_logged(access_path);
	assert_logged("line=2 column=7");
}

static void
a_program_may_object(void **state)
{
	struct parse_error why;
	char const *file;

	(void)state;
	write_file(routes_path, "b@d discard\n");
	reload();
	assert_int_equal(changes, 1); /* access */
	assert_string_equal(rules.routes.row->pattern, "a@d");
	assert_logged("restart needed");
	assert_false(inforce_read(&rules, &file, &why));
	assert_string_equal(why.why, "restart needed");
	assert_int_equal(why.line, 0);
}

static void
a_file_that_is_gone_is_empty(void **state)
{
	(void)state;
	unlink(routes_path);
	unlink(access_path);
	reload();
	assert_int_equal(changes, 2);
	assert_int_equal(rules.routes.rows, 0);
	assert_int_equal(rules.access.rules, 0);
	assert_logged("no-file");
}

static void
what_cannot_be_read_changes_nothing(void **state)
{
	(void)state;
	unlink(routes_path);
	assert_int_equal(mkdir(routes_path, 0755), 0);
	reload();
	assert_int_equal(changes, 1); /* access */
	assert_int_equal(rules.routes.rows, 1);
	assert_logged("reload-failed");
}

static char warned[512];

static void
warn(char const *file, struct parse_error const *what)
{
	size_t n = strlen(warned);

	snprintf(warned + n, sizeof warned - n, "%s:%u ",
	    strrchr(file, '/') + 1, what->line);
	if (strstr(what->why, "no such group")) strcat(warned, "group ");
}

static void
warnings_name_their_file(void **state)
{
	(void)state;
	write_file(routes_path, "a@d maildir x\na@d maildir y\n"
	    "b@d from us maildir x\nb@d from them maildir x\n");
	write_file(access_path, "group us 192.0.2.1\nrelay *\n");
	reload();
	inforce_warnings(&rules, warn);
	assert_string_equal(warned, "routes:2 routes:4 group access:2 ");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(good_files_come_into_force),
		TEST(bad_ones_are_reported),
		TEST(a_program_may_object),
		TEST(a_file_that_is_gone_is_empty),
		TEST(what_cannot_be_read_changes_nothing),
		TEST(warnings_name_their_file),
	};

	signal(SIGCHLD, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
