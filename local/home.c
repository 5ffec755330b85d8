/* SPDX-License-Identifier: ISC */
/* The steps of delivery.c and append.c in a row, for one message. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "common/clock.h"
#include "local/append.h"
#include "local/home.h"
#include "local/maildir.h"

enum { LOCK_PAUSE_MS = 100 };

static struct delivery_result
outcome(int error, char const *path)
{
	struct delivery_result r = { .verdict = VERDICT_OK,
				     .status = "2.0.0", .words = "" };

	if (error) r = delivery_trouble(error);
	r.where = path;
	return r;
}

/* sync_way - the directories that were made, and dir */
static int
sync_way(struct walk *way, int dir)
{
	while (way->changes) {
		int fd = way->changed[--way->changes];
		int error = fsync(fd) ? errno : 0;

		close(fd);
		if (error) return error;
	}
	return fsync(dir) ? errno : 0;
}

static int
write_file(struct home *h, int fd)
{
	int more;

	do
		more = copy_piece(&h->copy, fd);
	while (more == 1);
	return more == -1 || fsync(fd) ? errno : 0;
}

static int
deliver_new(struct home *h, struct maildir *m, char const *name)
{
	int fd = maildir_create(m, name), error;

	if (fd == -1) return errno;
	error = write_file(h, fd);
	close(fd);
	/* point of no return; a copy that is there is this very message */
	if (!error && !maildir_publish(m, name)) error = errno;
	if (error) maildir_unmake(m, name);
	return error == EEXIST ? 0 : error;
}

static int
deliver(struct home *h, struct maildir *m)
{
	char name[MAILDIR_NAME_MAX + 1];
	enum maildir_place place = MAILDIR_NOWHERE;
	int cur = -1, error = 0;

	maildir_name(name, h->arrived_s, h->id, h->rcpt,
	    slice_of(h->hostname));
	if (h->maybe) place = maildir_find(m, name, &cur);
	if (place == MAILDIR_ERROR) return errno;
	if (place == MAILDIR_NOWHERE) error = deliver_new(h, m, name);
	if (!error) error = sync_way(&m->way, cur == -1 ? m->new : cur);
	if (cur != -1) close(cur);
	return error;
}

/* open_home - links may lead there, but only to what is the user's own, or
 * root's and open to nobody else */
static int
open_home(char const *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), e;
	struct stat st;

	if (fd == -1) return -1;
	if (fstat(fd, &st) == 0) {
		if (st.st_uid == geteuid() ||
		    (!st.st_uid && !(st.st_mode & (S_IWGRP | S_IWOTH))))
			return fd;
		errno = EPERM;
	}
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

struct delivery_result
home_maildir(struct home *h, char const *directory, char const *path)
{
	int root = open_home(directory), error;
	struct maildir m;

	h->copy.form = COPY_MAIL;
	if (root == -1) return outcome(errno, path);
	if (maildir_open(&m, root, path)) {
		error = deliver(h, &m);
		maildir_close(&m);
	} else {
		error = errno;
	}
	close(root);
	return outcome(error, path);
}

static int
step_by_step(struct append *a, int64_t until_ms)
{
	struct timespec const pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };

	for (;;) {
		switch (append_next(a, clock_wall_ms() / 1000)) {
		case APPEND_WAIT:
			if (clock_monotonic_ms() >= until_ms) return EBUSY;
			nanosleep(&pause, NULL);
			break;
		case APPEND_MORE:
			break;
		case APPEND_SYNC:
			append_synced(a, fsync(a->sync) ? errno : 0);
			break;
		case APPEND_DONE:
			return a->error;
		}
	}
}

struct delivery_result
home_mbox(struct home *h, char const *directory, char const *path)
{
	int root = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;
	struct append a = { .copy = h->copy };

	a.copy.form = COPY_MBOX;
	a.copy.wall_s = (int64_t)h->arrived_s;
	if (root == -1) return outcome(errno, path);
	if (append_begin(&a, root, path)) {
		error = step_by_step(&a, clock_monotonic_ms() +
		    h->lock_time_s * INT64_C(1000));
		append_end(&a);
	} else {
		error = errno;
	}
	close(root);
	return outcome(error, path);
}
