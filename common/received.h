/* SPDX-License-Identifier: ISC */
/* The trace line that every message gets on top (RFC 5321 section 4.4). Pure. */
#ifndef MAILGRAVE_RECEIVED_H
#define MAILGRAVE_RECEIVED_H

#include <stdint.h>
#include "common/submit.h"

enum { RECEIVED_MAX = 1800 };

/* received_compose - the whole header field, folded, with CRLF
 *   open    what the client said of itself; believed only as far as its
 *           octets go: what could break the line becomes "?"
 *   uid     of a local submitter, -1 for one that came through smtpd
 *   out     RECEIVED_MAX octets; returns the length */
size_t received_compose(char *out, struct submit_open const *open,
    int64_t uid, char const *hostname, int64_t wall_s);

#endif
