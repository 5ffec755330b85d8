/* SPDX-License-Identifier: ISC */
/* Opens and locks a spool; reads nothing in it. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/spool.h"

enum { LOCK_TRIES = 20, LOCK_AGAIN_MS = 25 };

static int
open_folder(int spool, char const *name, bool make)
{
	if (make && mkdirat(spool, name, 0700) == -1 && errno != EEXIST)
		return -1;
	return openat(spool, name,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static bool
open_folders(struct spool *s, int spool, bool make, char const **why)
{
	*why = "open journal";
	s->journal = open_folder(spool, "journal", make);
	if (s->journal == -1) return false;
	*why = "open mess";
	s->mess = open_folder(spool, "mess", make);
	if (s->mess == -1) return false;
	*why = "open damaged";
	s->damaged = open_folder(spool, "damaged", make);
	if (s->damaged == -1) return false;
	/* the names are durable before anything is promised that lies in
	 * there, whoever made them */
	*why = "sync the spool";
	return !make || fsync(spool) == 0;
}

/* A process that was killed may have left a child that had not yet closed what
 * it inherited, the lock too: that takes a moment, a live queue longer. */
static bool
take_lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int tries;

	for (tries = 0; tries < LOCK_TRIES; tries++) {
		if (tries) poll(NULL, 0, LOCK_AGAIN_MS);
		if (fcntl(fd, F_OFD_SETLK, &whole) == 0) return true;
		if (errno != EAGAIN && errno != EACCES) return false;
	}
	return false;
}

bool
spool_open(struct spool *s, char const *path, bool make, char const **why)
{
	int spool = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), e;
	bool fine;

	*why = "open the spool";
	if (spool == -1) return false;
	fine = open_folders(s, spool, make, why);
	e = errno;
	close(spool);
	errno = e;
	if (!fine) return false;
	*why = "lock the spool";
	s->lock = openat(s->journal, "lock",
	    O_RDWR | (make ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock == -1) return false;
	if (take_lock(s->lock)) return true;
	if (errno == EAGAIN || errno == EACCES) errno = EBUSY;
	return false;
}
