/* SPDX-License-Identifier: ISC */
/* One delivery by hand: a message on standard input, one line of outcome for
 * each recipient on standard output. */
#ifndef MAILGRAVE_HAND_H
#define MAILGRAVE_HAND_H

#include "remote/job.h"

struct hand {
	/* set by the caller */
	struct remote *remote;
	struct slice sender;
	struct slice const *rcpt;
	size_t rcpts;
	struct target target;

	int failed, deferred;	/* recipients */
	bool over;		/* all results are out */
	struct job job;
};

/* hand_read - take the message from a descriptor, LF or CRLF line ends, into a
 * sealed memory file
 *   false and errno; EILSEQ: it holds a bare CR or a NUL */
bool hand_read(struct hand *h, int fd);

/* hand_start - deliver it; sets remote->loop->stop at the end, when goodbye is
 * said */
void hand_start(struct hand *h);

/* hand_exit - 0 all delivered, 100 at least one failed, 111 one is to be tried
 * again */
int hand_exit(struct hand const *h);

#endif
