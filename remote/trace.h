/* SPDX-License-Identifier: ISC */
/* Shows a dialogue line by line for --verbose; never message text. */
#ifndef MAILGRAVE_TRACE_H
#define MAILGRAVE_TRACE_H

#include "common/slice.h"
#include "common/traceid.h"
#include "remote/login.h"

enum { TRACE_LINE_MAX = 512 };	/* of a line, this is shown */

enum trace_side { TRACE_SAID, TRACE_HEARD };

/* One direction; zeroed is empty. */
struct trace {
	struct login const *login;	/* whose secret isn't shown; or NULL */
	size_t len;
	char line[TRACE_LINE_MAX];
};

/* trace_feed - octets as they go by; each complete line is shown
 *   id  whose dialogue it is, for a log line; NULL: by hand, as "> LINE" or
 *       "< LINE" on standard error */
void trace_feed(struct trace *trace, enum trace_side side,
    struct traceid const *id, struct slice octets);

/* trace_escape - as printable ASCII, everything else as \xNN
 *   out  room for 4 * text.len octets; returns those written */
size_t trace_escape(char *out, struct slice text);

#endif
