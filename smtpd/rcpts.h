/* SPDX-License-Identifier: ISC */
/* Recipients of a message, kept in a row. Pure. */
#ifndef MAILGRAVE_SMTPD_RCPTS_H
#define MAILGRAVE_SMTPD_RCPTS_H

#include "common/submit.h"
#include "smtpd/octets.h"

/* rcpts_add - one more, with its texts; false: there is no memory for it now
 *   held  what all have; see octets.h */
bool rcpts_add(size_t *held, struct octets *rcpts,
    struct submit_rcpt const *rcpt);

/* rcpts_next - the next of them; its texts are views
 *   in  all of the octets, or what is left; advanced past it */
struct submit_rcpt rcpts_next(struct slice *in);

#endif
