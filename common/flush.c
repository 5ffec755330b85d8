/* SPDX-License-Identifier: ISC */
/* Hands descriptors to helpers that sync them; never syncs in the loop. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "common/flush.h"
#include "common/helper.h"
#include "common/jail.h"
#include "common/log.h"

static void
serve(int socket, void *owner)
{
	char const *why;
	unsigned char how;
	int fd, error;

	(void)owner;
	if (!jail_seal(JAIL_SYNC, &why)) _exit(111);
	while (helper_receive(socket, &how, sizeof how, &fd) == sizeof how) {
		error = fd == -1 ? EBADF : 0;
		if (!error && (how == FLUSH_DATA ? fdatasync(fd) : fsync(fd)))
			error = errno;
		if (fd != -1) close(fd);
		if (!helper_send(socket, &error, sizeof error, -1)) break;
	}
}

static void
hand_over(struct flusher *h, struct flush *job)
{
	unsigned char how = (unsigned char)job->how;

	h->work = job;
	h->cancelled = false;
	/* one job at a time: the socket has room, so failure means it died */
	if (!helper_send(h->watch.fd, &how, sizeof how, job->fd))
		h->all->lost();
}

static void
next_job(struct flusher *h)
{
	struct flushers *f = h->all;
	struct flush *job = f->first;

	if (!job) return;
	f->first = job->next;
	if (!f->first) f->end = &f->first;
	hand_over(h, job);
}

static void
ready(void *owner, uint32_t events)
{
	struct flusher *h = owner;
	struct flush *job = h->work;
	bool cancelled = h->cancelled;
	int error, none;

	(void)events;
	if (helper_receive(h->watch.fd, &error, sizeof error, &none) !=
	    sizeof error || !job) {
		h->all->lost();
		return;
	}
	h->work = NULL;
	next_job(h);
	if (!cancelled) job->done(job->owner, error);
}

bool
flushers_open(struct flushers *f, struct loop *loop, char const *name,
    unsigned helpers, void (*lost)(void))
{
	unsigned i;

	*f = (struct flushers){ .loop = loop, .lost = lost,
	    .helpers = helpers };
	f->end = &f->first;
	for (i = 0; i < f->helpers; i++) {
		struct flusher *h = &f->helper[i];
		int fd = helper_fork(name, serve, NULL);

		*h = (struct flusher){ .all = f, .watch = { .fd = -1,
		    .ready = ready, .owner = h } };
		if (fd == -1 || !loop_watch(loop, &h->watch, fd, EPOLLIN))
			return false;
	}
	return true;
}

void
flush_start(struct flushers *f, struct flush *job)
{
	unsigned i;

	job->next = NULL;
	for (i = 0; i < f->helpers; i++)
		if (!f->helper[i].work) {
			hand_over(&f->helper[i], job);
			return;
		}
	*f->end = job;
	f->end = &job->next;
}

void
flush_cancel(struct flushers *f, struct flush *job)
{
	struct flush **at;
	unsigned i;

	for (i = 0; i < f->helpers; i++)
		if (f->helper[i].work == job) f->helper[i].cancelled = true;
	for (at = &f->first; *at; at = &(*at)->next)
		if (*at == job) {
			*at = job->next;
			if (!*at) f->end = at;
			return;
		}
}
