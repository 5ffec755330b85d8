/* SPDX-License-Identifier: ISC */
/* Packs and unpacks SCM_RIGHTS; sends and receives nothing itself. */
#include <skalibs/nonposix.h>
#include <string.h>
#include <unistd.h>
#include "common/ancil.h"

void
ancil_attach(struct msghdr *m, union ancil *room, int fd)
{
	struct cmsghdr *h;

	memset(room, 0, sizeof *room);
	m->msg_control = room->octet;
	m->msg_controllen = sizeof room->octet;
	h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
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
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	bool fine = !(m->msg_flags & (MSG_TRUNC | MSG_CTRUNC));

	*fd = -1;
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(h), sizeof *fd);
	if (fine) return true;
	if (*fd != -1) close(*fd);
	*fd = -1;
	return false;
}
