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

/* The three directories of a Maildir; cur is only opened when it is searched,
 * but must be there for those who read. */
static bool
open_parts(struct maildir *m)
{
	bool made = false;
	int cur = walk_make(m->way.at, "cur", &made);

	if (cur == -1) return false;
	close(cur);
	m->tmp = walk_make(m->way.at, "tmp", &made);
	if (m->tmp == -1) return false;
	m->new = walk_make(m->way.at, "new", &made);
	if (m->new == -1) return false;
	return !made || walk_changed(&m->way);
}

bool
maildir_open(struct maildir *m, int root, char const *path)
{
	size_t steps;

	*m = (struct maildir){ .new = -1, .tmp = -1 };
	if (!walk_open(&m->way, root, slice_of(path), &steps)) return false;
	errno = EINVAL;
	if (steps && open_parts(m)) return true;
	maildir_close(m);
	return false;
}

void
maildir_close(struct maildir *m)
{
	int e = errno;

	if (m->new != -1) close(m->new);
	if (m->tmp != -1) close(m->tmp);
	m->new = m->tmp = -1;
	walk_close(&m->way);
	errno = e;
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
	*cur = walk_directory(m->way.at, "cur");
	if (*cur == -1) return MAILDIR_ERROR;
	got = search(*cur, name);
	if (got == 1) return MAILDIR_CUR;
	close_keep_errno(*cur);
	return got ? MAILDIR_ERROR : MAILDIR_NOWHERE;
}
