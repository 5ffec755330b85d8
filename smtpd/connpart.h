/* SPDX-License-Identifier: ISC */
/* A connection from inside, for the files that each do one part of its life. */
#ifndef MAILGRAVE_SMTPD_CONNPART_H
#define MAILGRAVE_SMTPD_CONNPART_H

#include "smtpd/conn.h"
#include "smtpd/output.h"
#include "smtpd/proxy.h"
#include "smtpd/transaction.h"

struct conn {
	struct conns *all;
	struct conn *next, **at;
	struct session session;
	struct transaction transaction;
	struct watch watch;
	struct timer deadline;
	struct chore turn;
	int in;
	struct output output;
	int64_t until_ms;		/* the whole session's deadline */
	int64_t mail_until_ms;		/* that of its message, 0 without */
	struct crowd_member member;
	struct proxy *proxy;		/* while its header is awaited */
	struct arrival *arrival;	/* NULL: it has been let in, or not */
	/* while shaking */
	struct conn *younger, **shaking_at;
	int64_t shaking_since_ms;
	unsigned long long number;
	/* input that the session is not ready for; NULL without */
	char *input;
	size_t input_len, input_room;
	size_t peeked;			/* octets that the socket still has of
					 * what is being looked at */
	size_t kept;			/* its part of all->kept */
	bool socket;
	bool terminal;
	bool unwatched;			/* file, or at its end: always ready */
	bool filled;			/* the last look at the socket may not
					 * have seen all */
	bool committing;
	bool over;
	bool shaking;			/* hands: nothing is said yet */
	bool secure;			/* it is to begin with that */
	bool lingering;			/* all is said: what comes is dropped */
	char client[NETADDR_TEXT_MAX + 1];
	char tls_text[SECURE_TEXT_MAX + 1];
};

/* thousands of sessions are idle at a time */
_Static_assert(sizeof(struct conn) < 4096, "an idle session costs too much");

/* conn_client - its address, for the log */
struct slice conn_client(struct conn const *c);

/* conn_keeps_much - all together, so that no more should be kept */
static inline bool
conn_keeps_much(struct conn const *c)
{
	return c->all->kept > CONN_KEPT_MAX;
}

/* conn_account - what is kept for it has changed */
void conn_account(struct conn *c);

/* conn_drop_input - what it has said early doesn't count */
void conn_drop_input(struct conn *c);

/* conn_close - at once, and free it */
void conn_close(struct conn *c);

#endif
