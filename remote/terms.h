/* SPDX-License-Identifier: ISC */
/* What the offers of a host mean for the mail at hand: whether it may be told
 * to them at all, what of it, and how. Pure. Each function returns the step of
 * the dialogue that comes next, when it has decided about the recipients for
 * whom there is none. */
#ifndef MAILGRAVE_TERMS_H
#define MAILGRAVE_TERMS_H

#include "remote/client.h"

/* terms_after_hello - they have said what they offer */
enum client_step terms_after_hello(struct client *client);

/* terms_after_tls - it holds, or we do without */
enum client_step terms_after_tls(struct client *client);

/* terms_before_mail - at CLIENT_READY: of this message nothing has been said
 * yet. CLIENT_READY again: when those left out so far have been told. */
enum client_step terms_before_mail(struct client *client);

/* terms_begin_mail - the recipients that are left, as many as they take in one
 * transaction */
enum client_step terms_begin_mail(struct client *client);

/* terms_finished - a transaction is over
 *   clean  they don't remember a part of it */
enum client_step terms_finished(struct client *client, bool clean);

/* terms_turn_away - what they lack decides for everyone; the connection is of
 * no use */
enum client_step terms_turn_away(struct client *client, enum verdict verdict,
    char const *status, char const *words);

/* terms_needs_utf8 - only hosts with SMTPUTF8 may be told that mailbox */
bool terms_needs_utf8(struct slice mailbox);

#endif
