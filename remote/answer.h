/* SPDX-License-Identifier: ISC */
/* What a reply means for the recipients, and where it leads. Pure. */
#ifndef MAILGRAVE_ANSWER_H
#define MAILGRAVE_ANSWER_H

#include "remote/client.h"

/* answer_take - the reply that is complete in client->reply */
void answer_take(struct client *client);

/* answer_makes_no_sense - what came isn't SMTP, or not here: nothing after it
 * can be believed */
void answer_makes_no_sense(struct client *client, char const *what);

#endif
