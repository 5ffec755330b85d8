/* SPDX-License-Identifier: ISC */
/* Carries expansions from the schedule to the queue; routing.c looks up. */
#include "common/log.h"
#include "send/expander.h"
#include "send/expansion.h"
#include "send/routing.h"

/* A frame that can't be sent ends the connection, and with it the half of the
 * request. */
static uint32_t
send_targets(struct expander *e, struct sched_mail const *m,
    struct sched_rcpt const *r)
{
	struct expansion x;
	struct sched_route out;
	uint32_t i, n;

	routing_find(e->routes, mail_address(m, r), mail_groups(m), r->action,
	    &out, &x);
	n = (uint32_t)x.targets; /* 0 when memory has run out since */
	for (i = 0; i < n; i++)
		if (!peer_send(&e->upstream->peer, &handover_target_form,
		    &(struct handover_target){ .of = r->n,
		    .action = x.target[i].action,
		    .notify = routing_notify(r->notify, n),
		    .address = x.target[i].address }, -1))
			break;
	expansion_free(&x);
	return n;
}

static void
send_request(struct expander *e, struct sched_mail const *m)
{
	struct peer *p = &e->upstream->peer;
	struct handover_expand_end end = { .targets = 0 };
	struct sched_rcpt const *r;
	uint32_t rcpts = 0;

	if (!peer_send(p, &handover_expand_form,
	    &(struct handover_expand){ .id = m->by.id }, -1))
		return;
	for (r = expansion_first(m); r; r = expansion_rest(m, r), rcpts++)
		end.targets += send_targets(e, m, r);
	if (end.targets)
		peer_send(p, &handover_expand_end_form, &end, -1);
	else
		upstream_cut(e->upstream);
	log_event("expand", LOG_ID(&m->by.id), LOG_NUMBER("rcpts", rcpts),
	    LOG_NUMBER("targets", end.targets));
}

void
expander_work(struct expander *e)
{
	struct sched_mail *m;

	while (upstream_is_open(e->upstream) &&
	    (m = expansion_next(e->sched)))
		send_request(e, m);
}
