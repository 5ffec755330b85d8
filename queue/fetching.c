/* SPDX-License-Identifier: ISC */
/* Puts questions in order; handout.c answers them. */
#include <stdlib.h>
#include "queue/giving.h"

struct fetching_one {
	struct fetching_one *next;
	struct traceid id;
};

static bool
begin(struct text_check *c, struct handout const *h, struct message const *m)
{
	struct envelope e;
	bool fine;

	if (!m->file || m->checked) return false;
	if (!envelope_open_whole(&e, h->journal, m)) return false;
	fine = text_check_begin(c, h->mess, m, &e.message);
	envelope_close(&e);
	return fine;
}

/* more - false: what can be known of the text of m is known */
static bool
more(struct text_check *c, struct handout const *h, struct message *m)
{
	int result;

	if (c->fd == -1 && !begin(c, h, m)) return false;
	result = text_check_step(c);
	if (result == 1) return true;
	if (result == 0) m->checked = true;
	text_check_end(c);
	return false;
}

void
fetching_check(struct handout const *h, struct message *m)
{
	struct text_check c = { .fd = -1 };

	while (more(&c, h, m))
		;
}

static void
take(struct fetching *f)
{
	struct fetching_one *one = f->first;

	f->first = one->next;
	if (!f->first) f->end = &f->first;
	f->n--;
	free(one);
}

/* A message that is gone meanwhile needs no check any more. */
static void
serve(void *owner)
{
	struct handout *h = owner;
	struct fetching *f = &h->fetching;

	while (f->first) {
		struct traceid const id = f->first->id;
		struct message *m = state_find(h->state, &id);

		if (m && giving_may(m) && more(&f->check, h, m)) {
			/* what is due now is so in this very turn */
			loop_arm(h->loop, &f->more, h->loop->now_ms + 1);
			return;
		}
		text_check_end(&f->check);
		take(f);
		giving_answer(h, &id, m);
	}
}

bool
fetching_ask(struct handout *h, struct traceid const *id)
{
	struct fetching *f = &h->fetching;
	struct fetching_one *one = f->n < FETCHING_MAX ? malloc(sizeof *one) :
	    NULL;

	if (!one) return false;
	*one = (struct fetching_one){ .id = *id };
	*f->end = one;
	f->end = &one->next;
	/* the others wait for the first */
	if (!f->n++) serve(h);
	return true;
}

void
fetching_forget(struct handout *h)
{
	struct fetching *f = &h->fetching;

	while (f->first)
		take(f);
	text_check_end(&f->check);
	loop_disarm(h->loop, &f->more);
}

void
fetching_init(struct handout *h)
{
	struct fetching *f = &h->fetching;

	*f = (struct fetching){ .check = { .fd = -1 },
	    .more = { .due = serve, .owner = h } };
	f->end = &f->first;
}
