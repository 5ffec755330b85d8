/* SPDX-License-Identifier: ISC */
/* Packs and unpacks SCM_RIGHTS; sends and receives nothing itself. */
#include <skalibs/nonposix.h>
#include <string.h>
#include <unistd.h>
#include "common/ancil.h"

static void
attach(struct msghdr *m, void *room, size_t size, int const *fd, size_t n)
{
	struct cmsghdr *h;

	memset(room, 0, size);
	m->msg_control = room;
	m->msg_controllen = CMSG_SPACE(n * sizeof *fd);
	h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(n * sizeof *fd);
	memcpy(CMSG_DATA(h), fd, n * sizeof *fd);
}

static struct cmsghdr *
rights(struct msghdr *m)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);

	return h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS ?
	    h : NULL;
}

void
ancil_attach(struct msghdr *m, union ancil *room, int fd)
{
	attach(m, room, sizeof *room, &fd, 1);
}

void
ancil_expect(struct msghdr *m, union ancil *room)
{
	m->msg_control = room->octet;
	m->msg_controllen = CMSG_LEN(sizeof(int));
}

bool
ancil_take(struct msghdr *m, int *fd)
{
	struct cmsghdr *h = rights(m);
	bool fine = !(m->msg_flags & (MSG_TRUNC | MSG_CTRUNC));

	*fd = -1;
	if (h) memcpy(fd, CMSG_DATA(h), sizeof *fd);
	if (fine) return true;
	if (*fd != -1) close(*fd);
	*fd = -1;
	return false;
}

void
ancil_attach_many(struct msghdr *m, union ancil_many *room, int const *fd,
    size_t n)
{
	attach(m, room, sizeof *room, fd, n);
}

void
ancil_expect_many(struct msghdr *m, union ancil_many *room)
{
	m->msg_control = room->octet;
	m->msg_controllen = CMSG_LEN(ANCIL_MANY * sizeof(int));
}

size_t
ancil_take_many(struct msghdr *m, int fd[ANCIL_MANY])
{
	struct cmsghdr *h = rights(m);
	size_t n = h ? (h->cmsg_len - CMSG_LEN(0)) / sizeof *fd : 0;

	if (n) memcpy(fd, CMSG_DATA(h), n * sizeof *fd);
	return n;
}
