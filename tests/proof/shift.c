/* SPDX-License-Identifier: ISC */
/* Loaded in front of the C library (LD_PRELOAD) by e2e_clock.sh: the wall clock
 * of each process goes wrong by as many seconds as the eight octets of the file
 * CLOCK_SHIFT say, at once for all of them. The file is mapped at the start, so
 * it reaches into every jail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int64_t const none;
static int64_t const volatile *shift_s = &none;

__attribute__((constructor)) static void
map_shift(void)
{
	char const *path = getenv("CLOCK_SHIFT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p;

	if (fd < 0) return;
	p = mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED) shift_s = p;
	close(fd);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	static __typeof__(clock_gettime) *hidden;

	if (!hidden) hidden = (__typeof__(hidden))dlsym(RTLD_NEXT, __func__);
	if (hidden(clock, now) < 0) return -1;
	if (clock == CLOCK_REALTIME) now->tv_sec += *shift_s;
	return 0;
}
