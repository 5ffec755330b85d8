/* SPDX-License-Identifier: ISC */
/* What a descriptor of a connection has for us; each may free it. */
#ifndef MAILGRAVE_SMTPD_HEARING_H
#define MAILGRAVE_SMTPD_HEARING_H

#include "smtpd/connpart.h"

/* hearing_ready - see loop.h */
void hearing_ready(void *conn, uint32_t events);

/* hearing_turn - go on with what is here, as if it had just come */
void hearing_turn(void *conn);

#endif
