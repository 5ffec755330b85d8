/* SPDX-License-Identifier: ISC */
/* Opens and makes directories; never a file. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include "local/walk.h"

/* One step and no symbolic link: what openat2 would say of a whole path. */
int
walk_directory(int at, char const *name)
{
	return openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* open_or_make - *made is set when the directory is new */
int
walk_make(int at, char const *name, bool *made)
{
	int fd = walk_directory(at, name);

	if (fd != -1 || errno != ENOENT) return fd;
	if (mkdirat(at, name, 0700) == 0)
		*made = true;
	else if (errno != EEXIST)
		return -1;
	return walk_directory(at, name);
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
descend(struct walk *w, struct slice step)
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
	fd = walk_make(w->at, name, &made);
	if (fd == -1) return false;
	if (made)
		w->changed[w->changes++] = w->at;
	else
		close(w->at);
	w->at = fd;
	return true;
}

bool
walk_changed(struct walk *w)
{
	int fd = fcntl(w->at, F_DUPFD_CLOEXEC, 0);

	if (fd == -1) return false;
	w->changed[w->changes++] = fd;
	return true;
}

bool
walk_open(struct walk *w, int root, struct slice path, size_t *steps)
{
	struct slice step;
	size_t depth = 0;

	*w = (struct walk){ .at = walk_directory(root, ".") };
	if (w->at == -1) return false;
	while (next_step(&path, &step)) {
		errno = EINVAL;
		if (depth++ == WALK_DEPTH_MAX || !descend(w, step)) goto undo;
	}
	if (steps) *steps = depth;
	return true;
undo:
	walk_close(w);
	return false;
}

void
walk_close(struct walk *w)
{
	int e = errno;

	while (w->changes)
		close(w->changed[--w->changes]);
	if (w->at != -1) close(w->at);
	w->at = -1;
	errno = e;
}
