/* SPDX-License-Identifier: ISC */
/* Notes files as their names appear; reads them only when the run is over. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "tests/bench/arrivals.h"
#include "tests/bench/sample.h"

enum { EVENTS = 65536, FRONT_MAX = 4096 /* header lines of the server's */ };

static bool
note(struct arrivals *a, struct inotify_event const *e)
{
	struct arrival *more;

	if (e->mask & IN_Q_OVERFLOW) {
		errno = EOVERFLOW;
		return false;
	}
	if (e->mask & (IN_ISDIR | IN_IGNORED)) return true;
	if (a->n == a->room) {
		a->room = a->room ? 2 * a->room : 1024;
		more = realloc(a->arrival, a->room * sizeof *more);
		if (!more) return false;
		a->arrival = more;
	}
	a->arrival[a->n] = (struct arrival){
		.user = (uint64_t)a->user_of[e->wd], .name = strdup(e->name) };
	return a->arrival[a->n++].name != NULL;
}

static void
ready(void *owner, uint32_t events)
{
	struct arrivals *a = owner;
	alignas(struct inotify_event) char buffer[EVENTS];
	ssize_t n = read(a->watch.fd, buffer, sizeof buffer);
	char const *at;

	(void)events;
	a->last_ns = sample_now();
	for (at = buffer; at < buffer + n;) {
		struct inotify_event const *e = (void const *)at;

		if (!note(a, e)) {
			perror("load: watch for deliveries");
			exit(111);
		}
		at += sizeof *e + e->len;
	}
	a->seen(a->owner);
}

/* The kernel numbers directories from 1 upwards. */
static bool
watch_user(struct arrivals *a, int fd, uint64_t user)
{
	char path[MAILING_PATH_MAX];
	size_t number;
	int *more, wd;

	if (!mailing_name(path, a->pattern, user)) {
		errno = ENAMETOOLONG;
		return false;
	}
	wd = inotify_add_watch(fd, path,
	    IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
	if (wd == -1) return false;
	number = (size_t)wd;
	if (number >= a->numbers) {
		more = realloc(a->user_of, 2 * number * sizeof *more);
		if (!more) return false;
		a->user_of = more;
		a->numbers = 2 * number;
	}
	a->user_of[number] = (int)user;
	return true;
}

bool
arrivals_open(struct arrivals *a, struct loop *loop)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	uint64_t user;

	if (fd == -1) return false;
	for (user = 1; user <= a->mailing->users; user++)
		if (!watch_user(a, fd, user)) return false;
	a->watch = (struct watch){ .ready = ready, .owner = a };
	return loop_watch(loop, &a->watch, fd, EPOLLIN);
}

/* read_file - all of it, if it is no longer than room */
static ssize_t
read_file(char const *path, char *octets, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), e;
	size_t n;

	if (fd == -1) return -1;
	errno = 0;
	n = allread(fd, octets, room);
	e = errno;
	close(fd);
	errno = e;
	return n < room && e ? -1 : (ssize_t)n;
}

/* Once the directory could be watched its name fits. */
static char const *
path_of(struct arrivals const *a, struct arrival const *arrival)
{
	static char path[MAILING_PATH_MAX + NAME_MAX + 2];
	size_t n;

	mailing_name(path, a->pattern, arrival->user);
	n = strlen(path);
	snprintf(path + n, sizeof path - n, "/%s", arrival->name);
	return path;
}

static bool
check_one(struct arrivals const *a, struct arrival const *arrival,
    unsigned char *copies, char *octets, struct arrivals_report *report)
{
	uint64_t copy;
	ssize_t n = read_file(path_of(a, arrival), octets,
	    a->mailing->filed_len + FRONT_MAX);

	if (n == -1) return false;
	if (!mailing_find(a->mailing, slice_from(octets, (size_t)n),
	    arrival->user, &copy))
		report->altered++;
	else if (copies[copy]++)
		report->twice++;
	else
		report->whole++;
	return true;
}

bool
arrivals_check(struct arrivals *a, bool const *accepted, bool remove,
    struct arrivals_report *report)
{
	struct mailing const *m = a->mailing;
	unsigned char *copies = calloc(m->messages * m->rcpts, 1);
	char *octets = malloc(m->filed_len + FRONT_MAX);
	bool fine = copies && octets;
	uint64_t i;

	*report = (struct arrivals_report){ .whole = 0 };
	for (i = 0; fine && i < a->n; i++)
		fine = check_one(a, &a->arrival[i], copies, octets, report);
	for (i = 0; fine && i < m->messages * m->rcpts; i++) {
		if (accepted[i / m->rcpts] && !copies[i]) report->missing++;
		if (!accepted[i / m->rcpts] && copies[i]) report->unasked++;
	}
	for (i = 0; fine && remove && i < a->n; i++)
		fine = unlink(path_of(a, &a->arrival[i])) == 0;
	free(copies);
	free(octets);
	return fine;
}

void
arrivals_close(struct arrivals *a)
{
	while (a->n)
		free(a->arrival[--a->n].name);
	free(a->arrival);
	free(a->user_of);
}
