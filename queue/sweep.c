/* SPDX-License-Identifier: ISC */
/* Looks at names alone; opens no file. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "queue/sweep.h"

bool
sweep_begin(struct sweep *s, int mess, struct state const *state,
    int64_t since_ms)
{
	int fd = openat(mess, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), e;

	*s = (struct sweep){ .mess = mess, .state = state,
	    .since_ms = since_ms };
	if (fd == -1) return false;
	s->dir = fdopendir(fd);
	if (s->dir) return true;
	e = errno;
	close(fd);
	errno = e;
	return false;
}

static bool
is_left_over(struct sweep const *s, char const *name)
{
	struct message const *m;
	struct traceid id;

	if (!traceid_parse(&id, slice_of(name))) return false; /* not ours */
	if (traceid_time_ms(&id) >= s->since_ms) return false;
	m = state_find(s->state, &id);
	return !m || !m->file;
}

bool
sweep_step(struct sweep *s)
{
	struct dirent const *entry;
	int i;

	for (i = 0; i < SWEEP_STEP; i++) {
		entry = readdir(s->dir);
		if (!entry) return false;
		if (is_left_over(s, entry->d_name) &&
		    unlinkat(s->mess, entry->d_name, 0) == 0)
			s->removed++;
	}
	return true;
}

void
sweep_end(struct sweep *s)
{
	closedir(s->dir);
}
