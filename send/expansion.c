/* SPDX-License-Identifier: ISC */
/* Keeps requests in order; knows no route. */
#include "send/expansion.h"
#include "send/rcpt.h"
#include "send/work.h"

bool
expansion_add(struct sched *s, struct sched_mail *m, struct sched_rcpt *r,
    uint32_t targets)
{
	struct sched_work *w = work_of(m);

	if (!w || w->asked || w->targets >= EXPANSION_TARGETS_MAX)
		return false;
	if (!w->listed) {
		w->listed = true;
		w->next_expanding = NULL;
		*s->expanding_end = m;
		s->expanding_end = &w->next_expanding;
	}
	w->targets += targets;
	r->next = w->expanding;
	w->expanding = mail_place_of(m, r);
	rcpt_stand(s, m, r, RCPT_EXPANDS);
	return true;
}

struct sched_mail *
expansion_next(struct sched *s)
{
	struct sched_mail *m = s->expanding;

	if (!m) return NULL;
	s->expanding = m->work->next_expanding;
	if (!s->expanding) s->expanding_end = &s->expanding;
	m->work->listed = false;
	m->work->asked = true;
	return m;
}

struct sched_rcpt *
expansion_first(struct sched_mail const *m)
{
	return mail_rcpt_at(m, m->work ? m->work->expanding : RCPT_NONE);
}

struct sched_rcpt *
expansion_rest(struct sched_mail const *m, struct sched_rcpt const *r)
{
	return mail_rcpt_at(m, r->next);
}

/* Those that still stand for others; the queue may have announced already that
 * they don't. */
static void
end(struct sched *s, struct sched_mail *m, enum handover_expanded how,
    int64_t due_ms)
{
	uint32_t at = m->work->expanding;

	while (at != RCPT_NONE) {
		struct sched_rcpt *r = &m->rcpt[at];
		struct handover_outcome never = { .status = SLICE("5.3.4"),
		    .words = SLICE("the message has too many recipients") };

		at = r->next;
		if (r->stands != RCPT_EXPANDS) continue;
		if (how == EXPANDED_LATER || m->dropped)
			rcpt_wait(s, m, r, due_ms);
		else if (how == EXPANDED_NEVER)
			rcpt_fail(s, m, r, &never);
	}
	m->work->expanding = RCPT_NONE;
	m->work->targets = 0;
	m->work->asked = false;
	sched_settle(s, m);
}

void
expansion_acked(struct sched *s, struct handover_expand_ack const *ack,
    int64_t now_ms)
{
	struct sched_mail *m = sched_find(s, &ack->id);

	if (!m || !m->work || !m->work->asked) return; /* deleted meanwhile */
	end(s, m, (enum handover_expanded)ack->done,
	    now_ms + SCHED_SHORTAGE_MS);
}

void
expansion_lost(struct sched *s, struct sched_mail *m, int64_t now_ms)
{
	uint32_t i;

	if (!m->work) return;
	m->work->expanding = RCPT_NONE;
	m->work->targets = 0;
	m->work->asked = false;
	for (i = 0; i < m->rcpts; i++)
		if (m->rcpt[i].stands == RCPT_EXPANDS)
			rcpt_wait(s, m, &m->rcpt[i], now_ms);
}
