/* SPDX-License-Identifier: ISC */
/* The end of a connection whose last reply is written. */
#include <sys/socket.h>
#include "smtpd/connpart.h"
#include "smtpd/farewell.h"

/* A client that goes on sending would make of our close a reset, which takes
 * the last reply away from it. So it gets time to hear that it is over. */
static bool
may_linger(struct conn const *c)
{
	return c->socket && !c->unwatched && c->session.dismissed &&
	    c->session.commands && !c->all->ending;
}

static void
linger(struct conn *c)
{
	struct loop *loop = c->all->loop;

	secure_end(c->output.tls);
	c->output.tls = NULL;
	shutdown(c->in, SHUT_WR);
	c->lingering = true;
	crowd_leave(&c->member);
	conn_drop_input(c);
	transaction_end(&c->transaction);
	loop_arm(loop, &c->deadline, loop->now_ms + CONN_LINGER_MS);
	loop_want(loop, &c->watch, EPOLLIN);
}

void
farewell(struct conn *c)
{
	if (may_linger(c))
		linger(c);
	else
		conn_close(c);
}
