/* SPDX-License-Identifier: ISC */
/* Starts a program of ours and waits for it; speaks no protocol. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/neighbour.h"
#include "common/unixsock.h"

/* The program in the directory of our own, else its bare name for a search of
 * PATH. */
static char const *
beside_us(char const *name, char *path, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", path, room - 1);
	char *slash;
	size_t left;

	if (n <= 0) return name;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash) return name;
	left = room - (size_t)(slash + 1 - path);
	if ((size_t)snprintf(slash + 1, left, "%s", name) >= left) return name;
	return access(path, X_OK) == 0 ? path : name;
}

/* 0 or an error number, as the calls it makes */
static int
spawn(char const *const *argv, int connection, int log, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	char path[4096];
	int e = posix_spawn_file_actions_init(&files);

	if (e) return e;
	e = posix_spawn_file_actions_adddup2(&files, log, 2);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&files, connection,
		    NEIGHBOUR_FD);
	if (!e)
		e = posix_spawn_file_actions_addopen(&files, 0, "/dev/null",
		    O_RDONLY, 0);
	/* ours may be a client that waits for the end of the connection */
	if (!e)
		e = posix_spawn_file_actions_addopen(&files, 1, "/dev/null",
		    O_WRONLY, 0);
	if (!e)
		e = posix_spawnp(pid, beside_us(*argv, path, sizeof path),
		    &files, NULL, (char *const *)(size_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return e;
}

int
neighbour_start(char const *const *argv, int log, pid_t *pid)
{
	int pair[2], e;

	if (!unixsock_pair(pair)) return -1;
	e = spawn(argv, pair[1], log, pid);
	close(pair[1]);
	if (!e) return pair[0];
	close(pair[0]);
	errno = e;
	return -1;
}

int
neighbour_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR) return 111;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 111;
}
