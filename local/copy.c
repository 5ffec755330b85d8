/* SPDX-License-Identifier: ISC */
/* Reads a message by pread and writes it out; changes nothing but line ends. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <skalibs/allreadwrite.h>
#include "local/copy.h"
#include "local/trace.h"

static ssize_t
read_at(struct copy const *c, char *in, size_t len, uint64_t offset)
{
	ssize_t got;

	do
		got = pread(c->from, in, len, (off_t)offset);
	while (got == -1 && errno == EINTR);
	return got;
}

int
copy_been_here(struct copy const *c)
{
	struct trace trace = { .address = c->address };
	enum trace_answer answer = TRACE_UNSURE;
	uint64_t offset = 0;
	char in[COPY_PIECE];
	ssize_t got;

	while (answer == TRACE_UNSURE && offset < COPY_HEADER_MAX) {
		got = read_at(c, in, sizeof in, offset);
		if (got == -1) return -1;
		if (!got) break;
		answer = trace_feed(&trace, slice_from(in, (size_t)got));
		offset += (uint64_t)got;
	}
	return answer == TRACE_BEEN;
}

static size_t
top(struct copy const *c, char *out)
{
	char const *end = c->crlf ? "\r\n" : "\n";

	return (size_t)snprintf(out, COPY_TOP_MAX,
	    "Return-Path: <%.*s>%sDelivered-To: %.*s%s", (int)c->sender.len,
	    c->sender.len ? c->sender.s : "", end, (int)c->address.len,
	    c->address.s, end);
}

static size_t
turn_lines(struct copy *c, struct slice in, char *out)
{
	if (!c->crlf) return body_lf(&c->lf, in, out);
	memcpy(out, in.s, in.len);
	return in.len;
}

int
copy_piece(struct copy *c, int to)
{
	char in[COPY_PIECE], out[COPY_TOP_MAX + COPY_PIECE + 2];
	uint64_t left = c->size - c->offset;
	size_t want = left < sizeof in ? (size_t)left : sizeof in;
	ssize_t got = read_at(c, in, want, c->offset);
	size_t n = 0;

	if (got == -1) return -1;
	if ((size_t)got < want) {
		errno = EIO;
		return -1;
	}
	if (!c->offset) n = top(c, out);
	n += turn_lines(c, slice_from(in, want), out + n);
	c->offset += want;
	if (c->offset == c->size) n += body_lf_end(&c->lf, out + n);
	if (allwrite(to, out, n) < n) return -1;
	return c->offset < c->size;
}
