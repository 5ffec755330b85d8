/* SPDX-License-Identifier: ISC */
/* What is known of unfinished messages; changes memory only. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include "queue/state.h"

_Static_assert(offsetof(struct message, by) == 0, "a node is its message");

void
state_free(struct state *s)
{
	struct idmap_node *node;

	while ((node = idmap_any(&s->map)))
		state_forget(s, (struct message *)node);
	idmap_free(&s->map);
}

struct message *
state_find(struct state const *s, struct traceid const *id)
{
	return (struct message *)idmap_find(&s->map, id);
}

struct message *
message_make(struct traceid const *id, uint32_t rcpts)
{
	struct message *m;

	errno = EMSGSIZE;
	m = rcpts <= SUBMIT_RCPTS_MAX ? calloc(1, sizeof *m) : NULL;
	if (!m) return NULL;
	m->rcpt = rcpts == 1 ? &m->one : calloc(rcpts, sizeof *m->rcpt);
	if (!m->rcpt) {
		free(m);
		return NULL;
	}
	m->by.id = *id;
	m->rcpts = m->unfinished = (uint16_t)rcpts;
	return m;
}

void
message_free(struct message *m)
{
	if (!m) return;
	if (m->rcpt != &m->one) free(m->rcpt);
	free(m);
}

bool
message_reserve(struct message *m, uint32_t rcpts)
{
	bool alone = m->rcpt == &m->one;
	struct rcpt *rcpt;

	if (rcpts == 1) return true;
	errno = EMSGSIZE;
	if (rcpts > SUBMIT_RCPTS_MAX) return false;
	rcpt = realloc(alone ? NULL : m->rcpt, rcpts * sizeof *rcpt);
	if (!rcpt) return false;
	if (alone) *rcpt = m->one;
	m->rcpt = rcpt;
	return true;
}

void
message_grow(struct message *m, uint32_t rcpts)
{
	uint16_t added = (uint16_t)(rcpts - m->rcpts);

	memset(m->rcpt + m->rcpts, 0, added * sizeof *m->rcpt);
	m->rcpts = (uint16_t)rcpts;
	m->unfinished = (uint16_t)(m->unfinished + added);
}

void
message_expanded(struct message *m, uint32_t n, bool owed)
{
	m->rcpt[n].state = owed ? RCPT_LISTED : RCPT_EXPANDED;
	if (!owed) m->unfinished--;
}

bool
state_insert(struct state *s, struct message *m)
{
	return idmap_insert(&s->map, &m->by);
}

/* Before that one, or last. */
static void
line_up(struct state *s, struct message *m, struct message *before)
{
	m->committed = true;
	m->newer = before;
	m->older = before ? before->older : s->newest;
	*(m->older ? &m->older->newer : &s->oldest) = m;
	*(before ? &before->older : &s->newest) = m;
}

void
state_commit(struct state *s, struct message *m)
{
	line_up(s, m, NULL);
	if (s->reading && !s->arrived) s->arrived = m;
}

void
state_recover(struct state *s, struct message *m)
{
	line_up(s, m, s->arrived);
}

void
state_read(struct state *s, int64_t now_ms)
{
	s->reading = true;
	s->since_ms = now_ms;
}

void
state_has_read(struct state *s)
{
	s->reading = false;
	s->arrived = NULL;
}

bool
state_may_know(struct state const *s, struct traceid const *id)
{
	return state_find(s, id) ||
	    (s->reading && traceid_time_ms(id) < s->since_ms);
}

