/* SPDX-License-Identifier: ISC */
/* Who a session's client is: carries the questions of its AUTH to the checker,
 * the answers back, and remembers who has been wrong. */
#ifndef MAILGRAVE_SMTPD_LOGIN_H
#define MAILGRAVE_SMTPD_LOGIN_H

#include "smtpd/checker.h"
#include "smtpd/failures.h"
#include "smtpd/session.h"

struct login {
	/* set by the owner */
	struct session *session;
	struct checker *checker;
	struct failures *failures;
	/* wake - the session has its answer; called from the loop */
	void (*wake)(void *owner);
	void *owner;

	struct check *check;		/* NULL: nothing is asked */
	bool refused;			/* whatever he hears of that: others
					 * from there were wrong meanwhile */
	char client[NETADDR_TEXT_MAX + 1];	/* who asks */
	char name[SASL_TEXT_MAX + 1];	/* who he is when session->logged_in */
};

/* login_answer - to the session's question, at once or later
 *   client  its address, or empty */
void login_answer(struct login *l, struct slice client);

static inline bool
login_is_asking(struct login const *l)
{
	return l->check;
}

/* login_end - no more will come of the session */
void login_end(struct login *l);

#endif
