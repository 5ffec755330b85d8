/* SPDX-License-Identifier: ISC */
/* May this client send to this path? Pure. */
#ifndef MAILGRAVE_SMTPD_POLICY_H
#define MAILGRAVE_SMTPD_POLICY_H

#include "common/expand.h"
#include "smtpd/reply.h"

struct policy_answer {
	enum reply reply;	/* REPLY_RCPT_OK or a refusal; REPLY_NONE: the
				 * one in the words of the line */
	unsigned code;
	char const *status, *text;	/* live as long as the routes */
	unsigned line;		/* of the routes, that takes the recipient; 0:
				 * none does */
};

/* policy_rcpt - no routes, no mail
 *   groups  of the client, one space between
 *   relay   it may send anywhere */
struct policy_answer policy_rcpt(struct routes const *routes,
    struct slice groups, bool relay, struct addr const *rcpt);

#endif
