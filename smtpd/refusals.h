/* SPDX-License-Identifier: ISC */
/* Who was turned away by which rule, until queue has been told (REFUSED of
 * common/submit.h); it shows the sums with --status. Nothing waits for it: what
 * is not told yet is lost with the process. */
#ifndef MAILGRAVE_SMTPD_REFUSALS_H
#define MAILGRAVE_SMTPD_REFUSALS_H

#include "common/loop.h"
#include "common/submit.h"

enum {
	REFUSALS_MAX = 64,	/* rules at a time; more are "other" */
	REFUSALS_MS = 1000	/* until queue hears of the first one */
};

/* A line of a file that decided. */
struct refusals_line {
	char const *file;	/* NULL: none did */
	unsigned line;
};

struct pool;

struct refusals {
	struct pool *pool;
	struct {
		char rule[SUBMIT_RULE_MAX + 1];
		uint32_t n;
	} row[REFUSALS_MAX];
	size_t rows;
	struct timer telling;
};

void refusals_open(struct refusals *all, struct pool *pool);

/* refusals_add - one more
 *   by     the line that decided, called "access:7"; else the rule is the reply
 *   reply  without its line end
 *   host   our name, which some replies begin with: it is left out */
void refusals_add(struct refusals *all, struct refusals_line by,
    struct slice reply, struct slice host);

/* refusals_tell - now, if queue is there */
void refusals_tell(struct refusals *all);

void refusals_close(struct refusals *all);

#endif
