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
	struct slice rest;
	ssize_t got;

	if (c->text.len) {
		rest = slice_skip(c->text, offset);
		if (rest.len < len) len = rest.len;
		memcpy(in, rest.s, len);
		return (ssize_t)len;
	}
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
	char const *end = c->crlf && c->form == COPY_MAIL ? "\r\n" : "\n";
	size_t n = 0;

	if (c->form == COPY_BARE) return 0;
	if (c->form == COPY_MBOX) n = fromline(out, c->sender, c->wall_s);
	return n + (size_t)snprintf(out + n, COPY_TOP_MAX - n,
	    "Return-Path: <%.*s>%sDelivered-To: %.*s%s", (int)c->sender.len,
	    c->sender.len ? c->sender.s : "", end, (int)c->address.len,
	    c->address.s, end);
}

static size_t
turn_lines(struct copy *c, struct slice in, char *out)
{
	if (!c->crlf || c->form == COPY_MBOX) return body_lf(&c->lf, in, out);
	memcpy(out, in.s, in.len);
	return in.len;
}

/* put - text is octets of the message, as the file wants its lines */
static bool
put(struct copy *c, struct slice text, bool last, int to)
{
	char quoted[2 * (COPY_PIECE + 2) + 2 * MBOXRD_HELD_MAX + 2];
	size_t n;

	if (c->form != COPY_MBOX)
		return allwrite(to, text.s, text.len) == text.len;
	n = mboxrd(&c->quote, text, quoted);
	if (last) {
		n += mboxrd_end(&c->quote, quoted + n);
		if (!n || quoted[n - 1] != '\n') quoted[n++] = '\n';
		quoted[n++] = '\n';
	}
	return allwrite(to, quoted, n) == n;
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
	if (c->form == COPY_MBOX) { /* our own From_ line isn't quoted */
		if (allwrite(to, out, n) < n) return -1;
		n = 0;
	}
	n += turn_lines(c, slice_from(in, want), out + n);
	c->offset += want;
	if (c->offset == c->size) n += body_lf_end(&c->lf, out + n);
	if (!put(c, slice_from(out, n), c->offset == c->size, to)) return -1;
	return c->offset < c->size;
}
