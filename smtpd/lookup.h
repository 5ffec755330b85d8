/* SPDX-License-Identifier: ISC */
/* What is known of clients' addresses by the DNS: asked once for all who want
 * to know, and remembered for a while. Bounded in number, and the oldest is
 * forgotten first. */
#ifndef MAILGRAVE_SMTPD_LOOKUP_H
#define MAILGRAVE_SMTPD_LOOKUP_H

#include "smtpd/question.h"

enum {
	LOOKUP_BUCKETS = 1024,
	LOOKUP_KNOWN_MAX = 4096,	/* remembered; at most 700 octets each,
					 * mostly 150 */
	LOOKUP_DUE_MAX = 1000,		/* asked at a time; more remain
					 * unknown */
	LOOKUP_KEEP_MS = 5 * 60 * 1000,	/* an answer holds */
	LOOKUP_FAILED_MS = 30 * 1000	/* before the DNS is asked again that
					 * did not answer */
};

/* One who waits for an answer. Zeroed but for wake and owner it waits for
 * none. */
struct lookup_waiter {
	void (*wake)(void *owner);	/* called once: ask again */
	void *owner;
	struct lookup_waiter *next, **at;
};

struct fact;

struct lookups {
	struct resolver resolver;
	bool open;		/* else all is unknown */
	uint64_t seed;		/* of the hash: clients choose addresses */
	struct fact *bucket[LOOKUP_BUCKETS];
	struct fact *oldest, **newest;	/* that are known */
	unsigned known, due;
};

/* lookups_open - as resolver_open; zeroed before */
bool lookups_open(struct lookups *all, struct loop *loop, char const *server,
    char const **why);

/* lookups_close - nobody waits any more; harmless when it isn't open */
void lookups_close(struct lookups *all);

/* lookup_name - the verified host name of an address
 *   w      is told when there is an answer, if one is due and w doesn't wait
 *          already; NULL: nothing is asked
 *   *name  with ANSWER_YES, in lower case; lives until the next call */
enum answer lookup_name(struct lookups *all,
    unsigned char const octet[NETADDR_OCTETS], struct lookup_waiter *w,
    char const **name);

/* lookup_listed - does this zone list the address? As lookup_name. */
enum answer lookup_listed(struct lookups *all,
    unsigned char const octet[NETADDR_OCTETS], char const *zone,
    struct lookup_waiter *w);

/* lookup_leave - wait no more; harmless for one who doesn't */
void lookup_leave(struct lookup_waiter *w);

#endif
