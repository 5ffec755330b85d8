/* SPDX-License-Identifier: ISC */
/* Descriptors that show the text of one message and no more: neither its
 * envelope nor its neighbours, and never to be changed. */
#ifndef MAILGRAVE_TEXT_H
#define MAILGRAVE_TEXT_H

#include "queue/envelope.h"

/* text_open - of a committed message
 *   e       its envelope, as envelope_open_whole read it
 *   mess    the directory of message files
 *   -1 and errno, EIO when it is not what was written */
int text_open(int mess, struct message *m, struct envelope const *e);

#endif
