/* SPDX-License-Identifier: ISC */
/* How often somebody did something within a span of time: for limits on new
 * connections, messages, recipients. Memory is bounded; when there are more
 * than fit, the one who began longest ago is forgotten. Pure. */
#ifndef MAILGRAVE_SMTPD_TALLY_H
#define MAILGRAVE_SMTPD_TALLY_H

#include <stdint.h>
#include "common/netaddr.h"

enum {
	TALLY_BUCKETS = 8192,
	TALLY_MAX = 16384	/* who are counted at a time, 40 octets each */
};

/* Who is counted: an address, of IPv6 its first 64 bits, or a login. */
struct tally_who {
	unsigned char octet[NETADDR_OCTETS];
};

/* Zeroed, with span_ms and seed set, it is empty. */
struct tally {
	int64_t span_ms;
	uint64_t seed;		/* secret: clients choose their addresses */
	struct tally_entry *entry;	/* NULL before the first is counted */
	unsigned n, next;	/* entries in use; the oldest once all are */
	unsigned bucket[TALLY_BUCKETS];	/* entry + 1; 0: empty */
};

/* tally_address - false: the text is no address, he is counted nowhere */
bool tally_address(struct tally_who *who, struct slice address);

/* tally_login - a name of any length */
void tally_login(struct tally_who *who, struct slice login, uint64_t seed);

/* tally_add - once more, at now_ms
 *   max    so often in a span, which begins with the first
 *   false  it was so often already: this time doesn't count. Without memory
 *          nobody is counted, and all are welcome. */
bool tally_add(struct tally *tally, struct tally_who const *who, uint64_t max,
    int64_t now_ms);

void tally_free(struct tally *tally);

/* What limit lines of the access file count. */
struct tallies {
	struct tally rate;	/* new connections */
	struct tally messages, rcpts;
};

/* tallies_open - none of them has counted anything
 *   seed  secret */
void tallies_open(struct tallies *all, uint64_t seed);

void tallies_free(struct tallies *all);

#endif
