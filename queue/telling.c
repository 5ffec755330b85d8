/* SPDX-License-Identifier: ISC */
/* Sends what show.c composes; chooses nothing. */
#include <errno.h>
#include "common/clock.h"
#include "common/log.h"
#include "queue/giving.h"
#include "queue/show.h"
#include "queue/telling.h"

static int64_t
wall_s(void)
{
	return clock_wall_ms() / 1000;
}

static void
tell(struct telling *t, struct wire_form const *form, void const *values,
    int fd)
{
	if (!peer_send(t->peer, form, values, fd)) t->failed = true;
}

void
telling_begin(struct telling *t, struct message const *m,
    struct envelope const *e)
{
	char store[LAST_WORDS_MAX];
	struct command_mail mail;

	show_mail(&mail, t->handout->journal, m, *e, wall_s(), store);
	tell(t, &command_mail_form, &mail, -1);
	t->going = t->rcpts;
	t->id = m->by.id;
	t->rcpt = 0;
}

static void
tell_rcpt(struct telling *t, struct message const *m, uint32_t n,
    struct record_rcpt const *r)
{
	struct command_rcpt rcpt;

	show_rcpt(&rcpt, m, n, r, wall_s());
	tell(t, &command_rcpt_form, &rcpt, -1);
}

static void
tell_text(struct telling *t, struct message *m)
{
	int fd = giving_open(t->handout, m);

	if (fd == -1)
		log_event("cannot-read", LOG_ID(&m->by.id), LOG_SYS(errno));
	tell(t, &command_body_form, &(struct command_body){ .there = fd != -1 },
	    fd);
}

static bool
is_ahead(struct telling const *t)
{
	return t->peer->out.octets >= TELLING_AHEAD;
}

/* Recipients from where it stopped; the records may lie elsewhere by now. */
static uint32_t
tell_rcpts(struct telling *t, struct message const *m, struct envelope *e)
{
	char store[LAST_WORDS_MAX];
	uint32_t n;

	for (n = 0; n < m->rcpts && !is_ahead(t); n++) {
		struct record_rcpt r;

		if (n < t->rcpt || !state_is_unfinished(&m->rcpt[n])) {
			if (!envelope_rcpt(e, &r)) break;
			continue;
		}
		if (!envelope_rcpt_now(e, t->handout->journal, m, n, &r,
		    store))
			break;
		tell_rcpt(t, m, n, &r);
	}
	return n;
}

size_t
telling_go_on(struct telling *t)
{
	struct message *m = state_find(t->handout->state, &t->id);
	struct envelope e;

	t->going = false;
	if (!m || !envelope_open(&e, t->handout->journal, m, m->envelope))
		return TELLING_COST;
	t->rcpt = tell_rcpts(t, m, &e);
	envelope_close(&e);
	t->going = t->rcpt < m->rcpts && is_ahead(t);
	if (!t->going && t->text) tell_text(t, m);
	return m->envelope;
}

/* Descriptors lie in the socket one at a time: each stands for a message. */
bool
telling_may(struct telling const *t)
{
	return t->text ? !t->peer->out.octets : !is_ahead(t);
}
