/* SPDX-License-Identifier: ISC */
/* Reads a message in pieces; never keeps more than one. */
#include <errno.h>
#include <skalibs/allreadwrite.h>
#include "inject/input.h"

/* mark: where in a line we stand. The numbers are also how many octets of a
 * lone dot's line have gone by. */
enum { LINE_START = 0, DOT = 1, DOT_CR = 2, TEXT = 3 };

void
input_init(struct input *in, int fd, bool dot_ends)
{
	in->fd = fd;
	in->dot_ends = dot_ends;
	in->end = false;
	in->crlf = (struct body_crlf){ .broken = false };
	in->mark = LINE_START;
	in->held = 0;
}

/* find_dot - look at raw between two offsets
 *   returns where the message ends, or to */
static size_t
find_dot(struct input *in, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++) {
		char c = in->raw[i];

		if (c == '\n') {
			if (in->mark == DOT || in->mark == DOT_CR) {
				in->end = true;
				return i - in->mark;
			}
			in->mark = LINE_START;
		} else if (c == '.' && in->mark == LINE_START) {
			in->mark = DOT;
		} else if (c == '\r' && in->mark == DOT) {
			in->mark = DOT_CR;
		} else {
			in->mark = TEXT;
		}
	}
	return to;
}

bool
input_read(struct input *in, char *out, size_t *n)
{
	size_t len = in->held;
	ssize_t got;

	while (!in->end && len < sizeof in->raw) {
		got = fd_read(in->fd, in->raw + len, sizeof in->raw - len);
		if (got == -1) return false;
		if (!got) in->end = true;
		if (in->dot_ends)
			len = find_dot(in, len, len + (size_t)got);
		else
			len += (size_t)got;
	}
	in->held = in->dot_ends && !in->end && in->mark < TEXT ? in->mark : 0;
	len -= in->held;
	*n = body_crlf(&in->crlf, slice_from(in->raw, len), out);
	memmove(in->raw, in->raw + len, in->held);
	if (in->end) *n += body_crlf_end(&in->crlf, out + *n);
	if (!in->crlf.broken) return true;
	errno = EPROTO;
	return false;
}
