/* SPDX-License-Identifier: ISC */
/* Composes what is shown; sends and prints nothing. */
#include "queue/show.h"

static uint32_t
wait_s(struct rcpt const *r, int64_t now_s)
{
	if (r->state != RCPT_OPEN || r->due_s <= now_s) return 0;
	return (uint32_t)(r->due_s - now_s);
}

/* The most tries, and the next of them. */
static void
show_tries(struct command_mail *t, struct message const *m, int64_t now_s)
{
	bool open = false;
	uint32_t n;

	for (n = 0; n < m->rcpts; n++) {
		struct rcpt const *r = &m->rcpt[n];

		if (!state_is_unfinished(r)) continue;
		if (r->attempt > t->tries) t->tries = r->attempt;
		if (r->state != RCPT_OPEN) continue;
		if (!open || wait_s(r, now_s) < t->wait_s)
			t->wait_s = wait_s(r, now_s);
		open = true;
	}
}

void
show_mail(struct command_mail *t, struct journal const *j,
    struct message const *m, struct envelope e, int64_t now_s, char *store)
{
	struct record_message const *r = &e.message;
	uint32_t n;

	*t = (struct command_mail){ .id = m->by.id, .sender = r->sender,
	    .envid = r->envid, .ret = r->ret, .utf8 = r->utf8,
	    .arrived_s = r->arrived_s, .size = r->size, .uid = r->uid,
	    .rcpts = m->unfinished,
	    .standing = (uint8_t)state_standing(m, (uint32_t)now_s) };
	show_tries(t, m, now_s);
	for (n = 0; n < m->rcpts && (!t->rcpt.len || !t->words.len); n++) {
		struct record_rcpt rcpt;

		if (!state_is_unfinished(&m->rcpt[n])) {
			if (!envelope_rcpt(&e, &rcpt)) break;
			continue;
		}
		if (!envelope_rcpt_now(&e, j, m, n, &rcpt, store)) break;
		if (!t->rcpt.len) t->rcpt = rcpt.address;
		t->status = rcpt.status;
		t->words = rcpt.words;
	}
}

void
show_rcpt(struct command_rcpt *t, struct message const *m, uint32_t n,
    struct record_rcpt const *r, int64_t now_s)
{
	struct rcpt const *rcpt = &m->rcpt[n];

	*t = (struct command_rcpt){ .address = r->address, .orcpt = r->orcpt,
	    .notify = r->notify, .warned = rcpt->warned, .status = r->status,
	    .where = r->where, .words = r->words, .tries = rcpt->attempt,
	    .wait_s = wait_s(rcpt, now_s), .standing =
	    (uint8_t)state_rcpt_standing(m, rcpt, (uint32_t)now_s) };
}
