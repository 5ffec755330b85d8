/* SPDX-License-Identifier: ISC */
/* Helpers that hash passwords, so that the loop doesn't, and that know the
 * users, so that what speaks with the network doesn't. */
#ifndef MAILGRAVE_SMTPD_CHECKER_H
#define MAILGRAVE_SMTPD_CHECKER_H

#include "common/loop.h"
#include "smtpd/sasl.h"

enum {
	CHECKER_HELPERS = 2,
	CHECKER_WAITING_MAX = 100,	/* passwords that wait for a helper */
	CHECKER_DELAY_MS = 2000		/* before one hears that it is wrong */
};

struct check_request {
	char name[SASL_TEXT_MAX + 1], password[SASL_TEXT_MAX + 1];
};

/* One password; lives in its owner's struct until done. */
struct check {
	struct check_request request;
	/* done - called from the loop, the wrong ones late */
	void (*done)(void *owner, bool right);
	void *owner;

	struct checker *all;
	struct check *next;
	struct timer delay;
	bool under_way;
};

struct checker_helper {
	struct watch watch;
	struct check *work;	/* NULL: idle, unless busy */
	bool busy;		/* work may have been cancelled meanwhile */
	struct checker *all;
};

struct checker {
	struct loop *loop;
	struct checker_helper helper[CHECKER_HELPERS];
	struct check *first;	/* they wait */
	unsigned long long waiting;
	void (*lost)(void);
};

/* checker_open - start the helpers; when jailed but not yet sealed
 *   users  a descriptor of the users file, closed; false and errno */
bool checker_open(struct checker *c, struct loop *loop, int users,
    void (*lost)(void));

/* checker_users - another users file; fd is closed. One with a mistake is
 * reported, and the old one stays. */
void checker_users(struct checker *c, int fd);

/* check_start - request, done and owner are set; false: too many wait */
bool check_start(struct checker *c, struct check *check);

/* check_cancel - done isn't called any more; harmless at any time */
void check_cancel(struct check *check);

#endif
