/* SPDX-License-Identifier: ISC */
/* The files of a Maildir, in a directory of our own. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "local/maildir.h"

static char directory[64];
static int root = -1;
static char const name[] = "1700000000.01h0000000000000000000000_0.mx";

static int
set_up(void **state)
{
	(void)state;
	umask(077);
	snprintf(directory, sizeof directory, "/tmp/mailgrave-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(root != -1);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(root);
	return rm_rf(directory);
}

static void
put_file(char const *path, char const *text)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static bool
is_file(char const *path, char const *text)
{
	char got[64];
	int fd = openat(root, path, O_RDONLY);
	ssize_t n;

	if (fd == -1) return false;
	n = read(fd, got, sizeof got);
	close(fd);
	return n == (ssize_t)strlen(text) && !memcmp(got, text, (size_t)n);
}

static mode_t
mode(char const *path)
{
	struct stat st;

	assert_int_equal(fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode;
}

static void
test_name(void **state)
{
	struct traceid id = { .octet = { 1 } };
	char text[TRACEID_TEXT + 1], want[256], got[MAILDIR_NAME_MAX + 1];

	(void)state;
	traceid_format(text, &id);
	maildir_name(got, 1700000000, &id, 7, SLICE("mx.example.org"));
	snprintf(want, sizeof want, "1700000000.%s_7.mx.example.org", text);
	assert_string_equal(got, want);
	maildir_name(got, 1, &id, 0, SLICE("a/b:c"));
	snprintf(want, sizeof want, "1.%s_0.a\\057b\\072c", text);
	assert_string_equal(got, want);
}

static void
test_name_limits(void **state)
{
	struct traceid id = { .octet = { 1 } };
	char host[256], n[MAILDIR_NAME_MAX + 1], more[MAILDIR_NAME_MAX + 1];

	(void)state;
	memset(host, 'h', sizeof host);
	maildir_name(n, UINT64_MAX, &id, UINT32_MAX,
	    slice_from(host, MAILDIR_HOST_MAX));
	assert_int_equal(strlen(n), MAILDIR_NAME_MAX);
	maildir_name(more, UINT64_MAX, &id, UINT32_MAX,
	    slice_from(host, MAILDIR_HOST_MAX + 1));
	assert_string_equal(n, more);
	assert_true(MAILDIR_NAME_MAX + sizeof ":2,DFPRST" <= NAME_MAX);
	/* an escape is never cut */
	host[MAILDIR_HOST_MAX - 4] = '/';
	maildir_name(n, 1, &id, 1, slice_from(host, MAILDIR_HOST_MAX - 3));
	assert_string_equal(n + strlen(n) - 4, "\\057");
	memset(host, 'h', sizeof host);
	host[MAILDIR_HOST_MAX - 3] = '/';
	maildir_name(n, 1, &id, 1, slice_from(host, MAILDIR_HOST_MAX));
	assert_string_equal(n + strlen(n) - 4, "hhhh");
}

static void
test_made_on_demand(void **state)
{
	struct maildir m;
	int fd;

	(void)state;
	assert_true(maildir_open(&m, root, "a/./b//"));
	/* root, a and a/b got entries */
	assert_int_equal(m.way.changes, 3);
	assert_int_equal(mode("a"), S_IFDIR | 0700);
	assert_int_equal(mode("a/b/cur"), S_IFDIR | 0700);
	assert_int_equal(mode("a/b/tmp"), S_IFDIR | 0700);
	assert_int_equal(mode("a/b/new"), S_IFDIR | 0700);
	fd = maildir_create(&m, name);
	assert_true(fd != -1);
	close(fd);
	assert_true(maildir_publish(&m, name));
	maildir_close(&m);
	assert_int_equal(m.new, -1);
	assert_true(maildir_open(&m, root, "a/b"));
	assert_int_equal(m.way.changes, 0);
	assert_int_equal(fchdir(m.new), 0);
	assert_int_equal(access(name, F_OK), 0);
	assert_int_equal(chdir("/"), 0);
	maildir_close(&m);
}

static void
test_paths(void **state)
{
	char deep[2 * WALK_DEPTH_MAX + 3];
	char longest[NAME_MAX + 2];
	struct maildir m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof deep - 1; i++)
		deep[i] = i & 1 ? '/' : 'd';
	deep[2 * WALK_DEPTH_MAX] = '\0';
	assert_true(maildir_open(&m, root, deep));
	assert_int_equal(m.way.changes, WALK_DEPTH_MAX + 1);
	maildir_close(&m);
	deep[2 * WALK_DEPTH_MAX] = 'd';
	deep[2 * WALK_DEPTH_MAX + 1] = '\0';
	assert_false(maildir_open(&m, root, deep));
	assert_int_equal(errno, EINVAL);

	memset(longest, 'n', sizeof longest);
	longest[NAME_MAX] = '\0';
	assert_true(maildir_open(&m, root, longest));
	maildir_close(&m);
	longest[NAME_MAX] = 'n';
	longest[NAME_MAX + 1] = '\0';
	assert_false(maildir_open(&m, root, longest));
	assert_int_equal(errno, ENAMETOOLONG);

	assert_false(maildir_open(&m, root, ""));
	assert_int_equal(errno, EINVAL);
	assert_false(maildir_open(&m, root, "./"));
	assert_int_equal(errno, EINVAL);
	assert_false(maildir_open(&m, root, "a/../b"));
	assert_int_equal(errno, EINVAL);
	assert_false(maildir_open(&m, root, ".."));
	assert_int_equal(errno, EINVAL);
}

