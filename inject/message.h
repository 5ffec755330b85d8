/* SPDX-License-Identifier: ISC */
/* The message as it comes: its header whole, the rest in pieces. */
#ifndef MAILGRAVE_MESSAGE_H
#define MAILGRAVE_MESSAGE_H

#include <skalibs/stralloc.h>
#include "inject/ending.h"
#include "inject/input.h"

struct message {
	struct slice header;	/* without the empty line */
	struct slice begun;	/* what has come of the rest; both until
				 * message_next */
	bool end;		/* nothing comes any more */
	struct trouble trouble;	/* after false */
	struct input input;
	stralloc text;
};

/* message_open - read until the header is there, and a little more
 *   fd        blocks and stays the caller's
 *   dot_ends  a line with nothing but a dot ends the message */
bool message_open(struct message *m, int fd, bool dot_ends);

/* message_next - the next piece, which lives until the next call */
bool message_next(struct message *m, struct slice *piece);

void message_close(struct message *m);

#endif
