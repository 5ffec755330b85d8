/* SPDX-License-Identifier: ISC */
/* Named SOCK_SEQPACKET sockets; says nothing over them. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/unixsock.h"

enum { SOCKET_KIND = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK };

static bool
set_path(struct sockaddr_un *un, char const *path)
{
	if (strlen(path) >= sizeof un->sun_path) {
		errno = ENAMETOOLONG;
		return false;
	}
	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(un->sun_path, path, strlen(path));
	return true;
}

static void
close_keep_errno(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
}

/* An open-file-description lock ends with its last descriptor, so with its
 * process, however that dies. */
static int
take_lock(char const *path)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char name[sizeof((struct sockaddr_un *)NULL)->sun_path + 8];
	int fd;

	snprintf(name, sizeof name, "%s.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1) return -1;
	if (fcntl(fd, F_OFD_SETLK, &whole) == 0) return fd;
	if (errno == EAGAIN || errno == EACCES) errno = EADDRINUSE;
	close_keep_errno(fd);
	return -1;
}

/* Whatever else has this name is not ours to remove. */
static bool
remove_stale(char const *path)
{
	struct stat st;

	if (lstat(path, &st) == -1) return errno == ENOENT;
	if (S_ISSOCK(st.st_mode)) return unlink(path) == 0;
	errno = EEXIST;
	return false;
}

int
unixsock_bind(char const *path, uid_t owner, mode_t mode, int *lock)
{
	struct sockaddr_un un;
	mode_t mask;
	int fd, bound;

	if (!set_path(&un, path)) return -1;
	*lock = take_lock(path);
	if (*lock == -1) return -1;
	fd = socket(AF_UNIX, SOCKET_KIND, 0);
	if (fd == -1) goto undo;
	if (!remove_stale(path)) goto undo;
	mask = umask(~mode & 0777);
	bound = bind(fd, (struct sockaddr *)&un, sizeof un);
	umask(mask);
	if (bound == -1) goto undo;
	if (owner != (uid_t)-1 && lchown(path, owner, (gid_t)-1) == -1)
		goto undo;
	return fd;
undo:
	if (fd != -1) close_keep_errno(fd);
	close_keep_errno(*lock);
	return -1;
}

int
unixsock_connect(char const *path)
{
	struct sockaddr_un un;
	int fd;

	if (!set_path(&un, path)) return -1;
	fd = socket(AF_UNIX, SOCKET_KIND, 0);
	if (fd == -1) return -1;
	if (connect(fd, (struct sockaddr *)&un, sizeof un) == -1) {
		close_keep_errno(fd);
		return -1;
	}
	return fd;
}

int
unixsock_accept(int listener, uid_t *uid)
{
	struct ucred who;
	socklen_t len = sizeof who;
	int fd;

	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == -1) {
		close_keep_errno(fd);
		return -1;
	}
	*uid = who.uid;
	return fd;
}

bool
unixsock_pair(int pair[2])
{
	return socketpair(AF_UNIX, SOCKET_KIND, 0, pair) == 0;
}
