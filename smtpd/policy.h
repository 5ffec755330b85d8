/* SPDX-License-Identifier: ISC */
/* May this client send to this path? Pure. */
#ifndef MAILGRAVE_SMTPD_POLICY_H
#define MAILGRAVE_SMTPD_POLICY_H

#include "common/routes.h"
#include "smtpd/reply.h"

/* policy_rcpt - REPLY_RCPT_OK, or the refusal; no routes, no mail
 *   relay  the client may send anywhere */
enum reply policy_rcpt(struct routes const *routes, bool relay,
    struct addr const *rcpt);

#endif
