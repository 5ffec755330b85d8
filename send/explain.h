/* SPDX-License-Identifier: ISC */
/* What becomes of recipients by the routes, and which line has decided it. */
#ifndef MAILGRAVE_SEND_EXPLAIN_H
#define MAILGRAVE_SEND_EXPLAIN_H

#include "common/routes.h"

/* explain_facts - look recipients up as the schedule does, and print that
 *   facts  any number of rcpt=ADDR, and of group=NAME, that the client is in;
 *          NULL ends
 *   returns NULL, or the one that makes no sense */
char const *explain_facts(struct routes const *routes, char *const *facts);

#endif
