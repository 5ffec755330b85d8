/* SPDX-License-Identifier: ISC */
/* Named sockets and the door: a stale one is replaced, a living one never, and
 * nothing but a socket is ever removed. */
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/door.h"
#include "common/log.h"
#include "common/unixsock.h"

static char directory[64], path[80];

static int
make_directory(void **state)
{
	char const *base = getenv("TMPDIR");

	(void)state;
	snprintf(directory, sizeof directory, "%.40s/unixsock-XXXXXX",
	    base ? base : "/tmp");
	if (!mkdtemp(directory)) return -1;
	snprintf(path, sizeof path, "%s/s", directory);
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	rm_rf(directory);
	return 0;
}

/* A child that serves the socket until it is killed. */
static pid_t
start_server(void)
{
	int ready[2], lock;
	char c;
	pid_t child;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	assert_true(child != -1);
	if (!child) {
		int fd = unixsock_bind(path, (uid_t)-1, 0600, &lock);

		if (fd == -1 || listen(fd, 8) == -1) _exit(1);
		if (write(ready[1], "", 1) != 1) _exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return child;
}

static void
living_is_refused_and_stale_replaced(void **state)
{
	pid_t child = start_server();
	int fd, lock, status;

	(void)state;
	assert_int_equal(unixsock_bind(path, (uid_t)-1, 0600, &lock), -1);
	assert_int_equal(errno, EADDRINUSE);
	fd = unixsock_connect(path); /* it still works */
	assert_true(fd != -1);
	close(fd);

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(unixsock_connect(path), -1);
	assert_int_equal(errno, ECONNREFUSED);
	fd = unixsock_bind(path, (uid_t)-1, 0600, &lock);
	assert_true(fd != -1);
	assert_int_equal(listen(fd, 8), 0);
	close(fd);
	close(lock);
}

static void
mode_is_what_was_asked_for(void **state)
{
	static mode_t const modes[] = { 0600, 0660, 0666 };
	mode_t mask = umask(077);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof modes / sizeof *modes; i++) {
		int lock, fd = unixsock_bind(path, (uid_t)-1, modes[i], &lock);
		struct stat st;

		assert_true(fd != -1);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i]);
		close(fd);
		close(lock);
	}
	assert_int_equal(umask(mask), 077); /* left as it was */
}

static void
path_length_has_a_limit(void **state)
{
	struct sockaddr_un un;
	char longest[sizeof un.sun_path + 1];
	size_t len = strlen(directory) + 1;
	int fd, lock;

	(void)state;
	snprintf(longest, sizeof longest, "%s/", directory);
	memset(longest + len, 'x', sizeof un.sun_path - len);
	longest[sizeof un.sun_path] = '\0';
	assert_int_equal(unixsock_bind(longest, (uid_t)-1, 0600, &lock), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(unixsock_connect(longest), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	longest[sizeof un.sun_path - 1] = '\0';
	fd = unixsock_bind(longest, (uid_t)-1, 0600, &lock);
	assert_true(fd != -1);
	assert_int_equal(listen(fd, 1), 0);
	close(unixsock_connect(longest));
	close(fd);
	close(lock);
}

/* A wrong --in must not cost anybody a file. */
static void
a_file_is_not_replaced(void **state)
{
	int lock, fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	(void)state;
	assert_int_equal(write(fd, "mine", 4), 4);
	close(fd);
	fd = unixsock_bind(path, (uid_t)-1, 0600, &lock);
	if (fd != -1) {
		close(fd);
		close(lock);
	}
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(fd, -1);
}

static void
no_directory_no_socket(void **state)
{
	int lock;

	(void)state;
	strcat(path, "/none/s");
	assert_int_equal(unixsock_bind(path, (uid_t)-1, 0600, &lock), -1);
	assert_int_equal(errno, ENOENT);
}

/* The door */

static struct loop loop;
static int entered;
static bool close_it;

static void
enter(void *owner, int fd, uid_t uid)
{
	struct door *d = owner;

	entered++;
	assert_int_equal(uid, getuid());
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
	if (close_it) door_close(d);
}

static struct door door;

static void
open_door(bool anybody, uid_t uid)
{
	entered = 0;
	close_it = false;
	assert_true(loop_open(&loop));
	door = (struct door){ .path = path, .anybody = anybody,
	    .uid = { uid }, .uids = 1, .enter = enter, .owner = &door };
	assert_true(door_bind(&door, (uid_t)-1, 0600));
	assert_true(door_open(&door, &loop));
}

static void
shut_door(void)
{
	door_close(&door);
	door_close(&door);
	close(door.lock);
	loop_close(&loop);
}

static void
knock_and_turn(int knocks)
{
	int fd[8], i;

	assert_true(knocks <= 8);
	for (i = 0; i < knocks; i++) {
		fd[i] = unixsock_connect(path);
		assert_true(fd[i] != -1);
	}
	assert_true(loop_turn(&loop));
	for (i = 0; i < knocks; i++)
		close(fd[i]);
}

static void
lets_in_by_uid(void **state)
{
	(void)state;
	open_door(false, getuid());
	knock_and_turn(5);
	assert_int_equal(entered, 5);
	shut_door();
	assert_int_equal(unixsock_connect(path), -1);

	open_door(false, getuid() + 1);
	knock_and_turn(5);
	assert_int_equal(entered, 0);
	shut_door();

	open_door(true, getuid() + 1);
	knock_and_turn(1);
	assert_int_equal(entered, 1);
	shut_door();
}

static void
may_be_closed_by_who_enters(void **state)
{
	(void)state;
	open_door(true, 0);
	close_it = true;
	knock_and_turn(3);
	assert_int_equal(entered, 1);
	shut_door();
}

/* Without a descriptor for it a caller stays outside, the loop rests, and
 * later all is well. */
static void
a_shortage_passes(void **state)
{
	struct rlimit limit, tight;
	int caller;

	(void)state;
	open_door(true, 0);
	caller = unixsock_connect(path);
	assert_true(caller != -1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	tight = limit;
	tight.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	assert_true(loop_turn(&loop));
	assert_int_equal(entered, 0);
	assert_true(timer_is_armed(&door.rest));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (!entered)
		assert_true(loop_turn(&loop));
	close(caller);
	shut_door();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_directory, \
    remove_directory)

int
main(void)
{
	struct CMUnitTest const tests[] = {
		TEST(living_is_refused_and_stale_replaced),
		TEST(mode_is_what_was_asked_for),
		TEST(path_length_has_a_limit),
		TEST(a_file_is_not_replaced),
		TEST(no_directory_no_socket),
		TEST(lets_in_by_uid),
		TEST(may_be_closed_by_who_enters),
		TEST(a_shortage_passes),
	};

	log_target.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
