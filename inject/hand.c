/* SPDX-License-Identifier: ISC */
/* Starts the neighbour and waits for it; speaks no protocol. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/unixsock.h"
#include "inject/hand.h"

enum { CONNECTION = 3 };	/* its --in-fd */

static char const neighbour[] = "mailgrave-queue";

/* beside_us - the neighbour in the directory of our own program, else its bare
 * name for a search of PATH */
static char const *
beside_us(char *path, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", path, room);
	char *slash;

	if (n <= 0 || (size_t)n == room) return neighbour;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (!slash || (size_t)(slash + 1 - path) + sizeof neighbour > room)
		return neighbour;
	memcpy(slash + 1, neighbour, sizeof neighbour);
	return access(path, X_OK) == 0 ? path : neighbour;
}

/* Returns 0 or an error number, as the calls it makes. */
static int
spawn(struct hand *h, char const *spool, int connection)
{
	char path[4096], number[12];
	char const *program = beside_us(path, sizeof path);
	char const *argv[] = { neighbour, "--spool", spool, "--in-fd", number,
			       NULL };
	posix_spawn_file_actions_t files;
	int e;

	snprintf(number, sizeof number, "%d", CONNECTION);
	e = posix_spawn_file_actions_init(&files);
	if (e) return e;
	e = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY,
	    0);
	if (!e) e = posix_spawn_file_actions_adddup2(&files, h->log, 2);
	if (!e)
		e = posix_spawn_file_actions_adddup2(&files, connection,
		    CONNECTION);
	if (!e)
		e = posix_spawnp(&h->pid, program, &files, NULL,
		    (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	return e;
}

int
hand_start(struct hand *h, char const *spool)
{
	int pair[2], e;

	h->log = memfd_create("queue-log", MFD_CLOEXEC);
	if (h->log == -1) return -1;
	if (!unixsock_pair(pair)) {
		e = errno;
		goto undo;
	}
	e = spawn(h, spool, pair[1]);
	close(pair[1]);
	if (!e) return pair[0];
	close(pair[0]);
undo:
	close(h->log);
	errno = e;
	return -1;
}

int
hand_finish(struct hand *h, bool show)
{
	int status;

	while (waitpid(h->pid, &status, 0) == -1)
		if (errno != EINTR) return 111;
	if (show && lseek(h->log, 0, SEEK_SET) == 0) fd_cat(h->log, 2);
	close(h->log);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 111;
}
