/* SPDX-License-Identifier: ISC */
/* Descriptors beside a packet on a Unix socket, both ways: one as a rule. */
#ifndef MAILGRAVE_ANCIL_H
#define MAILGRAVE_ANCIL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum { ANCIL_MANY = 128 };	/* the kernel takes 253 */

union ancil {
	char octet[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

union ancil_many {
	char octet[CMSG_SPACE(ANCIL_MANY * sizeof(int))];
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

/* ancil_attach_many - the same with n of them, 1 to ANCIL_MANY */
void ancil_attach_many(struct msghdr *m, union ancil_many *room, int const *fd,
    size_t n);

/* ancil_expect_many - m takes up to ANCIL_MANY */
void ancil_expect_many(struct msghdr *m, union ancil_many *room);

/* ancil_take_many - how many came along, the first of those that were sent;
 * they are the caller's to close */
size_t ancil_take_many(struct msghdr *m, int fd[ANCIL_MANY]);

#endif
