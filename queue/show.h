/* SPDX-License-Identifier: ISC */
/* What is shown of a message and of its recipients: the frames, of what memory
 * and records say. */
#ifndef MAILGRAVE_SHOW_H
#define MAILGRAVE_SHOW_H

#include "common/command.h"
#include "queue/envelope.h"

/* show_mail - fill in the frame of a message
 *   e      its envelope, no RCPT of which is taken yet
 *   store  LAST_WORDS_MAX octets; texts are views into e and store */
void show_mail(struct command_mail *t, struct journal const *j,
    struct message const *m, struct envelope e, int64_t now_s, char *store);

/* show_rcpt - fill in the frame of recipient n of m, of whom r says what the
 * records do, see envelope_rcpt_now */
void show_rcpt(struct command_rcpt *t, struct message const *m, uint32_t n,
    struct record_rcpt const *r, int64_t now_s);

#endif
