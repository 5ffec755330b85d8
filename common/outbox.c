/* SPDX-License-Identifier: ISC */
/* Keeps, packs into packets, sends; knows no meaning of a frame. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "common/ancil.h"
#include "common/outbox.h"

enum {
	PACKETS = 16,	/* that one system call moves */
	FRAMES = 64	/* in all of those */
};

struct outbox_frame {
	struct outbox_frame *next;
	int fd;
	size_t len;
	char octet[];
};

/* What is handed to the kernel in one call. */
struct packets {
	struct mmsghdr head[PACKETS];
	struct iovec frame[FRAMES];
	union ancil ancil[PACKETS];
	unsigned n, frames;
};

void
outbox_init(struct outbox *o)
{
	*o = (struct outbox){ .first = NULL };
	o->end = &o->first;
}

static void
drop_first(struct outbox *o)
{
	struct outbox_frame *f = o->first;

	o->first = f->next;
	if (!o->first) o->end = &o->first;
	o->octets -= f->len;
	if (f->fd != -1) close(f->fd);
	free(f);
}

void
outbox_drop(struct outbox *o)
{
	while (o->first)
		drop_first(o);
}

char const *
outbox_add(struct outbox *o, struct wire_form const *form, void const *values,
    size_t size, int fd)
{
	struct outbox_frame *f = malloc(sizeof *f + size);

	if (!f) return "out of memory";
	f->len = wire_pack(form, values, f->octet, size);
	if (!f->len) {
		free(f);
		return "value over its cap";
	}
	f->fd = fd;
	f->next = NULL;
	*o->end = f;
	o->end = &f->next;
	o->octets += f->len;
	return NULL;
}

/* One packet of the frames from f on; returns the first that isn't in it. */
static struct outbox_frame *
pack(struct packets *p, struct outbox_frame *f, bool share)
{
	struct msghdr *m = &p->head[p->n].msg_hdr;
	size_t len = 0;

	*m = (struct msghdr){ .msg_iov = &p->frame[p->frames] };
	do {
		p->frame[p->frames++] = (struct iovec){ .iov_base = f->octet,
		    .iov_len = f->len };
		m->msg_iovlen++;
		len += f->len;
		if (f->fd != -1) {
			ancil_attach(m, &p->ancil[p->n], f->fd);
			share = false;
		}
		f = f->next;
	} while (share && f && p->frames < FRAMES &&
	    len + f->len <= WIRE_FRAME_MAX);
	p->n++;
	return f;
}

bool
outbox_send(struct outbox *o, int socket, bool share)
{
	struct packets p = { .n = 0 };
	struct outbox_frame *f = o->first;
	int sent, i;

	while (f && p.n < PACKETS && p.frames < FRAMES)
		f = pack(&p, f, share);
	do
		sent = sendmmsg(socket, p.head, p.n, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	if (sent == -1) return false;
	for (i = 0; i < sent; i++)
		for (; p.head[i].msg_hdr.msg_iovlen; p.head[i].msg_hdr.msg_iovlen--)
			drop_first(o);
	return true;
}
