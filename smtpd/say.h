/* SPDX-License-Identifier: ISC */
/* The reply that a session owes, and the count of those that are refusals.
 * Pure. */
#ifndef MAILGRAVE_SMTPD_SAY_H
#define MAILGRAVE_SMTPD_SAY_H

#include "smtpd/session.h"

/* say_uncounted - also where it isn't the answer to a command */
void say_uncounted(struct session *s, enum reply reply);

/* say - the reply to a command or a message; one refusal too many ends the
 * session instead */
void say(struct session *s, enum reply reply);

/* say_custom - the same in the words of a rule; see reply_custom_format */
void say_custom(struct session *s, unsigned code, struct slice status,
    struct slice words);

/* say_refusal - the same in queue's words; see reply_refusal_format
 *   counted  it may be one too many */
void say_refusal(struct session *s, enum verdict verdict, struct slice status,
    struct slice words, bool counted);

/* say_custom_uncounted - when the session is being dismissed */
void say_custom_uncounted(struct session *s, unsigned code,
    struct slice status, struct slice words);

/* say_for_each - what has just been said is about a message of so many
 * recipients: LMTP wants it for each of them (RFC 2033 section 4.2) */
void say_for_each(struct session *s, unsigned long long rcpts);

#endif
