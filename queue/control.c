/* SPDX-License-Identifier: ISC */
/* Walks the messages for one client; telling.c shows them, order.c changes
 * them. Never blocks: a slice, then the loop, then the next. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "common/clock.h"
#include "common/log.h"
#include "queue/control.h"
#include "queue/order.h"

enum {
	READING_MS = 50,	/* until it is asked again whether all is read */
	STEP_MS = 1		/* until the next slice: time for the others */
};

static int64_t
wall_s(void)
{
	return clock_wall_ms() / 1000;
}

/* Going on and ending */

static void
wake(struct control *c)
{
	if (c->going && !timer_is_armed(&c->step))
		loop_arm(c->loop, &c->step, c->loop->now_ms + STEP_MS);
}

static void
stop(struct control *c)
{
	if (!c->going) return;
	c->going = false;
	loop_disarm(c->loop, &c->step);
	if (!c->ids) state_walk_end(c->handout->state, &c->walk);
}

static void
finish(struct control *c)
{
	stop(c);
	peer_send(c->peer, &command_done_form, &c->done, -1);
}

static void
refuse(struct control *c, char const *words)
{
	c->done.verdict = VERDICT_PERM;
	c->done.words = slice_of(words);
	peer_send(c->peer, &command_done_form, &c->done, -1);
}

/* What has been done stays done. */
static void
give_out(struct control *c, char const *words)
{
	c->done.verdict = VERDICT_TEMP;
	c->done.words = slice_of(words);
	c->walked = true;
}

static void
tell(struct control *c, struct wire_form const *form, void const *values)
{
	if (!peer_send(c->peer, form, values, -1)) give_out(c, "out of memory");
}

/* Orders */

static void
ordered(void *owner, bool fine)
{
	struct control *c = owner;

	c->awaited--;
	if (!fine) give_out(c, "cannot write to the journal");
	if (!c->left)
		wake(c);
	else if (!c->awaited)
		c->ended(c->owner);
}

static void
give(struct control *c, struct message *m)
{
	if (m->known && state_standing(m, (uint32_t)wall_s()) ==
	    STANDING_ACTIVE)
		c->done.active++;
	if (order_give(c->handout, m, c->ask.order, c->uid, ordered, c))
		c->awaited++;
	else
		give_out(c, "out of memory");
}

/* Choosing */

static bool
takes_rcpts(struct control const *c, struct message const *m,
    struct envelope e)
{
	struct record_rcpt r;
	uint32_t n;

	if (!filter_asks_rcpt(&c->filter)) return true;
	for (n = 0; n < m->rcpts && envelope_rcpt(&e, &r); n++)
		if (state_is_unfinished(&m->rcpt[n]) &&
		    filter_takes_rcpt(&c->filter, r.address, r.orcpt))
			return true;
	return false;
}

static bool
owns(struct control const *c, struct envelope const *e)
{
	return c->mighty || e->message.uid == c->uid;
}

static bool
takes(struct control const *c, struct message const *m,
    struct envelope const *e)
{
	int64_t now_s = wall_s();
	struct filter_facts const facts = { .sender = e->message.sender,
	    .age_s = now_s - (int64_t)e->message.arrived_s,
	    .standing = state_standing(m, (uint32_t)now_s) };

	return owns(c, e) && filter_takes(&c->filter, &facts) &&
	    takes_rcpts(c, m, *e);
}

static bool
only_looks(struct control const *c)
{
	return c->ask.order == ORDERS || c->ask.dry_run;
}

static size_t
visit(struct control *c, struct message *m)
{
	size_t cost = m->envelope + TELLING_COST;
	struct envelope e;

	c->seen++;
	if (!envelope_open(&e, c->handout->journal, m, m->envelope)) {
		log_event("cannot-read", LOG_ID(&m->by.id), LOG_SYS(errno));
		return cost;
	}
	if (takes(c, m, &e)) {
		c->done.matched++;
		if (only_looks(c)) {
			telling_begin(&c->telling, m, &e);
		} else {
			give(c, m);
		}
	}
	envelope_close(&e);
	return cost;
}

/* What was named by id was there at the beginning. */
static struct message *
next(struct control *c)
{
	struct message *m = NULL;

	if (!c->ids) return state_walk_next(&c->walk);
	while (!m && c->at < c->n)
		m = state_find(c->handout->state, &c->ids[c->at++]);
	return m;
}

