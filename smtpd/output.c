/* SPDX-License-Identifier: ISC */
/* Writes, and keeps what was not taken; never looks at it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "smtpd/output.h"

/* A pipe or a terminal blocks, and may. */
static ssize_t
write_some(struct output const *o, char const *s, size_t len)
{
	struct pollfd writable = { .fd = o->fd, .events = POLLOUT };
	ssize_t n;

	if (o->tls) return secure_write(o->tls, s, len);
	for (;;) {
		n = o->socket ? send(o->fd, s, len, MSG_DONTWAIT | MSG_NOSIGNAL)
			      : write(o->fd, s, len);
		if (n != -1) return n;
		if (errno == EINTR) continue;
		if (errno != EAGAIN || o->socket) return -1;
		if (poll(&writable, 1, -1) == -1 && errno != EINTR) return -1;
	}
}

bool
output_write(struct output *o, struct slice text)
{
	while (text.len) {
		ssize_t n = write_some(o, text.s, text.len);

		if (n == -1 && errno == EAGAIN) break;
		if (n == -1) return false;
		text = slice_skip(text, (size_t)n);
	}
	if (!text.len) return true;
	o->rest = malloc(text.len);
	if (!o->rest) return false;
	memcpy(o->rest, text.s, text.len);
	o->len = text.len;
	return true;
}

bool
output_go_on(struct output *o)
{
	ssize_t n = write_some(o, o->rest, o->len);

	if (n == -1) return errno == EAGAIN;
	o->len -= (size_t)n;
	memmove(o->rest, o->rest + n, o->len);
	if (!o->len) output_free(o);
	return true;
}

void
output_free(struct output *o)
{
	free(o->rest);
	o->rest = NULL;
	o->len = 0;
}
