/* SPDX-License-Identifier: ISC */
/* One way to move octets, whether others can listen or not. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include "remote/link.h"

static enum link_got
fail(struct link *l, char const *why)
{
	snprintf(l->why, sizeof l->why, "%s", why);
	return LINK_BROKEN;
}

/* What TLS says, in our words. */
static enum link_got
judge(struct link *l, enum tls_got got)
{
	l->want_write = got == TLS_WANT_WRITE;
	switch (got) {
	case TLS_DONE:
		return LINK_DONE;
	case TLS_END:
		return LINK_END;
	case TLS_BROKEN:
		l->mute = true;
		return fail(l, tls_why(l->tls));
	default:
		return LINK_WAIT;
	}
}

bool
link_secure(struct link *l, struct tls_client *client, char const *name,
    bool verify)
{
	l->tls = tls_begin(client, l->fd, name, verify);
	l->shaking = l->tls != NULL;
	return l->shaking;
}

enum link_got
link_shake(struct link *l)
{
	enum link_got got = judge(l, tls_handshake(l->tls));

	l->shaking = got == LINK_WAIT;
	if (got == LINK_END) fail(l, "they ended it");
	return got;
}

enum link_got
link_send(struct link *l, struct slice octets, size_t *n)
{
	enum link_got got;
	ssize_t sent;

	if (l->tls) {
		got = judge(l, tls_write(l->tls, octets.s, octets.len, n));
		return got == LINK_END ? fail(l, "they ended it") : got;
	}
	do
		sent = send(l->fd, octets.s, octets.len, MSG_NOSIGNAL);
	while (sent == -1 && errno == EINTR);
	l->want_write = sent == -1;
	if (sent != -1) {
		*n = (size_t)sent;
		return LINK_DONE;
	}
	if (errno == EAGAIN) return LINK_WAIT;
	if (errno != EPIPE && errno != ECONNRESET)
		return fail(l, strerror(errno));
	l->mute = true;
	return LINK_END;
}

enum link_got
link_receive(struct link *l, char *octets, size_t room, size_t *n)
{
	ssize_t got;

	if (l->tls) return judge(l, tls_read(l->tls, octets, room, n));
	got = recv(l->fd, octets, room, 0);
	if (got > 0) {
		*n = (size_t)got;
		return LINK_DONE;
	}
	if (!got) return LINK_END;
	return errno == EAGAIN || errno == EINTR ? LINK_WAIT :
	    fail(l, strerror(errno));
}

void
link_close(struct link *l)
{
	if (l->tls && !l->mute && !l->shaking) tls_bye(l->tls);
	tls_free(l->tls);
	l->tls = NULL;
}
