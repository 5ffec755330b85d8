/* SPDX-License-Identifier: ISC */
/* What the end of a command means for the mail. Pure. */
#ifndef MAILGRAVE_EXITCODE_H
#define MAILGRAVE_EXITCODE_H

#include "common/slice.h"
#include "local/result.h"

enum exitcode_table { EXITCODE_AUTO, EXITCODE_QMAIL, EXITCODE_SYSEXITS };

/* exitcode_result - verdict and status; words and where are left empty
 *   code    its exit status; -1: a signal or the time limit ended it
 *   output  what it said first: an enhanced status (RFC 3463) in front of it,
 *           4.x.x or 5.x.x, wins over a code that isn't 0
 *   status  room for the text of result->status */
struct delivery_result exitcode_result(enum exitcode_table table, int code,
    struct slice output, char status[STATUS_MAX + 1]);

/* exitcode_table_named - "auto", "qmail", "sysexits"; false for another name */
bool exitcode_table_named(char const *name, enum exitcode_table *table);

#endif