/* No link anywhere on the way, wherever it leads. */
static void
test_links_refused(void **state)
{
	static char const *const at[] = { "box", "box/new", "box/tmp",
					  "box/cur", "up" };
	static char const *const path[] = { "box", "box", "box", "box",
					    "up/box" };
	struct maildir m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof at / sizeof *at; i++) {
		char box[80];

		snprintf(box, sizeof box, "%s/box", directory);
		assert_int_equal(rm_rf(box), 0);
		if (strchr(at[i], '/'))
			assert_int_equal(mkdirat(root, "box", 0700), 0);
		assert_int_equal(symlinkat(directory, root, at[i]), 0);
		assert_false(maildir_open(&m, root, path[i]));
		assert_int_equal(errno, ENOTDIR);
		assert_int_equal(unlinkat(root, at[i], 0), 0);
		assert_int_equal(symlinkat("/tmp", root, at[i]), 0);
		assert_false(maildir_open(&m, root, path[i]));
		assert_int_equal(errno, ENOTDIR);
		assert_int_equal(unlinkat(root, at[i], 0), 0);
	}
	put_file("file", "");
	assert_false(maildir_open(&m, root, "file/box"));
	assert_int_equal(errno, ENOTDIR);
	assert_true(maildir_open(&m, root, "box"));
	maildir_close(&m);
}

/* A link in place of our own file is removed, not followed. */
static void
test_leftover(void **state)
{
	struct maildir m;
	char path[128];
	int fd;

	(void)state;
	assert_true(maildir_open(&m, root, "box"));
	snprintf(path, sizeof path, "box/tmp/%s", name);
	put_file(path, "half of it");
	fd = maildir_create(&m, name);
	assert_true(fd != -1);
	close(fd);
	assert_true(is_file(path, ""));
	assert_int_equal(mode(path), S_IFREG | 0600);
	maildir_unmake(&m, name);
	assert_false(is_file(path, ""));
	put_file("victim", "precious");
	assert_int_equal(symlinkat("../../victim", root, path), 0);
	fd = maildir_create(&m, name);
	assert_true(fd != -1);
	close(fd);
	assert_true(is_file("victim", "precious"));
	assert_int_equal(mode(path), S_IFREG | 0600);
	maildir_close(&m);
}

static void
check_publish(void)
{
	struct maildir m;
	char tmp[128], new[128];

	assert_true(maildir_open(&m, root, "box"));
	snprintf(tmp, sizeof tmp, "box/tmp/%s", name);
	snprintf(new, sizeof new, "box/new/%s", name);
	put_file(tmp, "first");
	assert_true(maildir_publish(&m, name));
	assert_true(is_file(new, "first"));
	assert_false(is_file(tmp, "first"));
	put_file(tmp, "second");
	assert_false(maildir_publish(&m, name));
	assert_int_equal(errno, EEXIST);
	assert_true(is_file(new, "first"));
	assert_true(is_file(tmp, "second"));
	maildir_retract(&m, name);
	assert_false(is_file(new, "first"));
	maildir_close(&m);
}

static void
test_publish(void **state)
{
	(void)state;
	check_publish();
}

/* The same where the kernel or the file system lacks that rename. */
static void
test_publish_by_link(void **state)
{
	scmp_filter_ctx filter;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid) {
		filter = seccomp_init(SCMP_ACT_ALLOW);
		if (!filter || seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
		    SCMP_SYS(renameat2), 0) || seccomp_load(filter))
			_exit(99);
		seccomp_release(filter);
		if (renameat2(root, ".", root, "b", RENAME_NOREPLACE) == 0 ||
		    (errno != EINVAL && errno != ENOSYS))
			_exit(98);
		check_publish();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_find(void **state)
{
	struct maildir m;
	char path[128];
	int cur;

	(void)state;
	assert_true(maildir_open(&m, root, "box"));
	assert_int_equal(maildir_find(&m, name, &cur), MAILDIR_NOWHERE);
	snprintf(path, sizeof path, "box/cur/%s1", name);
	put_file(path, "");
	snprintf(path, sizeof path, "box/cur/%s:1,S", name);
	put_file(path, "");
	snprintf(path, sizeof path, "box/cur/x%s:2,S", name);
	put_file(path, "");
	snprintf(path, sizeof path, "box/tmp/%s", name);
	put_file(path, "");
	assert_int_equal(maildir_find(&m, name, &cur), MAILDIR_NOWHERE);
	snprintf(path, sizeof path, "box/cur/%s:2,FRS", name);
	put_file(path, "");
	assert_int_equal(maildir_find(&m, name, &cur), MAILDIR_CUR);
	assert_int_equal(fsync(cur), 0);
	close(cur);
	assert_int_equal(unlinkat(root, path, 0), 0);
	snprintf(path, sizeof path, "box/cur/%s", name);
	put_file(path, "");
	assert_int_equal(maildir_find(&m, name, &cur), MAILDIR_CUR);
	close(cur);
	assert_int_equal(unlinkat(root, path, 0), 0);
	snprintf(path, sizeof path, "box/new/%s", name);
	put_file(path, "");
	assert_int_equal(maildir_find(&m, name, &cur), MAILDIR_NEW);
	assert_int_equal(unlinkat(root, path, 0), 0);
	/* what can't be searched isn't "nowhere" */
	assert_int_equal(renameat(root, "box/cur", root, "box/old"), 0);
	assert_int_equal(maildir_find(&m, name, &cur), MAILDIR_ERROR);
	assert_int_equal(symlinkat("old", root, "box/cur"), 0);
	assert_int_equal(maildir_find(&m, name, &cur), MAILDIR_ERROR);
	maildir_close(&m);
}

int
main(void)
{
	struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_name_limits),
		cmocka_unit_test_setup_teardown(test_made_on_demand, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_paths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_links_refused, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_leftover, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_publish, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_publish_by_link, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
