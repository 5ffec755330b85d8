/* SPDX-License-Identifier: ISC */
/* A disk that loses power: what was written to a file since its last sync is
 * kept, dropped or torn. The files are real, the syncs are not: each ends when
 * the test says so, and time goes by in turns. Instead of common/flush.c,
 * common/clock.c and of what libc has. */
#ifndef MAILGRAVE_TESTS_QUEUE_DISK_H
#define MAILGRAVE_TESTS_QUEUE_DISK_H

#include <sys/syscall.h>
#include <sys/uio.h>
#include "tests/queue_spool.h"

enum { SECTOR = 512, SYNCS_MAX = 256 };

/* The clocks */

static int64_t disk_ms = 1;
static int64_t disk_step_ms;	/* that each look at the clock takes */

int64_t
clock_monotonic_ms(void)
{
	return disk_ms += disk_step_ms;
}

int64_t
clock_wall_ms(void)
{
	return disk_ms + ((int64_t)1 << 41);
}

/* Writes */

struct disk_write {
	struct disk_write *next;	/* an older one */
	int fd;				/* the file's, our own */
	ino_t file;
	bool lost;	/* the sync that covered it has failed: none later
			 * makes it durable */
	off_t at;
	size_t len;
	char before[];
};

static struct disk_write *disk_newest;

static inline ino_t
disk_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1) abort();
	return st.st_ino;
}

/* Only the journal calls it. */
ssize_t
pwritev(int fd, struct iovec const *v, int n, off_t at)
{
	struct disk_write *w;
	size_t len = 0;
	int i;

	for (i = 0; i < n; i++)
		len += v[i].iov_len;
	w = malloc(sizeof *w + len);
	if (!w || pread(fd, w->before, len, at) != (ssize_t)len) abort();
	w->next = disk_newest;
	w->fd = dup(fd);
	w->file = disk_file(fd);
	w->lost = false;
	w->at = at;
	w->len = len;
	disk_newest = w;
	return syscall(SYS_pwritev, fd, v, (long)n, (long)at, 0L);
}

static inline void
disk_forget(struct disk_write **at)
{
	struct disk_write *w = *at;

	*at = w->next;
	close(w->fd);
	free(w);
}

static inline void
disk_durable(int fd)
{
	struct disk_write **at = &disk_newest;
	ino_t const file = disk_file(fd);

	while (*at)
		if ((*at)->file == file && !(*at)->lost)
			disk_forget(at);
		else
			at = &(*at)->next;
}

static inline void
disk_lose(int fd)
{
	ino_t const file = disk_file(fd);
	struct disk_write *w;

	for (w = disk_newest; w; w = w->next)
		if (w->file == file) w->lost = true;
}

/* Only a start calls it. */
int
fdatasync(int fd)
{
	disk_durable(fd);
	return 0;
}

/* disk_cut - the power is gone: the newest write first */
static inline void
disk_cut(void)
{
	while (disk_newest) {
		struct disk_write *w = disk_newest;
		size_t const what = seed_below(4);
		size_t n;

		for (n = 0; n < w->len; n += SECTOR)
			if (what == 0 || (what > 1 && seed_below(what) == 0))
				if (pwrite(w->fd, w->before + n, SECTOR,
				    w->at + (off_t)n) != SECTOR)
					abort();
		disk_forget(&disk_newest);
	}
}

/* Syncs */

static struct flush *disk_sync[SYNCS_MAX];
static unsigned disk_syncs;

bool
flushers_open(struct flushers *f, struct loop *on, char const *name,
    unsigned most, int64_t gather_ms, void (*lost)(void))
{
	(void)name;
	(void)most;
	(void)gather_ms;
	*f = (struct flushers){ .loop = on, .lost = lost,
	    .watch = { .fd = -1 } };
	return true;
}

void
flush_start(struct flushers *f, struct flush *job)
{
	(void)f;
	if (disk_syncs == SYNCS_MAX) abort();
	disk_sync[disk_syncs++] = job;
}

void
flush_cancel(struct flushers *f, struct flush *job)
{
	(void)f;
	(void)job;
	abort(); /* nobody here does */
}

/* disk_end_sync - of one that is under way; error - 0, or why it failed */
static inline void
disk_end_sync(unsigned i, int error)
{
	struct flush *job = disk_sync[i];

	disk_sync[i] = disk_sync[--disk_syncs];
	if (job->starting) job->starting(job->owner);
	if (error)
		disk_lose(job->fd);
	else
		disk_durable(job->fd);
	job->done(job->owner, error);
}

#endif
