/* SPDX-License-Identifier: ISC */
/* Hands descriptors to a helper that syncs them; never syncs in the loop. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <sys/socket.h>
#include "common/ancil.h"
#include "common/flushpart.h"
#include "common/helper.h"

_Static_assert((int)FLUSH_MAX <= ANCIL_MANY, "all of them fit beside a packet");

/* What goes out together. */
struct parcel {
	struct flush_ask ask[FLUSH_MAX];
	int fd[FLUSH_MAX];
	size_t asks, fds;
};

static void
add(struct parcel *p, struct flush const *job, unsigned char number)
{
	p->ask[p->asks++] = (struct flush_ask){ .number = number,
	    .how = (unsigned char)job->how, .along = job->fd != -1 };
	if (job->fd != -1) p->fd[p->fds++] = job->fd;
}

static void
pack(struct parcel *p, struct flushers const *f)
{
	struct flush const *job = f->first;

	p->asks = p->fds = 0;
	for (; job && p->asks < f->idles; job = job->next)
		add(p, job, f->idle[f->idles - 1 - p->asks]);
}

static bool
post(int socket, struct parcel *p)
{
	struct iovec v = { p->ask, p->asks * sizeof *p->ask };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	union ancil_many room;
	ssize_t n;

	if (p->fds) ancil_attach_many(&m, &room, p->fd, p->fds);
	do
		n = sendmsg(socket, &m, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	return n != -1;
}

/* handed_over - the first of those that wait */
static void
handed_over(struct flushers *f)
{
	struct flush *job = f->first;

	f->first = job->next;
	if (!f->first) f->end = &f->first;
	f->work[f->idle[--f->idles]] = job;
	if (job->starting) job->starting(job->owner);
}

static void
hand_over(struct flushers *f)
{
	struct parcel p;

	pack(&p, f);
	if (!p.asks) return;
	if (!post(f->watch.fd, &p)) {
		/* without room in the socket there are answers to come */
		if (errno != EAGAIN || f->idles == f->most) f->lost();
		return;
	}
	while (p.asks--)
		handed_over(f);
	if (!f->first) f->eager = false;
}

static bool
is_time(struct flushers const *f)
{
	bool const alone = f->idles == f->most;

	return (f->eager && alone) || f->loop->now_ms >= f->until_ms;
}

static void
look(void *owner)
{
	struct flushers *f = owner;

	if (!f->first) return;
	if (is_time(f))
		hand_over(f);
	else if (!timer_is_armed(&f->gathered))
		loop_arm(f->loop, &f->gathered, f->until_ms);
}

/* over - false: there is no such sync */
static bool
over(struct flushers *f, struct flush_answer const *answer)
{
	struct flush *job;

	if (answer->number >= f->most || f->idles == f->most) return false;
	job = f->work[answer->number];
	f->work[answer->number] = NULL;
	f->idle[f->idles++] = answer->number;
	if (job) job->done(job->owner, answer->error);
	return true;
}

static void
ready(void *owner, uint32_t events)
{
	struct flushers *f = owner;
	struct flush_answer answer[FLUSH_MAX];
	ssize_t n;
	size_t i;
	int none;

	(void)events;
	do {
		n = helper_receive(f->watch.fd, answer, sizeof answer, &none);
		if (!n || (n == -1 && errno != EAGAIN)) f->lost();
		for (i = 0; n > 0 && i < (size_t)n / sizeof *answer; i++)
			if (!over(f, &answer[i])) f->lost();
	} while (n > 0 && f->idles < f->most);
	if (f->first) loop_later(f->loop, &f->hand_over);
}

bool
flushers_open(struct flushers *f, struct loop *loop, char const *name,
    unsigned most, int64_t gather_ms, void (*lost)(void))
{
	int fd = helper_fork(name, flushcrew_serve, &most);

	*f = (struct flushers){ .loop = loop, .lost = lost, .most = most,
	    .watch = { .fd = -1, .ready = ready, .owner = f },
	    .gather_ms = gather_ms, .gathered = { .due = look, .owner = f },
	    .hand_over = { .run = look, .owner = f } };
	f->end = &f->first;
	while (f->idles < most) {
		f->idle[f->idles] = (unsigned char)f->idles;
		f->idles++;
	}
	return fd != -1 && loop_watch(loop, &f->watch, fd, EPOLLIN);
}

void
flush_start(struct flushers *f, struct flush *job)
{
	if (!f->first) f->until_ms = f->loop->now_ms + f->gather_ms;
	if (!job->patient) f->eager = true;
	job->next = NULL;
	*f->end = job;
	f->end = &job->next;
	loop_later(f->loop, &f->hand_over);
}

void
flush_cancel(struct flushers *f, struct flush *job)
{
	struct flush **at;
	unsigned i;

	for (i = 0; i < f->most; i++)
		if (f->work[i] == job) f->work[i] = NULL;
	for (at = &f->first; *at; at = &(*at)->next)
		if (*at == job) {
			*at = job->next;
			if (!*at) f->end = at;
			return;
		}
}
