/* SPDX-License-Identifier: ISC */
/* Queue and remote as children of ours, with nothing else running. */
#ifndef MAILGRAVE_BYHAND_H
#define MAILGRAVE_BYHAND_H

#include <sys/types.h>
#include "send/channel.h"
#include "send/upstream.h"

struct byhand {
	/* set by the caller; NULL, 0: the default */
	char const *spool, *relay;
	unsigned long long port;

	pid_t queue, remote;
};

/* byhand_start - both, connected to these; exits 111 */
void byhand_start(struct byhand *b, struct upstream *upstream,
    struct channel *remote);

/* byhand_end - ends the connections and waits for both
 *   left  mail is left in the spool
 *   returns the exit status */
int byhand_end(struct byhand *b, struct upstream *upstream,
    struct channel *remote, bool left);

#endif
