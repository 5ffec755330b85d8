/* SPDX-License-Identifier: ISC */
/* Finds the queue that a command asks; says nothing to it. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/jail.h"
#include "common/neighbour.h"
#include "common/unixsock.h"
#include "queue/complain.h"
#include "queue/reach.h"

static int
connect_running(struct reached *q, char const *path, char const *spool)
{
	if (!path) path = "/var/spool/mailgrave/submit.ctrl";
	q->fd = unixsock_connect(path);
	if (q->fd != -1) return 0;
	strerr_warn(PROG, ": no queue at ", path, ": ", strerror(errno),
	    spool ? NULL :
	    "; with none running, name the spool with --spool");
	return NOT_NOW;
}

/* What the queue makes in a spool must be its user's. */
static int
become_owner(struct stat const *st)
{
	struct jail const owner = { .uid = st->st_uid, .gid = st->st_gid };
	char const *why;

	if (geteuid() || !st->st_uid) return 0;
	if (jail_enter(&owner, &why)) return 0;
	return complain(NOT_NOW, why, strerror(errno));
}

/* No process has the lock: a queue that serves us alone. */
static int
start_queue(struct reached *q, char const *spool)
{
	char const *const argv[] = { "mailgrave-queue", "--spool",
	    spool, "--in-fd", NEIGHBOUR_FD_TEXT, NULL };

	q->log = memfd_create("queue-log", MFD_CLOEXEC);
	if (q->log != -1) q->fd = neighbour_start(argv, q->log, &q->child);
	if (q->fd != -1) return 0;
	return complain(NOT_NOW, "start mailgrave-queue", strerror(errno));
}

int
reach(struct reached *q, char const *submit, char const *spool)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[4096];
	struct stat st;
	int fd, code, locked;

	*q = (struct reached){ .fd = -1, .log = -1 };
	if (!spool) return connect_running(q, submit, spool);
	if ((size_t)snprintf(path, sizeof path, "%s/journal/lock", spool) >=
	    sizeof path)
		return complain(MISUSED, "--spool: too long", spool);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return complain(errno == ENOENT || errno == ENOTDIR ? MISUSED :
		    NOT_NOW, path, strerror(errno));
	locked = fcntl(fd, F_OFD_GETLK, &lock);
	if (locked == 0) locked = fstat(fd, &st);
	close(fd);
	if (locked == -1) return complain(NOT_NOW, path, strerror(errno));
	if (lock.l_type != F_UNLCK) return connect_running(q, submit, spool);
	code = become_owner(&st);
	return code ? code : start_queue(q, spool);
}