static uint16_t
tries(uint32_t n)
{
	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

void
state_rcpt(struct message *m, uint32_t n, struct record_rcpt const *r)
{
	struct rcpt *rcpt = &m->rcpt[n];
	bool before = state_is_unfinished(rcpt);

	*rcpt = (struct rcpt){ .due_s = r->due_s, .state = r->state,
	    .attempt = tries(r->attempt), .warned = r->warned };
	if (before && !state_is_unfinished(rcpt)) m->unfinished--;
}

enum state_outcome_says
state_judge(struct message const *m, uint32_t rcpt, uint32_t attempt)
{
	struct rcpt const *r;

	if (rcpt >= m->rcpts) return STATE_NONSENSE;
	r = &m->rcpt[rcpt];
	if (r->state != RCPT_OPEN || attempt < r->attempt) return STATE_OLD;
	return tries(attempt) == r->attempt ? STATE_NEWS : STATE_NONSENSE;
}

bool
state_outcome(struct message *m, struct record_outcome const *o,
    uint16_t segment, uint32_t offset)
{
	struct rcpt *r;

	if (o->rcpt >= m->rcpts) return true;
	r = &m->rcpt[o->rcpt];
	if (r->state != RCPT_OPEN || tries(o->attempt) < r->attempt)
		return true;
	r->attempt = tries(o->attempt + 1);
	r->due_s = o->due_s;
	r->state = o->state;
	r->segment = segment;
	r->offset = offset;
	if (!state_is_unfinished(r)) m->unfinished--;
	return m->unfinished > 0;
}

bool
state_reported(struct message *m, struct record_reported const *r)
{
	struct rcpt *rcpt = r->rcpt < m->rcpts ? &m->rcpt[r->rcpt] : NULL;

	if (rcpt && r->warning) {
		rcpt->warned = true;
	} else if (rcpt && state_is_owed(rcpt)) {
		rcpt->state = RCPT_REPORTED;
		m->unfinished--;
	}
	return m->unfinished > 0;
}

static void
order_retry(struct message *m)
{
	uint32_t i;

	for (i = 0; i < m->rcpts; i++)
		if (m->rcpt[i].state == RCPT_OPEN) m->rcpt[i].due_s = 0;
}

bool
state_order(struct message *m, enum order order)
{
	switch (order) {
	case ORDER_HOLD:
		m->held = true;
		break;
	case ORDER_RELEASE:
		m->held = false;
		break;
	case ORDER_BOUNCE:
		m->held = false;
		m->given_up = true;
		break;
	case ORDER_RETRY:
		order_retry(m);
		break;
	default:
		return false;
	}
	return true;
}

enum standing
state_rcpt_standing(struct message const *m, struct rcpt const *r,
    uint32_t now_s)
{
	if (m->held) return STANDING_HELD;
	if (r->state == RCPT_FAILED) return STANDING_FAILED;
	if (state_is_owed(r)) return STANDING_ACTIVE;
	if (m->given_up) return STANDING_FAILED;
	return r->due_s <= now_s ? STANDING_ACTIVE : STANDING_DEFERRED;
}

enum standing
state_standing(struct message const *m, uint32_t now_s)
{
	bool open = false;
	uint32_t i;

	if (m->held) return STANDING_HELD;
	if (m->given_up) return STANDING_FAILED;
	for (i = 0; i < m->rcpts; i++) {
		struct rcpt const *r = &m->rcpt[i];

		if (r->state == RCPT_FAILED) return STANDING_FAILED;
		if (r->state == RCPT_OPEN ? r->due_s <= now_s :
		    state_is_owed(r))
			open = true;
	}
	return open ? STANDING_ACTIVE : STANDING_DEFERRED;
}

void
state_walk_begin(struct state *s, struct state_walk *w)
{
	*w = (struct state_walk){ .next = s->oldest, .left = s->map.n,
	    .other = s->walks };
	s->walks = w;
}

struct message *
state_walk_next(struct state_walk *w)
{
	struct message *m = w->next;

	if (!m || !w->left) return NULL;
	w->left--;
	w->next = m->newer;
	return m;
}

void
state_walk_end(struct state *s, struct state_walk *w)
{
	struct state_walk **at;

	for (at = &s->walks; *at != w; at = &(*at)->other)
		;
	*at = w->other;
}

void
state_forget(struct state *s, struct message *m)
{
	struct state_walk *w;

	idmap_remove(&s->map, &m->by);
	for (w = s->walks; w; w = w->other)
		if (w->next == m) w->next = m->newer;
	if (s->arrived == m) s->arrived = m->newer;
	if (m->committed) {
		*(m->older ? &m->older->newer : &s->oldest) = m->newer;
		*(m->newer ? &m->newer->older : &s->newest) = m->older;
	}
	message_free(m);
}
