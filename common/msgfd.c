/* SPDX-License-Identifier: ISC */
/* Makes descriptors of messages, and says whether one is; never reads or closes
 * that. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "common/msgfd.h"

enum {
	SEALS = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL
};

int
msgfd_make(struct slice octets)
{
	int e, fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1) return -1;
	if (allwrite(fd, octets.s, octets.len) == octets.len &&
	    fcntl(fd, F_ADD_SEALS, SEALS) == 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

/* F_GET_SEALS fails with EINVAL on what is no memory file (or none that can be
 * sealed, which has F_SEAL_SEAL alone). */
static bool
is_sealed(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	return seals != -1 && (seals & SEALS) == SEALS;
}

/* O_PATH descriptors show O_RDONLY as well, but cannot be read. */
static bool
is_read_only(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_ACCMODE) == O_RDONLY &&
	    !(flags & O_PATH);
}

bool
msgfd_valid(int fd, uint64_t size)
{
	struct stat st;

	if (fstat(fd, &st) == -1) return false;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return false;
	}
	if (!is_sealed(fd) && !is_read_only(fd)) {
		errno = EPERM;
		return false;
	}
	if ((uint64_t)st.st_size != size) {
		errno = EMSGSIZE;
		return false;
	}
	return true;
}
