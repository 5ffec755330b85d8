/* SPDX-License-Identifier: ISC */
/* Loaded in front of the C library (LD_PRELOAD) by faults.py: SHORT=NAME:N
 * makes the N-th call of that name in each process transfer half of what it
 * could, as a full disk, a signal or a slow peer may; and says so on stderr.
 * Files, pipes and streams only: a datagram is never short. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static bool
is_stream(int fd)
{
	struct stat st;
	int type = 0, e = errno;
	socklen_t len = sizeof type;
	bool stream = fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) ||
	    S_ISFIFO(st.st_mode) || (S_ISSOCK(st.st_mode) &&
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_STREAM));

	errno = e;
	return stream;
}

/* how much of it this call may transfer */
static size_t
allowed(char const *name, int fd, size_t n)
{
	static char const said[] = "ev=short-count\n";
	static unsigned long calls;
	char const *wanted = getenv("SHORT");
	size_t len = strlen(name);
	int e = errno;

	if (!wanted || strncmp(wanted, name, len) || wanted[len] != ':')
		return n;
	if (n < 2 || fd == STDERR_FILENO || !is_stream(fd)) return n;
	if (++calls != strtoul(wanted + len + 1, NULL, 10)) return n;
	(void)!write(STDERR_FILENO, said, sizeof said - 1);
	errno = e;
	return n / 2;
}

/* the function of this name that is hidden by ours */
#define HIDDEN(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

ssize_t
read(int fd, void *s, size_t n)
{
	return HIDDEN(read)(fd, s, allowed("read", fd, n));
}

ssize_t
pread(int fd, void *s, size_t n, off_t at)
{
	return HIDDEN(pread)(fd, s, allowed("pread", fd, n), at);
}

ssize_t
write(int fd, void const *s, size_t n)
{
	return HIDDEN(write)(fd, s, allowed("write", fd, n));
}

ssize_t
pwrite(int fd, void const *s, size_t n, off_t at)
{
	return HIDDEN(pwrite)(fd, s, allowed("pwrite", fd, n), at);
}

ssize_t
recv(int fd, void *s, size_t n, int flags)
{
	return HIDDEN(recv)(fd, s, allowed("recv", fd, n), flags);
}

ssize_t
send(int fd, void const *s, size_t n, int flags)
{
	return HIDDEN(send)(fd, s, allowed("send", fd, n), flags);
}

/* half of it: the whole of as many as fit, and a part of one */
ssize_t
pwritev(int fd, struct iovec const *v, int n, off_t at)
{
	struct iovec half[n > 0 ? n : 1];
	size_t whole = 0, left;
	int i, used = 0;

	for (i = 0; i < n; i++) whole += v[i].iov_len;
	left = allowed("pwritev", fd, whole);
	for (i = 0; i < n && left; i++) {
		half[used] = v[i];
		if (half[used].iov_len > left) half[used].iov_len = left;
		left -= half[used++].iov_len;
	}
	return HIDDEN(pwritev)(fd, half, used, at);
}
