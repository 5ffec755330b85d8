/* SPDX-License-Identifier: ISC */
/* Takes descriptors from a socket, writes out and syncs what they lead to;
 * knows nothing of threads. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "common/ancil.h"
#include "common/flushduty.h"

size_t
flushduty_receive(int socket, struct flushduty d[FLUSH_MAX])
{
	struct flush_ask ask[FLUSH_MAX];
	int fd[ANCIL_MANY];
	struct iovec v = { ask, sizeof ask };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	union ancil_many room;
	size_t asks, fds, i, taken = 0;
	ssize_t n;

	ancil_expect_many(&m, &room);
	do
		n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n <= 0 || m.msg_flags & MSG_TRUNC) _exit(0);
	asks = (size_t)n / sizeof *ask;
	fds = ancil_take_many(&m, fd);
	for (i = 0; i < asks; i++) {
		bool const along = ask[i].along && taken < fds;

		d[i] = (struct flushduty){ .ask = ask[i],
		    .fd = along ? fd[taken++] : -1 };
	}
	return asks;
}

static bool
is_new(struct flushduty const *d)
{
	return d->ask.how == FLUSH_ALL && d->fd != -1;
}

/* written - 0 or errno. The kernel tells a failure once, which may be here; of
 * what can't be waited for so nothing is known before the sync. */
static int
written(int fd)
{
	if (sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE) == 0)
		return 0;
	return errno == ESPIPE || errno == ENOSYS || errno == EINTR ? 0 : errno;
}

void
flushduty_write_out(struct flushduty *d, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_new(&d[i]))
			sync_file_range(d[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	for (i = 0; i < n; i++)
		if (is_new(&d[i])) d[i].error = written(d[i].fd);
}

int
flushduty_sync(struct flushduty const *d)
{
	int error = d->error;

	if (d->fd == -1) return EBADF;
	if (!error && (d->ask.how == FLUSH_DATA ? fdatasync(d->fd) :
	    fsync(d->fd)))
		error = errno;
	close(d->fd);
	return error;
}
