/* SPDX-License-Identifier: ISC */
/* What was said at the last try of a recipient, as the journal has it. */
#ifndef MAILGRAVE_LASTWORDS_H
#define MAILGRAVE_LASTWORDS_H

#include "queue/journal.h"
#include "queue/state.h"

enum { LAST_WORDS_MAX = 5120 };	/* octets of an OUTCOME record */

/* lastwords - fill in status, where and words of r; they are left alone when
 * there was no try since the RCPT record was written, or when what was written
 * can't be read
 *   store  LAST_WORDS_MAX octets that they will be views into */
void lastwords(struct journal const *j, struct rcpt const *rcpt,
    struct record_rcpt *r, char *store);

#endif
