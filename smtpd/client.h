/* SPDX-License-Identifier: ISC */
/* Who the client of a transaction is: by its connection, its login, and XCLIENT.
 * The views live as long as nothing new is known of it. */
#ifndef MAILGRAVE_SMTPD_CLIENT_H
#define MAILGRAVE_SMTPD_CLIENT_H

#include "smtpd/transaction.h"

/* client_address - as far as is known; empty without */
struct slice client_address(struct transaction const *t);

/* client_log_name - the same, as the log has it */
struct slice client_log_name(struct transaction const *t);

/* client_name - its verified host name, as far as is known */
struct slice client_name(struct transaction const *t);

/* client_set_name - the DNS has told it; NULL: it is of another client now.
 * Without memory it remains unknown. */
void client_set_name(struct transaction *t, char const *name);

/* client_login - who has logged in here, or where XCLIENT says so; empty:
 * nobody */
struct slice client_login(struct transaction const *t);

/* client_access - what the access file says of it */
void client_access(struct transaction const *t, struct access_decision *may);

/* client_describe - who sends, and how, for queue */
struct submit_open client_describe(struct transaction const *t);

#endif
