/* SPDX-License-Identifier: ISC */
/* How often things have happened since the start, and how often of late; for
 * people and monitors, nothing is decided by it. Memory is bounded: of the rules
 * by which somebody was refused only so many get a count of their own. Pure. */
#ifndef MAILGRAVE_COUNTS_H
#define MAILGRAVE_COUNTS_H

#include "common/command.h"

enum {
	COUNTS_SLOTS = 60,	/* of a window */
	COUNTS_RULES_MAX = 200	/* further ones are all "other" */
};

/* What is known to be counted beforehand. */
enum counted {
	COUNTED_NETWORK,	/* a message of smtpd's */
	COUNTED_USERS,		/* of a user of the machine */
	COUNTED_REPORTS,	/* of our own */
	COUNTED_DELIVERED,	/* a try of a recipient ended so */
	COUNTED_DEFERRED,
	COUNTED_FAILED,
	COUNTED
};

/* What happened in the last COUNTS_SLOTS spans of time, this one included. */
struct window {
	uint64_t slot[COUNTS_SLOTS];
	int64_t now;		/* number of the span of the latest */
};

struct counter {
	uint64_t n;
	struct window minute, hour;
};

struct counts_rule {
	char name[COMMAND_NAME_MAX + 1];
	struct counter counter;
	struct counts_rule *next;
};

/* Zeroed but for since_s, it has counted nothing. */
struct counts {
	uint64_t since_s;	/* wall time of the start */
	struct counter counter[COUNTED];
	struct counts_rule *first, **end;	/* as they came up */
	size_t rules;
};

/* counts_add - once more, at now_ms of the monotonic clock; c may be NULL */
void counts_add(struct counts *c, enum counted what, int64_t now_ms);

/* counts_refused - n more by this rule; octets of its name that are not
 * printable ASCII become "?", and what is over COMMAND_NAME_MAX is cut; c may be
 * NULL */
void counts_refused(struct counts *c, struct slice rule, uint64_t n,
    int64_t now_ms);

/* counts_tell - all that was counted, in a fixed order
 *   told  its count's name is a view into c */
void counts_tell(struct counts const *c, int64_t now_ms,
    void (*told)(void *owner, struct command_count const *count), void *owner);

void counts_free(struct counts *c);

#endif
