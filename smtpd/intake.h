/* SPDX-License-Identifier: ISC */
/* The text of a session's message as it comes in, by DATA or BDAT. Pure. */
#ifndef MAILGRAVE_SMTPD_INTAKE_H
#define MAILGRAVE_SMTPD_INTAKE_H

#include "smtpd/session.h"

/* intake_text - octets after DATA; in is advanced past what was taken */
void intake_text(struct session *s, struct slice *in);

/* intake_begin_chunk - s->chunk is announced
 *   misplaced  REPLY_NONE, or why it is no part of the message */
void intake_begin_chunk(struct session *s, enum reply misplaced);

/* intake_chunk - octets of it; in is advanced past what was taken */
void intake_chunk(struct session *s, struct slice *in);

#endif
