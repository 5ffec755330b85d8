/* SPDX-License-Identifier: ISC */
/* Forks helpers and talks to them; what they do is their owner's matter. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/ancil.h"
#include "common/helper.h"
#include "common/jail.h"
#include "common/unixsock.h"

/* A helper leaves when its daemon does: it sees the end of its socket. Signals
 * that a terminal sends to the whole group are the daemon's affair. */
static void
run(int socket, char const *name, void (*work)(int socket, void *owner),
    void *owner)
{
	sigset_t none;

	sigemptyset(&none);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigprocmask(SIG_SETMASK, &none, NULL);
	jail_name_helper(name);
	if (fcntl(socket, F_SETFL, 0) == -1) _exit(111);
	if (!jail_close_others((int const[]){ socket, -1 })) _exit(111);
	work(socket, owner);
	_exit(0);
}

int
helper_fork(char const *name, void (*work)(int socket, void *owner),
    void *owner)
{
	int pair[2], e;
	pid_t child;

	if (!unixsock_pair(pair)) return -1;
	child = fork();
	if (child == 0) run(pair[1], name, work, owner);
	e = errno;
	close(pair[1]);
	if (child != -1) return pair[0];
	close(pair[0]);
	errno = e;
	return -1;
}

bool
helper_send(int socket, void const *data, size_t len, int fd)
{
	struct iovec v = { .iov_base = (void *)(size_t)data, .iov_len = len };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	union ancil c;
	ssize_t n;

	if (fd != -1) ancil_attach(&m, &c, fd);
	do
		n = sendmsg(socket, &m, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n == (ssize_t)len;
}

ssize_t
helper_receive(int socket, void *data, size_t room, int *fd)
{
	struct iovec v = { .iov_base = data, .iov_len = room };
	union ancil c;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	ssize_t n;

	*fd = -1;
	ancil_expect(&m, &c);
	do
		n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1) return -1;
	if (!ancil_take(&m, fd)) {
		errno = m.msg_flags & MSG_TRUNC ? EPROTO : EMFILE;
		return -1;
	}
	return n;
}
