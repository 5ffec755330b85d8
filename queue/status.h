/* SPDX-License-Identifier: ISC */
/* Sums up the mail that waits: how much in which state, and how old. Writes to
 * standard output, whose errors are its caller's to look for. */
#ifndef MAILGRAVE_STATUS_H
#define MAILGRAVE_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include "common/command.h"

enum { STATUS_AGES = 6 };

struct status_sum {
	uint64_t mails, rcpts, octets;
	uint64_t oldest_s;	/* wall time it arrived; if there are mails */
};

struct status {
	struct status_sum state[STANDINGS], all;
	uint64_t age[STATUS_AGES];	/* mails, see status_age */
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

/* status_print - rows for people, or one object in a line */
void status_print(struct status const *s, int64_t now_s, bool json);

#endif
