/* SPDX-License-Identifier: ISC */
/* Hands out descriptors; decides nothing about mail. */
#include <errno.h>
#include "common/handover.h"
#include "common/log.h"
#include "queue/giving.h"

int
giving_open(struct handout const *h, struct message *m)
{
	struct envelope e;
	int fd, error;

	fetching_check(h, m);
	if (!envelope_open_whole(&e, h->journal, m)) return -1;
	fd = text_open(h->mess, m, &e);
	error = errno;
	envelope_close(&e);
	errno = error;
	return fd;
}

bool
giving_may(struct message const *m)
{
	return m->committed && !m->held;
}

static struct handover_body
describe(struct record_message const *m, bool there)
{
	return (struct handover_body){ .id = m->id, .there = there,
	    .ret = m->ret, .envid = m->envid,
	    .client_address = m->client_address,
	    .client_name = m->client_name, .helo = m->helo,
	    .protocol = m->protocol, .login = m->login };
}

static void
give(struct handout *h, struct message const *m)
{
	struct handover_body b = { .id = m->by.id };
	struct envelope e;
	int text = -1;

	if (envelope_open_whole(&e, h->journal, m)) {
		text = text_open(h->mess, m, &e);
		b = describe(&e.message, text != -1);
	} else {
		e.octets = NULL;
	}
	if (text == -1)
		log_event("cannot-read", LOG_ID(&m->by.id), LOG_SYS(errno));
	peer_send(&h->peer, &handover_body_form, &b, text);
	envelope_close(&e);
}

void
giving_answer(struct handout *h, struct traceid const *id,
    struct message const *m)
{
	struct handover_body nothing = { .id = *id };

	if (m && giving_may(m)) {
		give(h, m);
		return;
	}
	peer_send(&h->peer, &handover_body_form, &nothing, -1);
	/* it was away when that was ordered */
	if (!m) announce_order(h, id, ORDER_DELETE);
	else if (m->held) announce_order(h, id, ORDER_HOLD);
}

bool
giving_ahead(struct handout *h, struct message const *m,
    struct envelope const *e)
{
	bool itself = e->text.len && e->text.len <= h->announce.within;
	struct handover_body b = describe(&e->message, !itself);
	int fd = itself ? -1 : text_open(h->mess, m, e);

	if (itself) b.text = e->text;
	return (itself || fd != -1) &&
	    peer_send(&h->peer, &handover_ahead_form, &b, fd);
}
