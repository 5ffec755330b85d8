/* SPDX-License-Identifier: ISC */
/* What can't be read back is kept for people, in damaged/, and logged. */
#ifndef MAILGRAVE_ASIDE_H
#define MAILGRAVE_ASIDE_H

#include "queue/recover.h"

/* aside_keep - for struct recovery, whose owner is itself: log it, and copy
 * what is there to damaged/, once, whole and synced */
void aside_keep(void *recovery, struct damage const *d);

#endif
