/* SPDX-License-Identifier: ISC */
/* Connections to queue. Small messages wait in memory until they are complete
 * and then share a few; larger ones hold one each while their text comes in. */
#ifndef MAILGRAVE_SMTPD_POOL_H
#define MAILGRAVE_SMTPD_POOL_H

#include "common/loop.h"
#include "common/peer.h"
#include "common/submit.h"
#include "smtpd/crowd.h"
#include "smtpd/refusals.h"
#include "smtpd/reply.h"

enum {
	POOL_SHARED_MAX = 64,		/* connections for small messages; as
					 * many messages share a commit */
	POOL_FLIGHT_MAX = 4 << 20,	/* octets that queue has in memory, of
					 * all small messages; as many of the
					 * envelopes of large ones */
	POOL_RETRY_MS = 20,		/* when queue has no time to accept */
	POOL_KEEP_MS = 10000		/* connections without use for so long
					 * are closed, but for one */
};

struct submission;

struct link {
	struct peer peer;
	struct pool *pool;
	struct submission *submission;	/* NULL: idle */
	bool stream;			/* counts against streams_max */
	struct crowd_member member;	/* and so for its client's address */
	size_t octets;			/* see POOL_FLIGHT_MAX */
	struct link *next, **at;	/* of pool->busy or pool->idle */
};

struct pool {
	/* set by the owner */
	struct loop *loop;
	char const *path;		/* queue's socket */
	/* connect - instead of that: a connected, non-blocking descriptor, or
	 * -1 and errno; NULL: none */
	int (*connect)(void *owner);
	void *owner;
	bool each;	/* who is there has a verdict for each recipient, in
			 * their order */
	unsigned long long streams_max;	/* large messages at a time */
	unsigned long long address_max;	/* of them from one address */

	size_t held;			/* octets; see OCTETS_HELD_MAX */
	struct link *busy, *idle;
	unsigned long long shared, streams, idles;	/* counts of them */
	unsigned long long unused;	/* the fewest idle ones since keep
					 * was armed */
	struct crowd senders;		/* of large messages */
	size_t flight, envelopes;	/* octets; see POOL_FLIGHT_MAX */
	struct submission *first, **end;	/* complete, without a link */
	struct timer retry, keep;
	bool away;			/* the last try to connect failed */
	struct refusals refusals;
};

/* pool_open - nothing is connected before it is needed */
void pool_open(struct pool *pool);

/* pool_close - when no submission is left */
void pool_close(struct pool *pool);

/* pool_reaches_queue - false: a message that began now would be refused */
bool pool_reaches_queue(struct pool *pool);

/* pool_refusal - why no large message from this address could begin now;
 * REPLY_NONE: it could */
enum reply pool_refusal(struct pool const *pool, struct slice client);

/* pool_spare - a connection on which nothing is under way now, for REFUSED; NULL
 * when there is none */
struct peer *pool_spare(struct pool *pool);

/* pool_stream - a connection for this one; false when there is none */
bool pool_stream(struct pool *pool, struct submission *s);

/* pool_wait - submission_start is called when it's this one's turn, or
 * submission_fail when queue is away; first come, first served */
void pool_wait(struct pool *pool, struct submission *s);

/* pool_forget - it waits no more */
void pool_forget(struct pool *pool, struct submission *s);

/* pool_release - the link's message is settled; it serves the next one */
void pool_release(struct link *link);

/* pool_drop - the link is of no further use: closing it forgets what was not
 * ended */
void pool_drop(struct link *link);

#endif
