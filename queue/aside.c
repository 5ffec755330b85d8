/* SPDX-License-Identifier: ISC */
/* Copies damaged octets; judges nothing and removes nothing of worth. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "common/log.h"
#include "queue/aside.h"

/* Whole, or not at all: half a copy would keep the next start from making a
 * whole one. */
static bool
write_copy(int dir, int fd, struct slice octets)
{
	return allwrite(fd, octets.s, octets.len) == octets.len &&
	    fsync(fd) == 0 && fsync(dir) == 0;
}

static void
copy(int dir, char const *name, struct slice octets)
{
	int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd == -1 && errno == EEXIST) return; /* by an earlier start */
	if (fd != -1 && write_copy(dir, fd, octets)) {
		close(fd);
		return;
	}
	log_event("damaged", LOG_TEXT("lost", name), LOG_SYS(errno));
	if (fd == -1) return;
	close(fd);
	unlinkat(dir, name, 0);
}

void
aside_keep(void *recovery, struct damage const *d)
{
	struct recovery const *r = recovery;
	char name[64] = "";

	if (d->octets.len && d->number)
		snprintf(name, sizeof name, "%016llx-%08x",
		    (unsigned long long)d->number, d->from);
	else if (d->octets.len)
		snprintf(name, sizeof name, "file-%s", d->name);
	log_event("damaged", LOG_TEXT("kept", name),
	    LOG_TEXT("segment", d->name), LOG_TEXT("what", d->what),
	    LOG_NUMBER("at", d->from), LOG_NUMBER("octets", d->octets.len),
	    LOG_TEXT("error", d->error ? strerror(d->error) : ""));
	if (*name) copy(r->damaged_dir, name, d->octets);
}
