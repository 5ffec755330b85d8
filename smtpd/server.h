/* SPDX-License-Identifier: ISC */
/* A connection to an authentication server that answers for the helpers, made
 * when it is first needed and again when it was lost. Nobody waits for a server
 * that isn't there: nobody can tell who is right then. */
#ifndef MAILGRAVE_SMTPD_SERVER_H
#define MAILGRAVE_SMTPD_SERVER_H

#include "smtpd/checker.h"
#include "smtpd/dovecot.h"

enum {
	SERVER_HELLO_MS = 10 * 1000,	/* for what it begins with */
	SERVER_ANSWER_MS = 60 * 1000	/* for an answer */
};

struct server {
	char const *path;		/* of its socket; set by the owner, as is */
	struct loop *loop;

	struct watch watch;		/* fd -1: not connected */
	struct timer patience;
	bool version, plain, ready;	/* it has said so */
	bool away;			/* which was logged */
	uint32_t number;		/* of the last question */
	struct check *first;		/* asked, or to be asked once it is
					 * ready */
	/* octets on their way */
	char in[DOVECOT_LINE_MAX];
	size_t in_len;
	char out[DOVECOT_HELLO_MAX + CHECKER_WAITING_MAX * DOVECOT_ASK_MAX];
	size_t out_len;
};

/* server_open - zeroed but for path and loop */
void server_open(struct server *s);

void server_close(struct server *s);

/* server_ask - check_conclude is called in the end, maybe at once */
void server_ask(struct server *s, struct check *check);

/* server_forget - check_conclude isn't */
void server_forget(struct server *s, struct check *check);

#endif