/* One thing more; returns what it cost. */
static size_t
advance(struct control *c)
{
	struct message *m;

	if (c->telling.going) return telling_go_on(&c->telling);
	m = next(c);
	if (m) return visit(c, m);
	c->walked = true;
	return 0;
}

static bool
may_go_on(struct control const *c)
{
	if (c->walked || c->awaited >= CONTROL_AWAITED) return false;
	return telling_may(&c->telling);
}

static void
step(void *owner)
{
	struct control *c = owner;
	size_t spent = 0;

	while (may_go_on(c) && spent < CONTROL_SLICE)
		spent += advance(c);
	if (c->telling.failed) give_out(c, "out of memory");
	if (c->walked && !c->awaited) {
		finish(c);
		return;
	}
	if (may_go_on(c)) wake(c);
	if (c->loop->now_ms - c->told_ms < CONTROL_TELL_MS) return;
	c->told_ms = c->loop->now_ms;
	tell(c, &command_progress_form, &(struct command_progress){
	    .seen = c->seen, .matched = c->done.matched });
}

/* Asking */

void
control_begin(struct control *c, struct command_ask const *ask)
{
	c->ask = *ask;
	c->step = (struct timer){ .due = step, .owner = c };
	c->telling = (struct telling){ .peer = c->peer,
	    .handout = c->handout, .rcpts = ask->rcpts, .text = ask->text };
}

bool
control_id(struct control *c, struct command_id const *id)
{
	if (c->asked || c->filter.has || c->n == COMMAND_IDS_MAX) return false;
	if (!c->ids) c->ids = calloc(COMMAND_IDS_MAX, sizeof *c->ids);
	if (!c->ids) return false;
	c->ids[c->n++] = id->id;
	return true;
}

bool
control_filter(struct control *c, struct command_filter const *f)
{
	char const *why;

	return !c->asked && !c->n && filter_add(&c->filter, f->term, &why);
}

/* Another user's mail is not there for him. */
static bool
is_there(struct control const *c, struct traceid const *id)
{
	struct message const *m = state_find(c->handout->state, id);
	struct envelope e;
	bool there;

	if (!m || !m->committed) return false;
	if (c->mighty) return true;
	if (!envelope_open(&e, c->handout->journal, m, RECORD_MESSAGE_MAX))
		return false;
	there = owns(c, &e);
	envelope_close(&e);
	return there;
}

static void
tell_count(void *owner, struct command_count const *count)
{
	tell(owner, &command_count_form, count);
}

static void
tell_counts(struct control *c)
{
	if (!c->ask.counts || !c->counts || !c->mighty) return;
	tell(c, &command_since_form, &(struct command_since){
	    .since_s = c->counts->since_s });
	counts_tell(c->counts, c->loop->now_ms, tell_count, c);
}

static void
set_out(struct control *c)
{
	char words[COMMAND_WORDS_MAX], id[TRACEID_TEXT + 1];
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (is_there(c, &c->ids[i])) continue;
		snprintf(words, sizeof words, "%s: no such message%s",
		    traceid_format(id, &c->ids[i]),
		    c->mighty ? "" : " of yours");
		refuse(c, words);
		c->walked = true;
		return;
	}
	c->going = true;
	tell_counts(c);
	if (!c->ids) state_walk_begin(c->handout->state, &c->walk);
	wake(c);
}

/* Nobody knows yet what there is: the client hears that we are at it. */
static void
await_reading(void *owner)
{
	struct control *c = owner;

	if (!c->handout->state->reading) {
		c->step.due = step;
		set_out(c);
		return;
	}
	loop_arm(c->loop, &c->step, c->loop->now_ms + READING_MS);
	if (c->loop->now_ms - c->told_ms < CONTROL_TELL_MS) return;
	c->told_ms = c->loop->now_ms;
	tell(c, &command_progress_form, &(struct command_progress){
	    .seen = 0 });
}

bool
control_go(struct control *c)
{
	if (c->asked) return false;
	c->asked = true;
	c->told_ms = c->loop->now_ms;
	c->step.due = await_reading;
	await_reading(c);
	return true;
}

void
control_drained(struct control *c)
{
	wake(c);
}

bool
control_leave(struct control *c)
{
	stop(c);
	if (c->asked) loop_disarm(c->loop, &c->step);
	free(c->ids);
	c->ids = NULL;
	c->left = true;
	return !c->awaited;
}
