/* SPDX-License-Identifier: ISC */
/* A sender for each recipient, by whom a report tells of whom it is (VERP):
 * owner+user=example.net@example.org for user@example.net. Pure. */
#ifndef MAILGRAVE_VERP_H
#define MAILGRAVE_VERP_H

#include "common/addr.h"

/* verp_delimiters_valid - two of "-", "+" and "=", as Postfix has it */
bool verp_delimiters_valid(char const *text);

/* verp_sender - the sender for this recipient
 *   delimiters  the two octets around the recipient's local part
 *   false       its local part would be longer than ADDR_LOCAL_MAX */
bool verp_sender(struct addr const *owner, struct addr const *rcpt,
    char const *delimiters, struct addr *sender);

#endif
