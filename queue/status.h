/* SPDX-License-Identifier: ISC */
/* Sums up the mail that waits: how much in which state, and how old; and keeps
 * what the queue has counted. Writes to standard output, whose errors are its
 * caller's to look for. */
#ifndef MAILGRAVE_STATUS_H
#define MAILGRAVE_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include "common/command.h"

enum {
	STATUS_AGES = 6,
	STATUS_COUNTS_MAX = 256		/* a queue has fewer */
};

struct status_sum {
	uint64_t mails, rcpts, octets;
	uint64_t oldest_s;	/* wall time it arrived; if there are mails */
};

struct status_count {
	char name[COMMAND_NAME_MAX + 1];
	struct command_count count;	/* its name lies there */
};

struct status {
	struct status_sum state[STANDINGS], all;
	uint64_t age[STATUS_AGES];	/* mails, see status_age */
	uint64_t since_s;	/* it counts from then on; 0: nothing was
				 * told about that */
	struct status_count count[STATUS_COUNTS_MAX];
	size_t counts;
};

/* The limits of the ages: younger than this, in words and seconds; the last
 * one has none. */
struct status_age {
	char const *name;
	int64_t below_s;
};

extern struct status_age const status_age[STATUS_AGES];

/* status_mail - one more, now_s wall time; a zeroed status has none */
void status_mail(struct status *s, struct command_mail const *m,
    int64_t now_s);

/* status_count - one thing that was counted; what is over STATUS_COUNTS_MAX is
 * left out */
void status_count(struct status *s, struct command_count const *count);

/* status_print - rows for people, or one object in a line */
void status_print(struct status const *s, int64_t now_s, bool json);

#endif
