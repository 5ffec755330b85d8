/* SPDX-License-Identifier: ISC */
/* The line that begins a message in an mbox file. Pure. */
#ifndef MAILGRAVE_FROMLINE_H
#define MAILGRAVE_FROMLINE_H

#include <stdint.h>
#include "common/addr.h"

enum { FROMLINE_MAX = sizeof "From  Sat Nov 21 13:03:54 2026\n" +
    ADDR_TEXT_MAX };

/* fromline - "From sender date", LF behind it and a NUL
 *   sender  empty: MAILER-DAEMON; blanks in it become "-": readers would take
 *           what follows them for the date
 *   wall_s  in UTC, as date822 bounds it
 *   returns the length */
size_t fromline(char out[FROMLINE_MAX], struct slice sender, int64_t wall_s);

#endif
