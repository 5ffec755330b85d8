/* SPDX-License-Identifier: ISC */
/* Mail that waits as JSON: an object a line, with the names of postqueue(1) -j
 * where they fit. */
#ifndef MAILGRAVE_OBJECT_H
#define MAILGRAVE_OBJECT_H

#include "common/command.h"

/* object_mail, then object_rcpt for each, then object_end; now_s is wall
 * time */
void object_mail(struct command_mail const *m, int64_t now_s);
void object_rcpt(struct command_rcpt const *r, bool first, int64_t now_s);
void object_end(void);

#endif
