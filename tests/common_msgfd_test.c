/* SPDX-License-Identifier: ISC */
/* Message descriptors: what is made, what is believed and what isn't. */
#include <skalibs/nonposix.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/msgfd.h"
#include "common/wire.h"

enum { SIZE = 5 };

static void
refused(int fd, uint64_t size, int error)
{
	errno = 0;
	assert_false(msgfd_valid(fd, size));
	assert_int_equal(errno, error);
}

static void
test_file(void **state)
{
	char path[] = "/tmp/mailgrave-msgfd-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "12345", SIZE), SIZE);
	refused(fd, SIZE, EPERM);
	close(fd);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	refused(fd, SIZE, EPERM);
	close(fd);
	fd = open(path, O_PATH | O_CLOEXEC);
	refused(fd, SIZE, EPERM);
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(msgfd_valid(fd, SIZE));
	refused(fd, SIZE - 1, EMSGSIZE);
	refused(fd, SIZE + 1, EMSGSIZE);
	refused(fd, UINT64_MAX, EMSGSIZE);
	close(fd);
	refused(fd, SIZE, EBADF);
	unlink(path);
}

static void
test_other_kinds(void **state)
{
	int pair[2], fd = open("/", O_RDONLY | O_CLOEXEC);

	(void)state;
	refused(fd, 0, EINVAL);
	close(fd);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	refused(fd, 0, EINVAL);
	close(fd);
	assert_int_equal(pipe(pair), 0);
	refused(pair[0], 0, EINVAL);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	refused(pair[0], 0, EINVAL);
	close(pair[0]);
	close(pair[1]);
}

/* All four seals, or it isn't sealed. */
static void
test_memory_file(void **state)
{
	static int const seal[] = { F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK,
		F_SEAL_SEAL };
	int const all = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK |
	    F_SEAL_SEAL;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i <= 4; i++) {
		fd = memfd_create("m", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		assert_int_equal(write(fd, "12345", SIZE), SIZE);
		assert_int_equal(fcntl(fd, F_ADD_SEALS,
		    i < 4 ? all & ~seal[i] : all), 0);
		if (i < 4)
			refused(fd, SIZE, EPERM);
		else
			assert_true(msgfd_valid(fd, SIZE));
		close(fd);
	}
	fd = memfd_create("m", MFD_CLOEXEC);
	refused(fd, 0, EPERM);
	close(fd);
}

static void
test_making(void **state)
{
	static char octets[WIRE_FRAME_MAX], back[WIRE_FRAME_MAX];
	static size_t const sizes[] = { 0, 1, sizeof octets };
	size_t i;

	(void)state;
	memset(octets, 'o', sizeof octets);
	for (i = 0; i < 3; i++) {
		int fd = msgfd_make(slice_from(octets, sizes[i]));

		assert_true(fd != -1);
		assert_true(msgfd_valid(fd, sizes[i]));
		refused(fd, sizes[i] + 1, EMSGSIZE);
		assert_int_equal(pread(fd, back, sizes[i], 0), sizes[i]);
		assert_memory_equal(back, octets, sizes[i]);
		assert_int_equal(pwrite(fd, "x", 1, 0), -1);
		assert_int_equal(ftruncate(fd, 0), sizes[i] ? -1 : 0);
		assert_int_equal(ftruncate(fd, (off_t)sizes[i] + 1), -1);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		close(fd);
	}
}

int
main(void)
{
	static struct CMUnitTest const tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_memory_file),
		cmocka_unit_test(test_making),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
