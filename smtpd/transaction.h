/* SPDX-License-Identifier: ISC */
/* What stands behind a session's questions: policy decides, a submission
 * gathers, the log hears how it ended. */
#ifndef MAILGRAVE_SMTPD_TRANSACTION_H
#define MAILGRAVE_SMTPD_TRANSACTION_H

#include "common/access.h"
#include "smtpd/heading.h"
#include "smtpd/login.h"
#include "smtpd/policy.h"
#include "smtpd/session.h"
#include "smtpd/submission.h"
#include "smtpd/tally.h"
#include "smtpd/xclient.h"

struct transaction {
	/* set by the owner */
	struct session *session;
	struct routes const *routes;
	struct access const *access;
	struct pool *pool;
	struct tallies *tallies;
	struct login login;		/* the parts that login.h wants set */
	char const *client;		/* address, empty without */
	bool hide_client;		/* where mail with a login comes from */
	char const *tls;		/* version and cipher; NULL: in clear */
	/* moved - XCLIENT has given another address; the session is dismissed
	 * when it may not come in from there */
	void (*moved)(void *owner);
	/* may_secure - there is room for a handshake */
	bool (*may_secure)(void *owner);
	void (*wake)(void *owner);	/* see submission.h */
	void *owner;

	struct submission *submission;	/* NULL: none is under way */
	struct heading heading;		/* of that */
	bool named;			/* session->id is this one's */
	bool asking;			/* queue is; see transaction_is_asking */
	bool relay;			/* the client may send anywhere */
	struct refusals_line by;	/* what decides the next refusal */
	bool told;			/* queue has counted that itself */
	uint64_t rcpts_max;		/* of him in an hour */
	unsigned rcpts_line;		/* of the access file, that says so */
	char *name;			/* his verified name, or NULL */
	struct xclient *xclient;	/* what was said of it, or NULL */
};

/* transaction_by_line - this line of routes or access decides on what is replied
 * next; 0: none does */
void transaction_by_line(struct transaction *t, char const *file,
    unsigned line);

/* transaction_answer - to the session's question */
void transaction_answer(struct transaction *t);

/* transaction_is_asking - the answer comes later, with wake */
static inline bool
transaction_is_asking(struct transaction const *t)
{
	return t->asking || login_is_asking(&t->login);
}

/* transaction_store - the message goes on */
static inline void
transaction_store(struct transaction *t, struct slice octets)
{
	heading_store(&t->heading, octets);
}

/* transaction_commit - it is complete: let queue have it */
static inline void
transaction_commit(struct transaction *t)
{
	heading_end(&t->heading);
}

/* transaction_conclude - tell the session how its message ended; the
 * submission is settled */
void transaction_conclude(struct transaction *t);

/* transaction_replied - what the session has just said: refusals are logged,
 * and between messages nothing is left of the last one */
void transaction_replied(struct transaction *t, struct slice reply);

/* transaction_end - no more will come of the session */
void transaction_end(struct transaction *t);

/* transaction_forget - queue gets none of it, unless it was ended */
void transaction_forget(struct transaction *t);

#endif
