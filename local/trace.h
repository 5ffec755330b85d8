/* SPDX-License-Identifier: ISC */
/* Has this message been in this mailbox before? Its header says so with our
 * own Delivered-To. Pure. */
#ifndef MAILGRAVE_TRACE_H
#define MAILGRAVE_TRACE_H

#include "common/line.h"

enum trace_answer { TRACE_UNSURE, TRACE_NEW, TRACE_BEEN };

/* A search on its way. Zeroed but for address stands before the first octet. */
struct trace {
	struct slice address;	/* as Delivered-To would have it */
	struct line line;
};

/* trace_feed - the next octets of the message
 *   TRACE_UNSURE  they end within the header */
enum trace_answer trace_feed(struct trace *t, struct slice in);

#endif
