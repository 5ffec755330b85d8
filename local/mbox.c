/* SPDX-License-Identifier: ISC */
/* Opens, locks, cuts back and unlocks an mbox; what is written into it is the
 * caller's matter. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "local/mbox.h"

static char const ours[] = "mailgrave "; /* in a lock, before the length */

/* of our locks; what other programs make can be written, or isn't empty */
enum { LOCK_MODE = 0400 };

bool
mbox_open(struct mbox *m, int root, char const *path)
{
	struct slice way = slice_of(path), name;

	*m = (struct mbox){ .file = -1, .lock = -1, .way = { .at = -1 } };
	while (way.len && way.s[way.len - 1] != '/')
		way.len--;
	name = slice_skip(slice_of(path), way.len);
	if (!name.len || slice_is(name, ".") || slice_is(name, "..")) {
		errno = EINVAL;
		return false;
	}
	if (name.len > NAME_MAX - sizeof ".lock" + 1) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(m->name, name.s, name.len);
	snprintf(m->lockname, sizeof m->lockname, "%s.lock", m->name);
	return walk_open(&m->way, root, way, NULL);
}

static void
close_files(struct mbox *m)
{
	int e = errno;

	if (m->file != -1) close(m->file); /* and fcntl's lock goes */
	if (m->lock != -1) close(m->lock);
	m->file = m->lock = -1;
	errno = e;
}

static bool
is_plain(int fd, struct stat *st)
{
	if (fstat(fd, st) == -1) return false;
	errno = S_ISREG(st->st_mode) ? EMLINK : EINVAL;
	return S_ISREG(st->st_mode) && st->st_nlink <= 1;
}

static bool
open_file(struct mbox *m, struct stat *st)
{
	int const how = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC;

	/* a device or fifo is not even opened: that alone may do things */
	if (fstatat(m->way.at, m->name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st->st_mode)) {
		errno = EINVAL;
		return false;
	}
	m->file = openat(m->way.at, m->name, how, 0600);
	return m->file != -1 && is_plain(m->file, st);
}

/* The lock belongs to the open file: two deliveries of one process exclude each
 * other, and closing another descriptor of the file doesn't drop it. */
static bool
lock_file(struct mbox const *m)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(m->file, F_OFD_SETLK, &whole) == 0;
}

/* length_in - what a lock of ours says: nobody holds fcntl's lock, so who made
 * it is dead; -1: it says nothing
 *   stale  it may go: it is old, or ours and its length never came to the disk,
 *          which comes before all that is written behind it */
