/* SPDX-License-Identifier: ISC */
/* The message as it comes in: LF or CRLF from a descriptor, CRLF out. */
#ifndef MAILGRAVE_INPUT_H
#define MAILGRAVE_INPUT_H

#include "common/body.h"
#include "common/wire.h"

enum {
	/* octets read at a time: with every one an LF, and what the end may
	 * add, the piece still fits a frame */
	INPUT_READ_MAX = (WIRE_BODY_MAX - 4) / 2
};

struct input {
	int fd;
	bool dot_ends;	/* a line with nothing but a dot is the end */
	bool end;
	struct body_crlf crlf;
	unsigned char mark;	/* how much of such a line is there */
	size_t held;	/* octets of it that wait in raw */
	char raw[INPUT_READ_MAX];
};

/* input_init - fd blocks and stays the caller's */
void input_init(struct input *in, int fd, bool dot_ends);

/* input_read - the next piece, as much as fits unless the end comes first
 *   out    WIRE_BODY_MAX octets
 *   n      octets of it; in->end after the last piece
 *   false  errno; EPROTO for a CR without LF, or a NUL */
bool input_read(struct input *in, char *out, size_t *n);

#endif
