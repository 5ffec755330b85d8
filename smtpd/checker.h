/* SPDX-License-Identifier: ISC */
/* Finds out about users without making the loop wait: helpers do the work, or
 * an authentication server does. Who is wrong hears it late. */
#ifndef MAILGRAVE_SMTPD_CHECKER_H
#define MAILGRAVE_SMTPD_CHECKER_H

#include "common/loop.h"
#include "common/netaddr.h"
#include "smtpd/sasl.h"
#include "smtpd/users.h"

enum {
	CHECKER_HELPERS_MAX = 8,
	CHECKER_WAITING_MAX = 100,	/* questions without an answer */
	CHECKER_DELAY_MS = 2000	/* from the question to hearing that it was
				 * wrong, so that its time tells nothing */
};

struct checker;

/* One question; lives in its owner's struct until done. */
struct check {
	struct sasl_question question;
	char client[NETADDR_TEXT_MAX + 1];	/* who asks, "" if unknown */
	/* wrong - it is, as soon as that is known; who asks is told by done,
	 * late, or at once where this returns false */
	bool (*wrong)(void *owner);
	/* done - called from the loop; the check may be freed in it */
	void (*done)(void *owner, struct sasl_answer const *answer);
	void *owner;

	struct checker *all;
	struct check *next;
	struct timer delay;
	int64_t since_ms;
	uint32_t number;	/* among those of a server */
	bool under_way;
	bool answered;		/* but he who asked hasn't heard it yet */
	enum sasl_outcome outcome;	/* then */
};

/* What a helper is asked, in one packet. */
struct checker_order {
	bool reload;		/* its files; no answer; else */
	struct sasl_question question;
};

/* What it says. */
struct checker_word {
	bool news;		/* of its file; else */
	struct sasl_answer answer;
	enum users_verified verified;
};

struct checker_helper {
	struct watch watch;
	struct check *work;	/* NULL: idle, unless busy */
	bool busy;		/* work may have been cancelled meanwhile */
	struct checker *all;
};

struct server;

struct checker {
	/* set by the owner */
	struct loop *loop;
	struct server *server;	/* NULL: helpers do it */
	void (*lost)(void);	/* a helper */
	/* verified - so many users have a verifier now */
	void (*verified)(void *owner, enum users_verified now);
	void *owner;

	struct checker_helper helper[CHECKER_HELPERS_MAX];
	unsigned helpers;
	struct check *first;	/* they wait */
	unsigned under_way;	/* without an answer */
};

/* checker_add_helpers - fork them; before the jail, as they have their own
 *   work  is called in each, with its socket: takes a struct checker_order at a
 *         time, says a struct checker_word to each that is no reload; false and
 *         errno */
bool checker_add_helpers(struct checker *c, unsigned n, char const *name,
    void (*work)(int socket, void *owner), void *owner);

/* checker_reload - the helpers are to read their files again */
void checker_reload(struct checker *c);

/* check_start - question, client, wrong, done and owner are set; false: too many are
 * under way */
bool check_start(struct checker *c, struct check *check);

/* check_cancel - done isn't called any more; harmless at any time */
void check_cancel(struct check *check);

/* For server.c. */

/* check_conclude - it was found out */
void check_conclude(struct check *check, struct sasl_answer const *answer);

#endif
