/* SPDX-License-Identifier: ISC */
/* Which messages a command means: terms such as domain=example.org, all of
 * which must fit. Pure.
 *
 *   sender=ADDR     the reverse-path; sender=<> for reports
 *   recipient=ADDR  one that still waits, or whom he stands for
 *   domain=NAME     of one of these
 *   age>NUMBER      and s, m, h or d behind it
 *   state=NAME      as filter_standing has them
 *
 * Addresses and domains compare without ASCII case. */
#ifndef MAILGRAVE_FILTER_H
#define MAILGRAVE_FILTER_H

#include "common/command.h"

struct filter {
	unsigned has;		/* a bit for each key, see filter.c */
	struct addr sender;
	bool null_sender;	/* instead of that */
	struct addr rcpt;
	char domain[ADDR_DOMAIN_MAX + 1];
	int64_t age_s;
	enum standing standing;
};

/* What a message is asked for. */
struct filter_facts {
	struct slice sender;
	int64_t age_s;
	enum standing standing;
};

/* the names of standings, for terms and for people */
extern char const *const filter_standing[STANDINGS];

/* filter_add - one more term; a zeroed filter takes all
 *   false  *why says what is wrong with it */
bool filter_add(struct filter *f, struct slice term, char const **why);

/* filter_takes - all terms fit but for those about recipients */
bool filter_takes(struct filter const *f, struct filter_facts const *facts);

/* filter_asks_rcpt - some terms are about recipients: one of them must fit */
bool filter_asks_rcpt(struct filter const *f);
bool filter_takes_rcpt(struct filter const *f, struct slice address,
    struct slice orcpt);

#endif
