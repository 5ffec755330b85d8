/* SPDX-License-Identifier: ISC */
/* Our side of the queue protocol (common/handover.h): the connection to send,
 * and what is said on it in either direction. */
#ifndef MAILGRAVE_HANDOUT_H
#define MAILGRAVE_HANDOUT_H

#include "common/caller.h"
#include "common/peer.h"
#include "queue/announce.h"
#include "queue/counts.h"
#include "queue/expand.h"
#include "queue/fetching.h"
#include "queue/journal.h"
#include "queue/report.h"
#include "queue/state.h"

enum { HANDOUT_WAIT_MAX_S = 24 * 3600 };	/* until a next try: a clock
						 * that jumps delays no longer */

struct handout {
	/* set by the caller */
	struct loop *loop;
	struct journal *journal;
	struct state *state;
	struct counts *counts;	/* may be NULL */
	int mess;
	char const *hostname;
	char const *path;	/* of send's socket; NULL: only handout_adopt */
	void (*lost)(void *owner);	/* may be NULL: the connection has ended */
	void *owner;

	struct peer peer;
	bool ending;
	uint64_t connection;	/* counts them: acks go to the one that asked */
	struct caller caller;
	struct announce announce;
	struct report report;
	struct expand expand;
	struct fetching fetching;
};

/* handout_init - before anything arrives */
void handout_init(struct handout *h);

/* handout_start - connect, and again whenever send is away */
void handout_start(struct handout *h);

/* handout_adopt - speak over this connected descriptor; false and errno */
bool handout_adopt(struct handout *h, int fd);

/* handout_end - send hangs up when nothing is under way, and isn't called again */
void handout_end(struct handout *h);

/* handout_arrived - a message was committed */
void handout_arrived(struct handout *h, struct message *m);

/* handout_order - tell send what has been ordered for m, which stands as it
 * does after that, or is about to be freed */
void handout_order(struct handout *h, struct message *m, enum order order);

/* handout_finished - nothing is left to do for this message: it is freed */
void handout_finished(struct handout *h, struct message *m);

/* handout_is_on - the connection that had this number is still there */
bool handout_is_on(struct handout const *h, uint64_t connection);

/* handout_cut - end the connection; send is called again */
void handout_cut(struct handout *h, char const *why);

#endif
