/* SPDX-License-Identifier: ISC */
/* How long a client may take. */
#ifndef MAILGRAVE_SMTPD_DEADLINE_H
#define MAILGRAVE_SMTPD_DEADLINE_H

#include "smtpd/connpart.h"

/* deadline_in - the time so many seconds from now */
int64_t deadline_in(struct conn const *c, unsigned long long seconds);

/* deadline_set - anew, for what is awaited now */
void deadline_set(struct conn *c);

/* deadline_passed - may free the connection */
void deadline_passed(void *conn);

#endif
