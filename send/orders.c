/* SPDX-License-Identifier: ISC */
/* Carries out orders; gives none. */
#include "send/announce.h"
#include "send/orders.h"
#include "send/rcpt.h"

/* What waits is due, or fails if the mail was given up. */
static void
now_or_never(struct sched *s, struct sched_mail *m, int64_t now_ms)
{
	uint32_t i;

	for (i = 0; i < m->waits; i++)
		m->rcpt[mail_heap(m)[i]].due_ms = now_ms;
	rcpt_wait_all(s, m);
}

void
orders_take(struct sched *s, struct handover_order const *o, int64_t now_ms)
{
	struct sched_mail *m = sched_find(s, &o->id);

	if (o->order == ORDER_BOUNCE) announce_given_up(s, &o->id);
	if (!m) return;
	switch (o->order) {
	case ORDER_DELETE:
	case ORDER_HOLD:
		sched_drop(s, m);
		break;
	case ORDER_BOUNCE:
		m->given_up = true;
		now_or_never(s, m, now_ms);
		break;
	case ORDER_RETRY:
		now_or_never(s, m, now_ms);
		break;
	}
}
