/* SPDX-License-Identifier: ISC */
/* Descriptors that show the text of one message and no more: neither its
 * envelope nor its neighbours, and never to be changed. */
#ifndef MAILGRAVE_TEXT_H
#define MAILGRAVE_TEXT_H

#include "queue/envelope.h"

/* text_open - of a committed message
 *   m       checked is set, if it has a file: see below
 *   e       its envelope, as envelope_open_whole read it
 *   mess    the directory of message files
 *   -1 and errno, EIO when it is not what was written */
int text_open(int mess, struct message const *m, struct envelope const *e);

/* What was written before this start is read once to see that it is still what
 * it was, some at a time: a large one takes long. */
struct text_check {
	int fd;			/* -1: none is under way */
	uint64_t at, size;
	uint32_t crc, expected;
};

enum { TEXT_STEP = 1 << 20 };	/* octets */

/* text_check_begin - of a message with a file; false and errno */
bool text_check_begin(struct text_check *c, int mess, struct message const *m,
    struct record_message const *r);

/* text_check_step - 1: there is more; 0: it is whole; -1 and errno, EBADMSG when
 * it is something else */
int text_check_step(struct text_check *c);

/* text_check_end - harmless when none is under way */
void text_check_end(struct text_check *c);

#endif
