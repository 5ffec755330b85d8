/* SPDX-License-Identifier: ISC */
/* The way in: who a client is, whether it may come in, whether it can wait. */
#include <stdlib.h>
#include "smtpd/arrival.h"
#include "smtpd/client.h"
#include "smtpd/connpart.h"
#include "smtpd/converse.h"
#include "smtpd/deadline.h"

void
arrival_end(struct conn *c)
{
	if (!c->arrival) return;
	lookup_leave(&c->arrival->waiter);
	free(c->arrival);
	c->arrival = NULL;
}

/* Those who may send anywhere are known here. Only who sends before it knows
 * what we are shows up: pipes have their input ready, and with TLS from the
 * start it is the client who begins. */
static bool
is_to_wait(struct conn const *c, struct access_decision const *may)
{
	return c->all->greet_s && c->socket && !c->secure &&
	    !c->all->ending && !c->arrival->moved && !c->session.dismissed &&
	    !c->session.trusted && !may->relay;
}

/* decide - by what is known now, or wait */
static void
decide(struct conn *c, bool late)
{
	struct arrival *a = c->arrival;
	struct entrance *e = &c->all->entrance;
	struct transaction *t = &c->transaction;
	struct access_decision may;

	if (!entrance_decide(e, t, late ? NULL : &a->waiter, &may)) {
		loop_arm(c->all->loop, &c->deadline, a->until_ms);
		return;
	}
	lookup_leave(&a->waiter);
	if (a->moved)
		entrance_change(e, t, &c->member, &may);
	else
		entrance_welcome(e, t, &c->member, &may);
	a->listening = is_to_wait(c, &may);
	if (a->listening) {
		a->until_ms = deadline_in(c, c->all->greet_s);
		loop_arm(c->all->loop, &c->deadline, a->until_ms);
	} else {
		arrival_end(c);
	}
}

void
arrival_go_on(struct conn *c)
{
	struct arrival *a = c->arrival;
	bool late = c->all->ending || c->all->loop->now_ms >= a->until_ms;

	if (!a->listening) {
		decide(c, late);
	} else if (c->input) {
		session_dismiss(&c->session, REPLY_EARLY);
		arrival_end(c);
	} else if (late) {
		arrival_end(c);
	}
}

void
arrival_begin(struct conn *c, bool moved)
{
	c->arrival = malloc(sizeof *c->arrival);
	if (!c->arrival) {
		session_dismiss(&c->session, REPLY_NO_MEMORY);
		return;
	}
	*c->arrival = (struct arrival){ .moved = moved,
		.waiter = { .wake = converse_later, .owner = c },
		.until_ms = c->all->loop->now_ms + CONN_LOOKUP_MS };
	decide(c, false);
}

void
arrival_moved(void *owner)
{
	struct conn *c = owner;

	client_set_name(&c->transaction, NULL);
	arrival_begin(c, true);
}
