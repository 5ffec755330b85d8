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

enum { BATCH = 16 };	/* frames that one system call moves */

struct peer_frame {
	struct peer_frame *next;
	int fd;
	size_t len;
	char octet[];
};

static void
drop_waiting(struct peer *p)
{
	while (p->first) {
		struct peer_frame *f = p->first;

		p->first = f->next;
		if (f->fd != -1) close(f->fd);
		free(f);
	}
	p->end = &p->first;
	p->waiting = 0;
}

void
peer_close(struct peer *p)
{
	int fd = p->watch.fd;

	if (!peer_is_open(p)) return;
	loop_not_later(p->loop, &p->flush);
	loop_forget(p->loop, &p->watch);
	close(fd);
	drop_waiting(p);
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
	drop_waiting(p);
	shutdown(p->watch.fd, SHUT_RDWR);
}

static void
want(struct peer *p)
{
	loop_want(p->loop, &p->watch, (p->paused ? 0 : EPOLLIN) |
	    (p->first ? EPOLLOUT : 0));
}

static int
send_some(struct peer *p)
{
	struct mmsghdr m[BATCH];
	struct iovec v[BATCH];
	union ancil c[BATCH];
	struct peer_frame *f;
	unsigned n = 0;

	for (f = p->first; f && n < BATCH; f = f->next, n++) {
		v[n] = (struct iovec){ .iov_base = f->octet, .iov_len = f->len };
		m[n] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &v[n],
		    .msg_iovlen = 1 } };
		if (f->fd != -1) ancil_attach(&m[n].msg_hdr, &c[n], f->fd);
	}
	return sendmmsg(p->watch.fd, m, n, MSG_NOSIGNAL);
}

static void
flush(void *owner)
{
	struct peer *p = owner;

	while (p->first) {
		int sent = send_some(p);

		if (sent == -1 && errno == EINTR) continue;
		/* ETOOMANYREFS, ENOBUFS: the receiver is behind; it will read */
		if (sent == -1 && (errno == EAGAIN || errno == ENOBUFS ||
		    errno == ETOOMANYREFS || errno == ENOMEM))
			break;
		if (sent == -1) {
			cut(p, errno == EPIPE || errno == ECONNRESET ?
			    "closed" : strerror(errno));
			break;
		}
		for (; sent > 0; sent--) {
			struct peer_frame *f = p->first;

			p->first = f->next;
			p->waiting -= f->len;
			if (f->fd != -1) close(f->fd);
			free(f);
		}
		if (!p->first) {
			p->end = &p->first;
			if (p->kind->drained) p->kind->drained(p->owner);
			if (!peer_is_open(p)) return;
		}
	}
	want(p);
}

bool
peer_send(struct peer *p, struct wire_form const *form, void const *values,
    int fd)
{
	size_t size = wire_size(form, values);
	struct peer_frame *f;
	char const *why;

	if (!peer_is_open(p) || p->cut) goto lost;
	why = "too far behind";
	if (p->waiting + size > PEER_WAITING_MAX) goto cut;
	why = "value over its cap";
	if (size > WIRE_FRAME_MAX) goto cut;
	why = "out of memory";
	f = malloc(sizeof *f + size);
	if (!f) goto cut;
	f->len = wire_pack(form, values, f->octet, size);
	if (!f->len) {
		why = "value over its cap";
		free(f);
		goto cut;
	}
	f->fd = fd;
	f->next = NULL;
	*p->end = f;
	p->end = &f->next;
	p->waiting += size;
	loop_later(p->loop, &p->flush);
	return true;
cut:
	cut(p, why);
lost:
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

/* What the other end did wrong, or NULL. */
static char const *
handle(struct peer *p, struct slice frame, int fd)
{
	alignas(max_align_t) char values[WIRE_STRUCT_MAX];
	struct peer_row const *row = find_row(p, wire_type(frame));
	char const *why = NULL;

	if (!row)
		why = "unknown frame";
	else if (!wire_unpack(row->form, values, frame))
		why = "malformed frame";
	else if (fd != -1 && !row->with_fd)
		why = "unexpected descriptor";
	if (why) {
		if (fd != -1) close(fd);
		return why;
	}
	return row->handle(p->owner, values, fd) ? NULL : "frame out of place";
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
		if (!m[i].msg_len)
			why = p->cut ? p->cut : "closed";
		else
			why = handle(p,
			    slice_from(store[i], m[i].msg_len), fd);
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
	p->end = &p->first;
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
