/* SPDX-License-Identifier: ISC */
/* Speaks to supervisors; hears nothing. */
#include <skalibs/nonposix.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/notify.h"

/* An @ stands for the NUL of an abstract name (sd_notify(3)). */
int
notify_open(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char const *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof un.sun_path) return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1) return -1;
	memcpy(un.sun_path, path, len);
	if (*path == '@') un.sun_path[0] = '\0';
	len += offsetof(struct sockaddr_un, sun_path);
	if (connect(fd, (struct sockaddr *)&un, (socklen_t)len) == 0) return fd;
	close(fd);
	return -1;
}

void
notify_tell(int socket, char const *state)
{
	ssize_t sent;

	if (socket == -1) return;
	sent = send(socket, state, strlen(state), MSG_NOSIGNAL);
	(void)sent;
}

void
notify_line(int fd)
{
	ssize_t written = write(fd, "\n", 1);

	(void)written;
	close(fd);
}
