/* SPDX-License-Identifier: ISC */
/* Starts neighbours and waits for them; moves no mail. */
#include <stdio.h>
#include <unistd.h>
#include <skalibs/strerr.h>
#include "common/neighbour.h"
#include "send/byhand.h"

void
byhand_start(struct byhand *b, struct upstream *upstream,
    struct channel *remote)
{
	char port[21];
	char const *queue_argv[] = { "mailgrave-queue", "--spool",
	    b->spool ? b->spool : ".", "--out-fd", NEIGHBOUR_FD_TEXT, NULL };
	char const *remote_argv[] = { "mailgrave-remote", "--in-fd",
	    NEIGHBOUR_FD_TEXT, "--relay", b->relay ? b->relay : "127.0.0.1",
	    "--port", port, NULL };
	int fd;

	snprintf(port, sizeof port, "%llu", b->port ? b->port : 25);
	fd = neighbour_start(queue_argv, STDERR_FILENO, &b->queue);
	if (fd == -1) strerr_diefusys(111, "start mailgrave-queue");
	upstream_enter(upstream, fd);
	fd = neighbour_start(remote_argv, STDERR_FILENO, &b->remote);
	if (fd == -1 || !channel_adopt(remote, fd))
		strerr_diefusys(111, "start mailgrave-remote");
}

int
byhand_end(struct byhand *b, struct upstream *upstream,
    struct channel *remote, bool left)
{
	int queue_status, remote_status;

	upstream_free(upstream);
	peer_close(&remote->peer);
	queue_status = neighbour_wait(b->queue);
	remote_status = neighbour_wait(b->remote);
	if (queue_status) return queue_status;
	if (remote_status) return remote_status;
	return left ? 111 : 0;
}
