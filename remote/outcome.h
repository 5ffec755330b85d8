/* SPDX-License-Identifier: ISC */
/* What becomes of the client's recipients: each has one result, decided once
 * and told once. Pure. */
#ifndef MAILGRAVE_OUTCOME_H
#define MAILGRAVE_OUTCOME_H

#include "remote/client.h"

/* outcome_by_reply - the reply just heard decides for recipients from to
 * end - 1, those that are still open */
void outcome_by_reply(struct client *client, enum verdict verdict, size_t from,
    size_t end);

/* outcome_by_us - we decide; what is said stands in client->words */
void outcome_by_us(struct client *client, enum verdict verdict,
    char const *status, size_t from, size_t end);

/* outcome_next - the next one to be told is in client->result; false: none */
bool outcome_next(struct client *client);

/* outcome_open - how many of this transaction are undecided */
size_t outcome_open(struct client const *client);

#endif
