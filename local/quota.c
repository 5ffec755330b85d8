/* SPDX-License-Identifier: ISC */
/* Reads, extends and makes maildirsize; never opens a message. */
#include <skalibs/nonposix.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "local/quota.h"

static char const file[] = "maildirsize", draft[] = "tmp/maildirsize.new";

struct usage {
	int64_t octets, messages;
	size_t lines;		/* behind the quota's */
	size_t folders;
};

/* number - with a sign and blanks before it; false: there is none, or it is
 * absurd */
static bool
number(struct slice *in, int64_t *n)
{
	struct slice word = slice_word(in);
	bool const less = word.len && *word.s == '-';
	unsigned long long value;

	if (less) word = slice_skip(word, 1);
	if (!slice_number(word, INT64_MAX / QUOTA_FILE_MAX, &value))
		return false;
	*n = less ? -(int64_t)value : (int64_t)value;
	return true;
}

/* add_up - false: it is no maildirsize for this quota */
static bool
add_up(struct slice text, uint64_t quota, struct usage *u)
{
	char first[32];
	struct slice line;
	int64_t octets, messages;

	snprintf(first, sizeof first, "%lluS", (unsigned long long)quota);
	if (!slice_line(&text, &line) || !slice_is(line, first)) return false;
	for (; slice_line(&text, &line); u->lines++) {
		if (!number(&line, &octets) || !number(&line, &messages))
			return false;
		u->octets += octets;
		u->messages += messages;
	}
	return u->octets >= 0 && u->messages >= 0;
}

static bool
read_usage(struct maildir const *m, uint64_t quota, struct usage *u)
{
	char text[QUOTA_FILE_MAX + 1];
	struct stat st;
	ssize_t got = -1;
	int fd = openat(m->way.at, file,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	*u = (struct usage){ .octets = 0 };
	if (fd == -1) return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		got = read(fd, text, sizeof text);
	close(fd);
	return got >= 0 && got <= QUOTA_FILE_MAX &&
	    add_up(slice_from(text, (size_t)got), quota, u);
}

/* Counting */

static DIR *
open_folder(int at, char const *name)
{
	int fd = walk_directory(at, name);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);

	if (fd != -1 && !dir) close(fd);
	return dir;
}

static bool
is_absent(void)
{
	return errno == ENOENT || errno == ENOTDIR;
}

static bool
count_files(int at, char const *name, struct usage *u)
{
	DIR *dir = open_folder(at, name);
	struct dirent const *entry;
	struct stat st;

	if (!dir) return is_absent();
	while (errno = 0, entry = readdir(dir)) {
		if (entry->d_name[0] == '.') continue;
		if (fstatat(dirfd(dir), entry->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
			continue; /* it went meanwhile */
		u->octets += st.st_size;
		u->messages++;
	}
	closedir(dir);
	return true;
}

static bool
count_folder(int folder, struct usage *u)
{
	return count_files(folder, "new", u) && count_files(folder, "cur", u);
}

/* The mailbox and its folders, .NAME; not what is in the waste bin. */
static bool
count_all(struct maildir const *m, struct usage *u)
{
	DIR *dir = open_folder(m->way.at, ".");
	struct dirent const *entry;
	bool fine;

	*u = (struct usage){ .octets = 0 };
	if (!dir) return false;
	fine = count_folder(m->way.at, u);
	while (fine && (entry = readdir(dir))) {
		char const *name = entry->d_name;
		int folder;

		if (name[0] != '.' || !name[1] || !strcmp(name, "..") ||
		    !strcmp(name, ".Trash"))
			continue;
		folder = walk_directory(m->way.at, name);
		if (folder == -1) continue;
		fine = count_folder(folder, u) &&
		    u->folders++ < QUOTA_FOLDERS_MAX;
		close(folder);
	}
	closedir(dir);
	return fine;
}

static bool
make(struct maildir const *m, uint64_t quota, struct usage *u)
{
	char text[128];
	size_t n;
	int fd, e;

	if (!count_all(m, u)) return false;
	unlinkat(m->way.at, draft, 0);
	fd = openat(m->way.at, draft, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1) return false;
	n = (size_t)snprintf(text, sizeof text, "%lluS\n%lld %lld\n",
	    (unsigned long long)quota, (long long)u->octets,
	    (long long)u->messages);
	if (allwrite(fd, text, n) == n &&
	    renameat(m->way.at, draft, m->way.at, file) == 0) {
		close(fd);
		return true;
	}
	e = errno;
	close(fd);
	unlinkat(m->way.at, draft, 0);
	errno = e;
	return false;
}

static bool
note(struct maildir const *m, int64_t octets, int messages)
{
	char text[64];
	size_t n;
	bool fine;
	int fd = openat(m->way.at, file, O_WRONLY | O_APPEND | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC);

	if (fd == -1) return false;
	n = (size_t)snprintf(text, sizeof text, "%lld %d\n",
	    (long long)octets, messages);
	fine = write(fd, text, n) == (ssize_t)n;
	close(fd);
	return fine;
}

static bool
fits(struct usage const *u, uint64_t quota, uint64_t size)
{
	return size <= quota && (uint64_t)u->octets <= quota - size;
}

int
quota_take(struct maildir const *m, uint64_t quota, uint64_t size)
{
	struct usage u;
	bool const known = read_usage(m, quota, &u);

	/* full by what was noted: look again, for readers may have removed
	 * mail without a note */
	if ((!known || !fits(&u, quota, size)) && !make(m, quota, &u))
		return -1;
	if (!fits(&u, quota, size)) return 0;
	return note(m, (int64_t)size, 1) ? 1 : -1;
}

void
quota_give_back(struct maildir const *m, uint64_t size)
{
	int e = errno;

	note(m, -(int64_t)size, -1);
	errno = e;
}
