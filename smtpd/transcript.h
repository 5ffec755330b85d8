/* SPDX-License-Identifier: ISC */
/* What is said in a session, line by line, in the log: for people who look for
 * a mistake. Without message text, and without what may be a secret. */
#ifndef MAILGRAVE_SMTPD_TRANSCRIPT_H
#define MAILGRAVE_SMTPD_TRANSCRIPT_H

#include "smtpd/session.h"

/* transcript_said - reply is a whole one of ours
 *   number, client  which session it is */
void transcript_said(unsigned long long number, struct slice client,
    struct slice reply);

/* transcript_heard - the command line that the session has just taken, if it
 * has taken one */
void transcript_heard(unsigned long long number, struct slice client,
    struct session const *session);

#endif
