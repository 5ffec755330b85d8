/* SPDX-License-Identifier: ISC */
/* The parameters of MAIL and RCPT, a row and a function each. Pure. */
#ifndef MAILGRAVE_SMTPD_PARAMETER_H
#define MAILGRAVE_SMTPD_PARAMETER_H

#include "smtpd/session.h"

enum parameter_of { PARAMETER_OF_MAIL = 1, PARAMETER_OF_RCPT = 2 };

/* parameter_take_all - what follows the path, into s; REPLY_NONE, or what is
 * wrong with it */
enum reply parameter_take_all(struct session *s, enum parameter_of of,
    struct slice text);

#endif
