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

char const *
neighbour_path(char const *name, char *path)
{
	static char const *const places[] = { "", "../sbin/" };
	ssize_t n = readlink("/proc/self/exe", path, NEIGHBOUR_PATH_MAX - 1);
	size_t left, i;
	char *slash;

	if (n <= 0) return name;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash) return name;
	left = NEIGHBOUR_PATH_MAX - (size_t)(slash + 1 - path);
	for (i = 0; i < sizeof places / sizeof *places; i++) {
		if ((size_t)snprintf(slash + 1, left, "%s%s", places[i],
		    name) < left && access(path, X_OK) == 0)
			return path;
	}
	return name;
}

/* 0 or an error number, as the calls it makes */
static int
spawn(char const *const *argv, int connection, int log, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	char path[NEIGHBOUR_PATH_MAX];
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
		e = posix_spawnp(pid, neighbour_path(*argv, path),
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
