/* SPDX-License-Identifier: ISC */
/* The handshake is another's; we say when, hear what came of it, and change
 * descriptors. */
#include <skalibs/nonposix.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "smtpd/handshake.h"
#include "smtpd/ucspi.h"

/* The value of a variable, empty without. */
static char const *
told(struct ucspi const *u, char const *name)
{
	size_t len = strlen(name);
	char const *at;

	for (at = u->told; at < u->told + u->len; at += strlen(at) + 1)
		if (strncmp(at, name, len) == 0 && at[len] == '=')
			return at + len + 1;
	return "";
}

/* An empty string ends the list. */
static bool
is_complete(struct ucspi const *u)
{
	return u->len && !u->told[u->len - 1] &&
	    (u->len == 1 || !u->told[u->len - 2]);
}

static void
change_over(struct conn *c, struct ucspi *u)
{
	char text[SECURE_TEXT_MAX + 1];

	snprintf(text, sizeof text, "%s%s%s", told(u, "SSL_PROTOCOL"),
	    *told(u, "SSL_CIPHER") ? " " : "", told(u, "SSL_CIPHER"));
	ucspi_end(c);
	close(c->in);
	if (c->output.fd != c->in) close(c->output.fd);
	c->in = u->in;
	c->output.fd = u->out;
	c->socket = c->output.socket = false;
	if (loop_watch(c->all->loop, &c->watch, c->in, 0))
		handshake_done(c, text);
	else
		handshake_failed(c, "no descriptor for what follows");
}

static void
ready(void *owner, uint32_t events)
{
	struct ucspi *u = owner;
	ssize_t n = read(u->control, u->told + u->len,
	    sizeof u->told - u->len);

	(void)events;
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) return;
	if (n > 0) u->len += (size_t)n;
	if (n <= 0)
		handshake_failed(u->conn, "who does it has given up");
	else if (is_complete(u))
		change_over(u->conn, u);
	else if (u->len == sizeof u->told)
		handshake_failed(u->conn, "too many variables");
}

void
ucspi_begin(struct conn *c)
{
	struct ucspi *u = c->all->ucspi;

	loop_forget(c->all->loop, &c->watch);
	u->conn = c;
	u->watch = (struct watch){ .fd = -1, .ready = ready, .owner = u };
	if (write(u->control, "Y", 1) != 1 ||
	    !loop_watch(c->all->loop, &u->watch, u->control, EPOLLIN))
		handshake_failed(c, "nobody is there to do it");
}

void
ucspi_end(struct conn *c)
{
	struct ucspi *u = c->all->ucspi;

	if (!u || u->conn != c) return;
	loop_forget(c->all->loop, &u->watch);
	close(u->control);
	u->conn = NULL;
}
