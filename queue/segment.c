/* SPDX-License-Identifier: ISC */
/* Makes, names and opens segment files; knows nothing of records. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/segment.h"

static char const unnamed[] = "next";

enum { EXPELLED_MAX = 1000 };	/* of one name */

static bool
write_zeroes(int fd, uint32_t size)
{
	static char const zero[64 << 10];

	while (size) {
		size_t len = size < sizeof zero ? size : sizeof zero;
		ssize_t n = write(fd, zero, len);

		if (n == -1 && errno == EINTR) continue;
		if (n == -1) return false;
		size -= (uint32_t)n;
	}
	return true;
}

int
segment_make(int dir, uint32_t size)
{
	int e, fd;

	/* what an earlier start left, or anybody put there */
	if (unlinkat(dir, unnamed, 0) == -1 && errno == EISDIR)
		unlinkat(dir, unnamed, AT_REMOVEDIR);
	fd = openat(dir, unnamed, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) return -1;
	if (write_zeroes(fd, size)) return fd;
	e = errno;
	close(fd);
	unlinkat(dir, unnamed, 0);
	errno = e;
	return -1;
}

static char *
name_of(char name[SEGMENT_NAME_MAX], uint16_t n)
{
	snprintf(name, SEGMENT_NAME_MAX, "%08x", n);
	return name;
}

bool
segment_is_name(char const *name, uint16_t *n)
{
	char again[SEGMENT_NAME_MAX];
	char *end;
	unsigned long value = strtoul(name, &end, 16);

	if (*end || value > UINT16_MAX) return false;
	*n = (uint16_t)value;
	return !strcmp(name_of(again, *n), name);
}

bool
segment_name(int dir, uint16_t n)
{
	char name[SEGMENT_NAME_MAX];

	return renameat2(dir, unnamed, dir, name_of(name, n),
	    RENAME_NOREPLACE) == 0;
}

void
segment_remove(int dir, uint16_t n)
{
	char name[SEGMENT_NAME_MAX];

	unlinkat(dir, name_of(name, n), 0);
}

bool
segment_expel(int dir, uint16_t n, int damaged, char kept[SEGMENT_NAME_MAX])
{
	char name[SEGMENT_NAME_MAX];
	uint16_t again;

	name_of(name, n);
	name_of(kept, n);
	for (again = 1; again < EXPELLED_MAX; again++) {
		if (renameat2(dir, name, damaged, kept,
		    RENAME_NOREPLACE) == 0)
			return true;
		if (errno != EEXIST) break;
		snprintf(kept, SEGMENT_NAME_MAX, "%08x-%u", n,
		    (unsigned)again);
	}
	return false;
}

bool
segment_was_expelled(int damaged, uint16_t n)
{
	char name[SEGMENT_NAME_MAX];

	return faccessat(damaged, name_of(name, n), F_OK,
	    AT_SYMLINK_NOFOLLOW) == 0;
}

int
segment_open(int dir, uint16_t n, uint32_t *size)
{
	char name[SEGMENT_NAME_MAX];
	struct stat st;
	int fd = openat(dir, name_of(name, n),
	    O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd == -1) return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size >= SEGMENT_SIZE_MIN && st.st_size <= INT32_MAX) {
		*size = (uint32_t)st.st_size;
		return fd;
	}
	close(fd);
	errno = EINVAL;
	return -1;
}

bool
segment_read(int fd, char *out, uint32_t size)
{
	uint32_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, out + done, size - done, done);

		if (n == -1 && errno == EINTR) continue;
		if (n == 0) errno = EIO;
		if (n <= 0) return false;
		done += (uint32_t)n;
	}
	return true;
}
