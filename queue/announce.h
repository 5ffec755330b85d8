/* SPDX-License-Identifier: ISC */
/* Tells send of messages, in the order of arrival, as far as its windows go. */
#ifndef MAILGRAVE_ANNOUNCE_H
#define MAILGRAVE_ANNOUNCE_H

#include "common/handover.h"
#include "common/loop.h"
#include "queue/state.h"

struct handout;

enum {
	ANNOUNCE_AGAIN_MAX = 1024,
	ANNOUNCE_RETRY_MS = 5 * 60 * 1000	/* until a message that can't
						 * be read is tried again */
};

struct announce {
	struct message *next;	/* to be told, and those that came later */
	struct traceid again[ANNOUNCE_AGAIN_MAX];	/* to be told before
				 * that, out of order: a ring */
	unsigned first, agains;
	uint32_t window;	/* messages that may be told */
	uint32_t texts;		/* AHEADs that may be sent */
	uint32_t within;	/* octets: such go without a descriptor */
	uint64_t told;		/* messages, on this connection */
	bool all;		/* TOLD was said on it */
	struct chore turn;
	struct timer retry;	/* armed: some couldn't be read */
};

/* announce_init - before anything arrives */
void announce_init(struct handout *h);

/* announce_begin - on a new connection: all from the start */
void announce_begin(struct handout *h);

/* announce_more - the window is opened; false: by more than there may be */
bool announce_more(struct handout *h, struct handover_window const *by);

/* announce_on - there may be something to tell, or room to tell it */
void announce_on(struct handout *h);

/* announce_arrived - m was committed, after all others */
void announce_arrived(struct handout *h, struct message *m);

/* announce_again - send is to hear of m, which it doesn't know, or not as it
 * stands now */
void announce_again(struct handout *h, struct message *m);

/* announce_forget - m is about to be freed */
void announce_forget(struct handout *h, struct message const *m);

/* announce_order - tell send of an order; false: it is cut off */
bool announce_order(struct handout *h, struct traceid const *id,
    enum order order);

#endif
