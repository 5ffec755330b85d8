/* SPDX-License-Identifier: ISC */
/* Starts a queue, keeps what it says, waits for it; speaks no protocol. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include <skalibs/djbunix.h>
#include "common/neighbour.h"
#include "inject/hand.h"

int
hand_start(struct hand *h, char const *spool)
{
	char const *const argv[] = { "mailgrave-queue", "--spool", spool,
				     "--in-fd", NEIGHBOUR_FD_TEXT, NULL };
	int fd, e;

	h->log = memfd_create("queue-log", MFD_CLOEXEC);
	if (h->log == -1) return -1;
	fd = neighbour_start(argv, h->log, &h->pid);
	if (fd != -1) return fd;
	e = errno;
	close(h->log);
	errno = e;
	return -1;
}

int
hand_finish(struct hand *h, bool show)
{
	int code = neighbour_wait(h->pid);

	if (show && lseek(h->log, 0, SEEK_SET) == 0) fd_cat(h->log, 2);
	close(h->log);
	return code;
}
