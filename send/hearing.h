/* SPDX-License-Identifier: ISC */
/* What the queue may say (common/handover.h), each for the part of send that it
 * concerns. */
#ifndef MAILGRAVE_SEND_HEARING_H
#define MAILGRAVE_SEND_HEARING_H

#include "send/upstream.h"

enum { HEARING_ROWS = 11 };

/* for a peer whose owner is an upstream */
extern struct peer_row const hearing_rows[HEARING_ROWS];

#endif
