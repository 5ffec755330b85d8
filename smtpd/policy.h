/* SPDX-License-Identifier: ISC */
/* May this client send to this path: what routes and access together say.
 * Pure. */
#ifndef MAILGRAVE_SMTPD_POLICY_H
#define MAILGRAVE_SMTPD_POLICY_H

#include "common/access.h"
#include "common/routes.h"
#include "smtpd/reply.h"

/* Zeroed: no mail for anybody. */
struct policy {
	struct routes routes;
	struct access access;
};

void policy_free(struct policy *policy);

/* policy_rcpt - REPLY_RCPT_OK, or the refusal
 *   relay  the client may send anywhere */
enum reply policy_rcpt(struct policy const *policy, bool relay,
    struct addr const *rcpt);

#endif
