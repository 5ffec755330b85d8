/* SPDX-License-Identifier: ISC */
/* What records say of messages, told once more and in other words, so that a
 * test can judge what a start makes of them. */
#ifndef MAILGRAVE_TESTS_QUEUE_MODEL_H
#define MAILGRAVE_TESTS_QUEUE_MODEL_H

#include <string.h>
#include "queue/state.h"

enum { MODEL_RCPTS = 8 };

struct one {
	uint32_t attempt, due_s;
	uint8_t state;
	bool warned;
};

/* A message as it stands. */
struct view {
	uint32_t rcpts;		/* 0: there is none */
	bool held, given_up;
	struct one rcpt[MODEL_RCPTS];
};

enum what { OUTCOME, REPORTED, ORDER, EXPANSION };

/* A record about it. */
struct step {
	enum what what;
	uint32_t rcpt, n;	/* attempt, order, or how many stand for it */
	uint32_t due_s, rcpts;	/* of an expansion: before it */
	uint8_t state;
	bool warning;
};

static inline bool
is_unfinished(uint8_t s)
{
	return s != RCPT_DELIVERED && s != RCPT_REPORTED &&
	    s != RCPT_EXPANDED;
}

static inline void
end_if_finished(struct view *v)
{
	uint32_t i;

	for (i = 0; i < v->rcpts; i++)
		if (is_unfinished(v->rcpt[i].state)) return;
	v->rcpts = 0;
}

static inline void
view_outcome(struct view *v, struct step const *s)
{
	struct one *r = &v->rcpt[s->rcpt];

	if (s->rcpt >= v->rcpts || r->state != RCPT_OPEN ||
	    s->n < r->attempt)
		return;
	r->attempt = s->n + 1;
	r->due_s = s->due_s;
	r->state = s->state;
	end_if_finished(v);
}

static inline void
view_reported(struct view *v, struct step const *s)
{
	struct one *r = &v->rcpt[s->rcpt];

	if (s->rcpt >= v->rcpts) return;
	if (s->warning)
		r->warned = true;
	else if (is_unfinished(r->state) && r->state != RCPT_OPEN)
		r->state = RCPT_REPORTED;
	end_if_finished(v);
}

static inline void
view_order(struct view *v, enum order order)
{
	uint32_t i;

	if (order == ORDER_DELETE) v->rcpts = 0;
	if (order == ORDER_HOLD) v->held = true;
	if (order == ORDER_RELEASE || order == ORDER_BOUNCE) v->held = false;
	if (order == ORDER_BOUNCE) v->given_up = true;
	for (i = 0; order == ORDER_RETRY && i < v->rcpts; i++)
		if (v->rcpt[i].state == RCPT_OPEN) v->rcpt[i].due_s = 0;
}

static inline void
view_expansion(struct view *v, struct step const *s)
{
	if (v->rcpts != s->rcpts) return;
	v->rcpt[s->rcpt].state = RCPT_EXPANDED;
	memset(v->rcpt + v->rcpts, 0, s->n * sizeof *v->rcpt);
	v->rcpts += s->n;
}

static inline void
view_step(struct view *v, struct step const *s)
{
	if (s->what == OUTCOME) view_outcome(v, s);
	if (s->what == REPORTED) view_reported(v, s);
	if (s->what == ORDER) view_order(v, (enum order)s->n);
	if (s->what == EXPANSION) view_expansion(v, s);
}

static inline struct view
view_of(struct message const *m)
{
	struct view v = { .rcpts = 0 };
	uint32_t i;

	if (!m) return v;
	v.rcpts = m->rcpts;
	v.held = m->held;
	v.given_up = m->given_up;
	for (i = 0; i < m->rcpts; i++)
		v.rcpt[i] = (struct one){ .attempt = m->rcpt[i].attempt,
		    .due_s = m->rcpt[i].due_s, .state = m->rcpt[i].state,
		    .warned = m->rcpt[i].warned };
	return v;
}

static inline bool
same(struct view const *a, struct view const *b)
{
	uint32_t i;

	if (a->rcpts != b->rcpts || (a->rcpts && (a->held != b->held ||
	    a->given_up != b->given_up)))
		return false;
	for (i = 0; i < a->rcpts; i++)
		if (a->rcpt[i].attempt != b->rcpt[i].attempt ||
		    a->rcpt[i].due_s != b->rcpt[i].due_s ||
		    a->rcpt[i].state != b->rcpt[i].state ||
		    a->rcpt[i].warned != b->rcpt[i].warned)
			return false;
	return true;
}

/* What was committed, and any of what was on its way, in its order. */
static inline bool
is_possible(struct view const *was, struct step const *step, unsigned steps,
    struct view const *found)
{
	unsigned some, i;

	for (some = 0; some < 1u << steps; some++) {
		struct view v = *was;

		for (i = 0; i < steps && v.rcpts; i++)
			if (some & 1u << i) view_step(&v, &step[i]);
		if (same(&v, found)) return true;
	}
	return false;
}

#endif
