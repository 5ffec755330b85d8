/* SPDX-License-Identifier: ISC */
/* mailgrave-queue as qmail-queue: a client of the running queue, which takes
 * the message from descriptor 0 and the envelope from descriptor 1. */
#ifndef MAILGRAVE_QUEUE_QMAIL_H
#define MAILGRAVE_QUEUE_QMAIL_H

#include <stdbool.h>

enum { QMAIL_ENVELOPE_MAX = 16 << 20 };	/* octets; it is kept in memory */

/* qmail_called - this is how it was called: by that name, or with nothing but
 * its name */
bool qmail_called(int argc, char *const *argv);

/* qmail_run - hand one message in
 *   returns the exit code, as qmail-queue has them; may exit as option_parse
 *   does */
int qmail_run(int argc, char *const *argv);

#endif
