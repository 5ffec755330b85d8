/* SPDX-License-Identifier: ISC */
/* Lets peers in by their uid; speaks no protocol. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/door.h"
#include "common/log.h"
#include "common/unixsock.h"

enum { BACKLOG = 1024, REST_MS = 100 };

bool
door_bind(struct door *d, uid_t owner, mode_t mode)
{
	d->watch.fd = -1;
	d->fd = unixsock_bind(d->path, owner, mode, &d->lock);
	return d->fd != -1;
}

static bool
may_enter(struct door const *d, uid_t uid)
{
	size_t i;

	if (d->anybody) return true;
	for (i = 0; i < d->uids; i++)
		if (d->uid[i] == uid) return true;
	return false;
}

static void
rested(void *owner)
{
	struct door *d = owner;

	loop_want(d->loop, &d->watch, EPOLLIN);
}

static void
ready(void *owner, uint32_t events)
{
	struct door *d = owner;
	uid_t uid;
	int fd;

	(void)events;
	while (d->watch.fd != -1 && (fd = unixsock_accept(d->fd, &uid)) != -1) {
		if (may_enter(d, uid)) {
			d->enter(d->owner, fd, uid);
			continue;
		}
		log_event("turned-away", LOG_TEXT("socket", d->path),
		    LOG_NUMBER("uid", uid));
		close(fd);
	}
	if (d->watch.fd == -1 || errno == EAGAIN || errno == ECONNABORTED ||
	    errno == EINTR)
		return;
	/* descriptors or memory are short: the socket would stay readable */
	log_event("cannot-accept", LOG_TEXT("socket", d->path),
	    LOG_SYS(errno));
	loop_want(d->loop, &d->watch, 0);
	loop_arm(d->loop, &d->rest, d->loop->now_ms + REST_MS);
}

bool
door_open(struct door *d, struct loop *loop)
{
	d->loop = loop;
	d->watch.ready = ready;
	d->watch.owner = d;
	d->rest.due = rested;
	d->rest.owner = d;
	return listen(d->fd, BACKLOG) == 0 &&
	    loop_watch(loop, &d->watch, d->fd, EPOLLIN);
}

void
door_close(struct door *d)
{
	if (d->watch.fd == -1) return;
	loop_disarm(d->loop, &d->rest);
	loop_forget(d->loop, &d->watch);
	close(d->fd);
}