static off_t
length_in(struct mbox const *m, int64_t wall_s, bool *stale)
{
	char text[64];
	struct slice in;
	struct stat st;
	unsigned long long n;
	ssize_t got = -1;
	int fd = openat(m->way.at, m->lockname,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	*stale = false;
	if (fd == -1) return -1;
	if (is_plain(fd, &st)) {
		*stale = wall_s - st.st_mtime > MBOX_STALE_S;
		if (st.st_uid == geteuid()) got = read(fd, text, sizeof text);
	}
	close(fd);
	if ((got == 0 || (got > 0 && !text[0])) &&
	    (st.st_mode & 07777) == LOCK_MODE)
		*stale = true;
	in = slice_from(text, got > 0 ? (size_t)got : 0);
	if (in.len <= sizeof ours || in.s[in.len - 1] != '\n' ||
	    memcmp(in.s, ours, sizeof ours - 1))
		return -1;
	in = slice_skip(slice_from(in.s, in.len - 1), sizeof ours - 1);
	return slice_number(in, INT64_MAX, &n) ? (off_t)n : -1;
}

/* take_over - a lock that nobody holds any more; what its owner left half done
 * is taken back
 *   said  it stays, for it says the length until that is on the disk */
static enum mbox_locked
take_over(struct mbox *m, struct stat const *st, int64_t wall_s, bool *said)
{
	bool stale;
	off_t const old = length_in(m, wall_s, &stale);

	if (old == -1 && !stale) return MBOX_BUSY;
	*said = old != -1 && old <= st->st_size;
	if (!*said)
		return unlinkat(m->way.at, m->lockname, 0) == 0 ? MBOX_LOCKED
								: MBOX_BUSY;
	if (ftruncate(m->file, old) == -1) return MBOX_BUSY;
	m->lock = openat(m->way.at, m->lockname,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return m->lock == -1 ? MBOX_BUSY : MBOX_LOCKED;
}

static bool
say_length(struct mbox const *m)
{
	char text[64];
	int n = snprintf(text, sizeof text, "%s%lld\n", ours,
	    (long long)m->old);

	return allwrite(m->lock, text, (size_t)n) == (size_t)n;
}

/* Where nobody may make files but the system, fcntl's lock is all there is. */
static enum mbox_locked
lock_beside(struct mbox *m, struct stat *st, int64_t wall_s, bool *said)
{
	int const how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	m->lock = openat(m->way.at, m->lockname, how, LOCK_MODE);
	if (m->lock == -1 && errno == EEXIST) {
		if (take_over(m, st, wall_s, said) != MBOX_LOCKED)
			return MBOX_BUSY;
		if (*said) return MBOX_LOCKED;
		m->lock = openat(m->way.at, m->lockname, how, LOCK_MODE);
		if (m->lock == -1 && errno == EEXIST) return MBOX_BUSY;
	}
	if (m->lock == -1)
		return errno == EACCES || errno == EPERM || errno == EROFS
		    ? MBOX_LOCKED : MBOX_ERROR;
	return MBOX_LOCKED;
}

/* still_there - the name leads to the file that is locked: readers that write
 * an mbox anew rename it */
static bool
still_there(struct mbox const *m, struct stat const *st)
{
	struct stat now;

	return fstatat(m->way.at, m->name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	    now.st_ino == st->st_ino && now.st_dev == st->st_dev;
}

static enum mbox_locked
lock_both(struct mbox *m, int64_t wall_s)
{
	struct stat st;
	enum mbox_locked got;
	bool said = false;

	if (!open_file(m, &st)) return MBOX_ERROR;
	if (!lock_file(m))
		return errno == EAGAIN || errno == EACCES ? MBOX_BUSY
							   : MBOX_ERROR;
	got = lock_beside(m, &st, wall_s, &said);
	if (got != MBOX_LOCKED) return got;
	m->old = -1; /* not known: there is nothing to go back to */
	if (!still_there(m, &st)) return MBOX_BUSY;
	m->old = lseek(m->file, 0, SEEK_END);
	if (m->old == -1) return MBOX_ERROR;
	return m->lock == -1 || said || say_length(m) ? MBOX_LOCKED
						      : MBOX_ERROR;
}

enum mbox_locked
mbox_lock(struct mbox *m, int64_t wall_s)
{
	enum mbox_locked got = lock_both(m, wall_s);

	if (got != MBOX_LOCKED) mbox_unlock(m);
	return got;
}

bool
mbox_separate(struct mbox *m)
{
	char last[2] = { '\n', '\n' };
	size_t n = m->old < 2 ? (size_t)m->old : 2;
	size_t add;

	if (!n) return true;
	if (pread(m->file, last + 2 - n, n, m->old - (off_t)n) != (ssize_t)n)
		return false;
	add = last[1] != '\n' ? 2 : last[0] != '\n';
	return allwrite(m->file, "\n\n", add) == add;
}

bool
mbox_rollback(struct mbox *m)
{
	return ftruncate(m->file, m->old) == 0;
}

void
mbox_unlock(struct mbox *m)
{
	int e = errno;

	if (m->lock != -1) unlinkat(m->way.at, m->lockname, 0);
	errno = e;
	close_files(m);
}

void
mbox_close(struct mbox *m)
{
	close_files(m);
	walk_close(&m->way);
}
