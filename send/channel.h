/* SPDX-License-Identifier: ISC */
/* Our side of the deliver protocol (common/deliver.h) towards one stage, local
 * or remote: connects, begins jobs, passes results on. */
#ifndef MAILGRAVE_CHANNEL_H
#define MAILGRAVE_CHANNEL_H

#include "common/caller.h"
#include "common/peer.h"
#include "send/sched.h"

enum {
	CHANNEL_TEXTS_MAX = 1 << 20	/* octets waiting in the socket's
					 * queue: with more, no texts */
};

struct channel {
	/* set by the caller */
	struct loop *loop;
	struct sched *sched;
	enum channel_name name;
	char const *path;		/* of its socket; NULL: only adopt */
	void (*changed)(void *owner);	/* there may be something to do */
	void (*lost)(void *owner, struct channel *c);	/* jobs have returned */
	void *owner;

	struct peer peer;
	struct caller caller;
};

/* channel_start - connect, and again whenever it is away */
void channel_start(struct channel *c);

/* channel_adopt - speak over this connected descriptor; false and errno */
bool channel_adopt(struct channel *c, int fd);

/* channel_takes_text - a small message goes without a descriptor */
bool channel_takes_text(struct channel const *c);

/* channel_begin - hand a job over with its message
 *   body   what the queue has said along with it
 *   fd     the channel's; -1: the text is in the body
 *   false  no memory, or the connection is gone: the job was not begun */
bool channel_begin(struct channel *c, struct sched_job *job,
    struct handover_body const *body, int fd);

#endif
