/* SPDX-License-Identifier: ISC */
/* How long a client may take for what it is at. */
#include "smtpd/arrival.h"
#include "smtpd/connpart.h"
#include "smtpd/converse.h"
#include "smtpd/deadline.h"
#include "smtpd/handshake.h"
#include "smtpd/hearing.h"

int64_t
deadline_in(struct conn const *c, unsigned long long seconds)
{
	return c->all->loop->now_ms + (int64_t)seconds * 1000;
}

void
deadline_set(struct conn *c)
{
	struct conn_times const *times = &c->all->times;
	int64_t at = deadline_in(c, session_in_text(&c->session)
	    ? times->text : times->command);

	if (session_is_idle(&c->session))
		c->mail_until_ms = 0;
	else if (!c->mail_until_ms)
		c->mail_until_ms = deadline_in(c, times->transaction);
	if (at > c->until_ms) at = c->until_ms;
	if (c->mail_until_ms && at > c->mail_until_ms) at = c->mail_until_ms;
	/* submissions have their own */
	if (c->arrival)
		loop_arm(c->all->loop, &c->deadline, c->arrival->until_ms);
	else if (c->committing || transaction_is_asking(&c->transaction))
		loop_disarm(c->all->loop, &c->deadline);
	else
		loop_arm(c->all->loop, &c->deadline, at);
}

void
deadline_passed(void *owner)
{
	struct conn *c = owner;
	int64_t now = c->all->loop->now_ms;

	if (c->shaking) {
		handshake_failed(c, "it took too long");
		return;
	}
	if (c->arrival) {
		hearing_turn(c);
		return;
	}
	if (output_is_behind(&c->output) || c->lingering) {
		conn_close(c);
		return;
	}
	session_dismiss(&c->session, c->proxy ? REPLY_NO_HEADER
	    : now >= c->until_ms ||
	    (c->mail_until_ms && now >= c->mail_until_ms)
	    ? REPLY_TOO_LONG : REPLY_IDLE);
	converse(c, slice_from(NULL, 0));
}
