/* SPDX-License-Identifier: ISC */
/* What a client would hear, and which line of a file has decided it. */
#ifndef MAILGRAVE_SMTPD_EXPLAIN_H
#define MAILGRAVE_SMTPD_EXPLAIN_H

#include "common/access.h"
#include "common/routes.h"
#include "smtpd/session.h"

/* explain_facts - plays a session by the rules in force, and prints it
 *   facts  client=ADDR, helo=NAME, sender=ADDR and any number of rcpt=ADDR;
 *          NULL ends
 *   returns NULL, or the one that makes no sense */
char const *explain_facts(struct session_rules const *rules,
    struct routes const *routes, struct access const *access,
    char *const *facts);

#endif
