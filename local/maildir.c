/* SPDX-License-Identifier: ISC */
/* Makes, finds, moves and removes the files of a Maildir; never syncs and
 * never looks into one. */
#include <skalibs/nonposix.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "local/maildir.h"

static size_t
escape(char *out, struct slice host)
{
	size_t i, n = 0;

	for (i = 0; i < host.len; i++) {
		char const octet[] = { host.s[i], '\0' };
		char const *text = octet;
		size_t len;

		if (host.s[i] == '/') text = "\\057";
		if (host.s[i] == ':') text = "\\072";
		len = strlen(text);
		if (n + len > MAILDIR_HOST_MAX) break;
		memcpy(out + n, text, len);
		n += len;
	}
	return n;
}

void
maildir_name(char name[MAILDIR_NAME_MAX + 1], uint64_t arrived_s,
    struct traceid const *id, uint32_t rcpt, struct slice host)
{
	char text[TRACEID_TEXT + 1];
	size_t n;

	n = (size_t)snprintf(name, MAILDIR_NAME_MAX + 1, "%llu.%s_%lu.",
	    (unsigned long long)arrived_s, traceid_format(text, id),
	    (unsigned long)rcpt);
	n += escape(name + n, host);
	name[n] = '\0';
}

static void
close_keep_errno(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
}

/* One step and no symbolic link: what openat2 would say of a whole path. */
static int
open_directory(int at, char const *name)
{
	return openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* open_or_make - *made is set when the directory is new */
static int
open_or_make(int at, char const *name, bool *made)
{
	int fd = open_directory(at, name);

	if (fd != -1 || errno != ENOENT) return fd;
	if (mkdirat(at, name, 0700) == 0)
		*made = true;
	else if (errno != EEXIST)
		return -1;
	return open_directory(at, name);
}

/* next_step - the next name in path that means a step; false at its end */
static bool
next_step(struct slice *path, struct slice *step)
{
	do {
		size_t n = slice_find(*path, '/');

		if (!path->len) return false;
		*step = slice_from(path->s, n);
		*path = slice_skip(*path, n + 1);
	} while (!step->len || slice_is(*step, "."));
	return true;
}

/* descend - one step from the box so far, which becomes what is below; the
 * directory above stays open when an entry was made in it */
static bool
descend(struct maildir *m, struct slice step)
{
	char name[NAME_MAX + 1];
	bool made = false;
	int fd;

	if (step.len > NAME_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (slice_is(step, "..")) {
		errno = EINVAL;
		return false;
	}
	memcpy(name, step.s, step.len);
	name[step.len] = '\0';
	fd = open_or_make(m->box, name, &made);
	if (fd == -1) return false;
	if (made)
		m->changed[m->changes++] = m->box;
	else
		close(m->box);
	m->box = fd;
	return true;
}

/* The three directories of a Maildir; cur is only opened when it is searched,
 * but must be there for those who read. */
static bool
open_parts(struct maildir *m)
{
	bool made = false;
	int cur = open_or_make(m->box, "cur", &made);

	if (cur == -1) return false;
	close(cur);
	m->tmp = open_or_make(m->box, "tmp", &made);
	if (m->tmp == -1) return false;
	m->new = open_or_make(m->box, "new", &made);
	if (m->new == -1) return false;
	if (!made) return true;
	m->changed[m->changes] = fcntl(m->box, F_DUPFD_CLOEXEC, 0);
	if (m->changed[m->changes] == -1) return false;
	m->changes++;
	return true;
}

bool
maildir_open(struct maildir *m, int root, char const *path)
{
	struct slice rest = slice_of(path), step;
	size_t depth = 0;

	*m = (struct maildir){ .new = -1, .tmp = -1 };
	m->box = open_directory(root, ".");
	if (m->box == -1) return false;
	while (next_step(&rest, &step)) {
		errno = EINVAL;
		if (depth++ == MAILDIR_DEPTH_MAX || !descend(m, step))
			goto undo;
	}
	errno = EINVAL;
	if (depth && open_parts(m)) return true;
undo:
	maildir_close(m);
	return false;
}

void
maildir_close(struct maildir *m)
{
	int *const fds[] = { &m->box, &m->new, &m->tmp };
	size_t i;

	while (m->changes)
		close_keep_errno(m->changed[--m->changes]);
	for (i = 0; i < sizeof fds / sizeof *fds; i++) {
		if (*fds[i] != -1) close_keep_errno(*fds[i]);
		*fds[i] = -1;
	}
}

int
maildir_create(struct maildir const *m, char const *name)
{
	int const how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(m->tmp, name, how, 0600);

	if (fd != -1 || errno != EEXIST) return fd;
	if (unlinkat(m->tmp, name, 0) == -1) return -1;
	return openat(m->tmp, name, how, 0600);
}

bool
maildir_publish(struct maildir const *m, char const *name)
{
	if (renameat2(m->tmp, name, m->new, name, RENAME_NOREPLACE) == 0)
		return true;
	/* file systems that know no such rename, as NFS */
	if (errno != EINVAL && errno != ENOSYS) return false;
	if (linkat(m->tmp, name, m->new, name, 0) == -1) return false;
	maildir_unmake(m, name);
	return true;
}

void
maildir_unmake(struct maildir const *m, char const *name)
{
	int e = errno;

	unlinkat(m->tmp, name, 0);
	errno = e;
}

void
maildir_retract(struct maildir const *m, char const *name)
{
	int e = errno;

	unlinkat(m->new, name, 0);
	errno = e;
}

/* NAME, or NAME:2,flags */
static bool
is_copy(char const *entry, char const *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 &&
	    (!entry[n] || strncmp(entry + n, ":2,", 3) == 0);
}

/* search - 1 there is one, 0 there is none, -1 errno */
static int
search(int directory, char const *name)
{
	struct dirent const *entry;
	DIR *dir;
	int fd = fcntl(directory, F_DUPFD_CLOEXEC, 0), e;

	if (fd == -1) return -1;
	dir = fdopendir(fd);
	if (!dir) {
		close_keep_errno(fd);
		return -1;
	}
	do {
		errno = 0;
		entry = readdir(dir);
	} while (entry && !is_copy(entry->d_name, name));
	e = errno;
	closedir(dir);
	errno = e;
	if (entry) return 1;
	return e ? -1 : 0;
}

enum maildir_place
maildir_find(struct maildir const *m, char const *name, int *cur)
{
	struct stat st;
	int got;

	if (fstatat(m->new, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return MAILDIR_NEW;
	if (errno != ENOENT) return MAILDIR_ERROR;
	*cur = open_directory(m->box, "cur");
	if (*cur == -1) return MAILDIR_ERROR;
	got = search(*cur, name);
	if (got == 1) return MAILDIR_CUR;
	close_keep_errno(*cur);
	return got ? MAILDIR_ERROR : MAILDIR_NOWHERE;
}
