/* SPDX-License-Identifier: ISC */
/* What is said on a connection that is in, both ways. */
#ifndef MAILGRAVE_SMTPD_CONVERSE_H
#define MAILGRAVE_SMTPD_CONVERSE_H

#include "smtpd/connpart.h"

/* converse - with what there is, then wait for what is missing; may free the
 * connection
 *   in  what the client said, or c->input */
void converse(struct conn *c, struct slice in);

/* converse_later - in a moment: somebody has an answer for the session */
void converse_later(void *conn);

/* converse_wants_input - more of what the client says is of use now */
bool converse_wants_input(struct conn const *c);

#endif
