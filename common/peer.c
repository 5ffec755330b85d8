/* SPDX-License-Identifier: ISC */
/* Frames between programs over one socket; believes none of them and knows the
 * meaning of none. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/ancil.h"
#include "common/peer.h"

enum { BATCH = 16 };	/* packets that are read with one system call */

void
peer_close(struct peer *p)
{
	int fd = p->watch.fd;

	if (!peer_is_open(p)) return;
	loop_not_later(p->loop, &p->flush);
	loop_forget(p->loop, &p->watch);
	close(fd);
	outbox_drop(&p->out);
	p->loop = NULL;
	if (p->closed) *p->closed = true;
}

static void
lose(struct peer *p, char const *why)
{
	peer_close(p);
	p->kind->gone(p->owner, why);
}

/* Sending */

/* A frame is lost, so the other end must not take what follows for all that
 * there was. The loop reads what it has sent, and finds the end. */
static void
cut(struct peer *p, char const *why)
{
	if (!peer_is_open(p) || p->cut) return;
	p->cut = why;
	outbox_drop(&p->out);
	shutdown(p->watch.fd, SHUT_RDWR);
}

static void
want(struct peer *p)
{
	loop_want(p->loop, &p->watch, (p->paused ? 0 : EPOLLIN) |
	    (p->out.first ? EPOLLOUT : 0));
}

static void
flush(void *owner)
{
	struct peer *p = owner;

	while (p->out.first &&
	    outbox_send(&p->out, p->watch.fd, p->kind->shares)) {
		if (p->out.first || !p->kind->drained) continue;
		p->kind->drained(p->owner);
		if (!peer_is_open(p)) return;
	}
	/* ETOOMANYREFS, ENOBUFS: the receiver is behind; it will read */
	if (p->out.first && errno != EAGAIN && errno != ENOBUFS &&
	    errno != ETOOMANYREFS && errno != ENOMEM)
		cut(p, errno == EPIPE || errno == ECONNRESET ? "closed" :
		    strerror(errno));
	want(p);
}

bool
peer_send(struct peer *p, struct wire_form const *form, void const *values,
    int fd)
{
	size_t size = wire_size(form, values);
	char const *why;

	if (!peer_is_open(p) || p->cut)
		why = NULL;
	else if (p->out.octets + size > PEER_WAITING_MAX)
		why = "too far behind";
	else if (size > WIRE_FRAME_MAX)
		why = "value over its cap";
	else if (!(why = outbox_add(&p->out, form, values, size, fd))) {
		loop_later(p->loop, &p->flush);
		return true;
	}
	if (why) cut(p, why);
	if (fd != -1) close(fd);
	return false;
}

/* Receiving */

/* All connections of a process read through the same store: a frame is dealt
 * with before the next one is read. */
static char store[BATCH][WIRE_FRAME_MAX];

static struct peer_row const *
find_row(struct peer const *p, uint16_t type)
{
	size_t i;

	for (i = 0; i < p->kind->rows; i++)
		if (p->kind->row[i].form->type == type) return &p->kind->row[i];
	return NULL;
}

/* What the other end did wrong, or NULL.
 *   packet  goes on behind the frame
 *   fd      of the packet, -1 once a frame has taken it */
static char const *
handle(struct peer *p, struct slice *packet, int *fd)
{
	alignas(max_align_t) char values[WIRE_STRUCT_MAX];
	struct peer_row const *row = find_row(p, wire_type(*packet));
	int along = -1;

	if (!row) return "unknown frame";
	if (!wire_take(row->form, values, packet)) return "malformed frame";
	if (!packet->len) {
		along = *fd;
		if (along != -1 && !row->with_fd)
			return "unexpected descriptor";
		*fd = -1;
	}
	return row->handle(p->owner, values, along) ? NULL :
	    "frame out of place";
}

/* The same of a whole packet; its descriptor is taken or closed. */
static char const *
handle_all(struct peer *p, struct slice packet, int fd, bool const *closed)
{
	char const *why = packet.len ? NULL : p->cut ? p->cut : "closed";

	while (packet.len && !why && !*closed)
		why = handle(p, &packet, &fd);
	if (fd != -1) close(fd);
	return why;
}

static int
receive_some(struct peer *p, struct mmsghdr m[BATCH], union ancil c[BATCH])
{
	struct iovec v[BATCH];
	int i, n;

	for (i = 0; i < BATCH; i++) {
		v[i] = (struct iovec){ .iov_base = store[i],
		    .iov_len = sizeof store[i] };
		m[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &v[i],
		    .msg_iovlen = 1 } };
		ancil_expect(&m[i].msg_hdr, &c[i]);
	}
	/* ECONNRESET is told once, before what can still be read: the other
	 * end died with frames of ours unread */
	do
		n = recvmmsg(p->watch.fd, m, BATCH,
		    MSG_DONTWAIT | MSG_CMSG_CLOEXEC, NULL);
	while (n == -1 && (errno == EINTR || errno == ECONNRESET));
	return n;
}

static void
receive(struct peer *p)
{
	struct mmsghdr m[BATCH];
	union ancil c[BATCH];
	char const *why = NULL;
	bool closed = false;
	int i, n = receive_some(p, m, c);

	if (n == -1 && errno == EAGAIN) return;
	if (n == -1) {
		lose(p, strerror(errno));
		return;
	}
	p->closed = &closed;
	for (i = 0; i < n; i++) {
		int fd;

		if (!ancil_take(&m[i].msg_hdr, &fd)) {
			if (!why) why = "more than a frame may hold";
			continue;
		}
		if (closed || why) {
			if (fd != -1) close(fd);
			continue;
		}
		why = handle_all(p, slice_from(store[i], m[i].msg_len), fd,
		    &closed);
	}
	if (closed) return;
	p->closed = NULL;
	if (why) lose(p, why);
}

static void
ready(void *owner, uint32_t events)
{
	struct peer *p = owner;

	if (events & EPOLLOUT) loop_later(p->loop, &p->flush);
	/* a hang-up is reported even while paused: read to its end */
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(p);
}

bool
peer_open(struct peer *p, struct loop *loop, int fd,
    struct peer_kind const *kind, void *owner)
{
	*p = (struct peer){ .kind = kind, .owner = owner,
	    .watch = { .fd = -1, .ready = ready, .owner = p },
	    .flush = { .run = flush, .owner = p } };
	outbox_init(&p->out);
	if (!loop_watch(loop, &p->watch, fd, EPOLLIN)) {
		int e = errno;

		close(fd);
		errno = e;
		return false;
	}
	p->loop = loop;
	return true;
}

bool
peer_is_open(struct peer const *p)
{
	return p->loop != NULL;
}

void
peer_pause(struct peer *p, bool paused)
{
	p->paused = paused;
	want(p);
}
