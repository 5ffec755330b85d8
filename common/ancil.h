/* SPDX-License-Identifier: ISC */
/* One descriptor beside a packet on a Unix socket, both ways. */
#ifndef MAILGRAVE_ANCIL_H
#define MAILGRAVE_ANCIL_H

#include <stdbool.h>
#include <sys/socket.h>

union ancil {
	char octet[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* ancil_attach - m will carry fd; room must live until m is sent */
void ancil_attach(struct msghdr *m, union ancil *room, int fd);

/* ancil_expect - m takes at most one descriptor: of more, the kernel closes the
 * rest and says so. The room is longer than that by its padding, in which a
 * second one would fit. */
void ancil_expect(struct msghdr *m, union ancil *room);

/* ancil_take - what came along: *fd is -1 or the caller's to close
 *   false  more came than one packet may hold; all of it is closed */
bool ancil_take(struct msghdr *m, int *fd);

#endif
